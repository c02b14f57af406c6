//! Lists that are wrong, and addresses that are.

use rustix::io::Errno;
use rustix::mm::MprotectFlags;
use rustix::process::Signal;
use sysbatch::abi::{List, Status};
use syscalls::Sysno;

use super::{Listed, enter};
use crate::badinput::NOWHERE;
use crate::harness::cases;
use crate::lab::{Lab, UNWRITTEN, set, sys, to_u64};
use crate::pages::{PAGE, Pages};
use crate::process::{ended, fork, until_it_has_run};
use crate::signal;

cases! {
    kernel list_at_no_address;
    kernel list_misaligned;
    kernel list_with_a_wrong_field;
    kernel list_of_another_size;
    kernel list_whose_addresses_cannot_be_read;
    kernel list_with_a_header_at_no_address;
    kernel list_that_cannot_be_written;
    kernel list_that_a_batch_writes_over;
    kernel list_that_takes_long;
    kernel list_that_other_threads_change;
}

/// The words of a list.
fn bytes(list: &List) -> Vec<u8> {
    let size = u64::from(list.size) | u64::from(list.flags) << 32;
    let words = [size, list.headers, list.len, list.next];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn number(listed: &Listed) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(&listed.device)
}

fn list_at_no_address(_: &mut Lab) {
    let listed = Listed::of([vec![set(1)]]);
    for address in NOWHERE {
        assert_eq!(
            enter(number(&listed), address),
            Err(Errno::FAULT),
            "{address:#x}"
        );
    }
    let pages = Pages::new(1);
    for mapped in [8, 16, 24] {
        pages.write(PAGE - mapped, &bytes(&listed.list)[..mapped]);
        let address = pages.end() - to_u64(mapped);
        assert_eq!(enter(number(&listed), address), Err(Errno::FAULT));
    }
    assert_eq!(listed.results(), [UNWRITTEN]);
}

fn list_misaligned(_: &mut Lab) {
    let listed = Listed::of([vec![set(1)]]);
    let pages = Pages::new(1);
    for offset in 1..8 {
        pages.write(offset, &bytes(&listed.list));
        let address = pages.address() + to_u64(offset);
        assert_eq!(enter(number(&listed), address), Err(Errno::INVAL));
    }
    assert_eq!(listed.results(), [UNWRITTEN]);
}

fn list_with_a_wrong_field(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)]]);
    let good = listed.list;
    let wrong = [
        List { size: 0, ..good },
        List { size: 31, ..good },
        List { flags: 1, ..good },
        List {
            flags: 1 << 31,
            ..good
        },
        List {
            headers: good.headers + 4,
            ..good
        },
        List { next: 2, ..good },
        List {
            next: u64::MAX,
            ..good
        },
    ];
    for list in wrong {
        listed.list = list;
        assert_eq!(listed.enter(), Err(Errno::INVAL), "{list:?}");
        assert_eq!(listed.list, list, "it is left as it is");
    }
    assert_eq!(listed.results(), [UNWRITTEN]);
}

fn list_of_another_size(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)]]);
    let pages = Pages::new(2);
    let with_size = |listed: &mut Listed, size, tail: &[u8]| {
        listed.list.size = size;
        pages.write(0, &bytes(&listed.list));
        pages.write(32, tail);
        enter(number(listed), pages.address())
    };
    assert_eq!(with_size(&mut listed, 40, &[1]), Err(Errno::TOOBIG));
    assert_eq!(with_size(&mut listed, 40, &[0; 8]), Ok(()));
    assert_eq!(listed.results(), [1]);
    assert_eq!(pages.word(24), 1);
    assert_eq!(with_size(&mut listed, 4097, &[0]), Err(Errno::TOOBIG));
    pages.unmap(1);
    assert_eq!(with_size(&mut listed, 4096, &[0]), Ok(()));
}

/// The batch that has no header is the one that has the error.
fn list_whose_addresses_cannot_be_read(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)], vec![set(2)], vec![set(3)]]);
    let pages = Pages::new(1);
    for (index, header) in listed.headers[..2].iter().enumerate() {
        pages.write(PAGE - 16 + 8 * index, &header.to_le_bytes());
    }
    listed.list.headers = pages.end() - 16;
    assert_eq!(listed.enter(), Err(Errno::FAULT));
    assert_eq!(listed.list.next, 3);
    assert_eq!(listed.results(), [1, 2, UNWRITTEN]);
    for headers in NOWHERE.into_iter().filter(|address| address % 8 == 0) {
        listed.list.headers = headers;
        (listed.list.next, listed.list.len) = (1, u64::MAX);
        assert_eq!(listed.enter(), Err(Errno::FAULT), "{headers:#x}");
        assert_eq!(listed.list.next, 2);
    }
}

fn list_with_a_header_at_no_address(_: &mut Lab) {
    let mut listed = Listed::of([vec![set(1)], vec![set(2)], vec![set(3)]]);
    for address in NOWHERE {
        listed.headers[1] = address;
        listed.list.next = 1;
        let expected = if address % 8 == 0 {
            Errno::FAULT
        } else {
            Errno::INVAL
        };
        assert_eq!(listed.enter(), Err(expected), "{address:#x}");
        assert_eq!(listed.list.next, 2);
    }
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.results(), [UNWRITTEN, UNWRITTEN, 3]);
}

/// What has happened has; each header says so.
fn list_that_cannot_be_written(_: &mut Lab) {
    let listed = Listed::of([vec![set(1)], vec![set(2)]]);
    let pages = Pages::new(1);
    pages.write(0, &bytes(&listed.list));
    pages.protect(0, 1, MprotectFlags::READ);
    assert_eq!(enter(number(&listed), pages.address()), Err(Errno::FAULT));
    assert_eq!(listed.statuses(), [Status::Done; 2]);
    assert_eq!(pages.word(24), 0);
}

/// The list is read once, and its addresses one by one.
fn list_that_a_batch_writes_over(_: &mut Lab) {
    use sysbatch::abi::{BuiltIn, Width};
    use sysbatch_reference::built_in;

    use crate::lab::{at, imm};
    let mut listed = Listed::of([vec![set(1); 4], vec![set(2)], vec![set(3)]]);
    let list = listed.address();
    let headers = listed.list.headers;
    let store = |address, value| {
        built_in(
            BuiltIn::Store(Width::Eight),
            &[at(address), imm(0), at(value)],
        )
    };
    let last = listed.headers[2];
    listed.batches[0].entries.copy_from_slice(&[
        store(list, u64::MAX),
        store(list + 16, 0),
        store(list + 24, 77),
        // The last batch in the place of the second.
        store(headers + 8, last),
    ]);
    listed.batches[2].run.fuel = 2;
    assert_eq!(listed.enter(), Ok(()));
    assert_eq!(listed.list.next, 3);
    assert_eq!((listed.list.size, listed.list.len), (u32::MAX, 0));
    assert_eq!(listed.batches[1].results, [UNWRITTEN]);
    assert_eq!(listed.batches[2].results, [3]);
    assert_eq!(listed.batches[2].run.pc, 1);
}

/// A list that takes long can be killed, and is interrupted by a handler.
fn list_that_takes_long(_: &mut Lab) {
    let child = fork(|| {
        // One batch, which is over, and so often that nobody sees the end.
        let mut listed = Listed::of([vec![]]);
        signal::count(Signal::USR1, 0);
        let (headers, len) = repeated(listed.headers[0]);
        listed.list.headers = headers;
        loop {
            (listed.list.next, listed.list.len) = (0, len);
            assert_eq!(listed.enter(), Ok(()));
        }
    });
    for _ in 0..5 {
        until_it_has_run(child);
        signal::send(child, Signal::USR1);
    }
    until_it_has_run(child);
    signal::send(child, Signal::KILL);
    let killed = Some(Signal::KILL.as_raw());
    assert_eq!(ended(child).terminating_signal(), killed);
}

/// The address of more than a hundred million words that are this one, and how many
/// they are: a few pages, again and again.
#[expect(unsafe_code, reason = "mappings")]
fn repeated(word: u64) -> (u64, u64) {
    const FILE: usize = 4 << 20;
    const LEN: usize = 256 * FILE;
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let file = rustix::fs::memfd_create(c"headers", flags).expect("memfd");
    let words = word.to_le_bytes().repeat(FILE / 8);
    assert_eq!(rustix::io::write(&file, &words), Ok(FILE));
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping where there is none.
    let start = unsafe { libc::mmap(core::ptr::null_mut(), LEN, libc::PROT_NONE, flags, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED, "mmap");
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let flags = libc::MAP_SHARED | libc::MAP_FIXED;
    for offset in (0..LEN).step_by(FILE) {
        // SAFETY: within the mapping.
        let place = unsafe { start.add(offset) };
        // SAFETY: it replaces a part of the mapping, to which nothing refers.
        let mapped = unsafe { libc::mmap(place, FILE, libc::PROT_READ, flags, fd, 0) };
        assert_ne!(mapped, libc::MAP_FAILED, "mmap");
    }
    (to_u64(start.expose_provenance()), to_u64(LEN / 8))
}

/// Whatever the list says at the moment at which it is read is done, and no more.
fn list_that_other_threads_change(_: &mut Lab) {
    use core::sync::atomic::{AtomicBool, Ordering};
    static STOP: AtomicBool = AtomicBool::new(false);
    let mut listed = Listed::of([vec![sys(Sysno::getpid, [])], vec![set(2)], vec![set(3)]]);
    for batch in &mut listed.batches {
        batch.run.fuel = u64::MAX;
    }
    let pages = Pages::shared(2);
    for (index, header) in listed.headers.iter().enumerate() {
        pages.write(PAGE + 8 * index, &header.to_le_bytes());
    }
    listed.list.headers = pages.address() + to_u64(PAGE);
    pages.write(0, &bytes(&listed.list));
    let words: Vec<_> = [0, 8, 16, 24, PAGE + 8]
        .map(|offset| (pages.atomic(offset), pages.word(offset)))
        .into();
    let other = std::thread::spawn(move || {
        let mut wild = 1_u64;
        while !STOP.load(Ordering::Relaxed) {
            for (word, good) in &words {
                wild = wild.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                word.store(wild >> (wild % 64), Ordering::Relaxed);
                word.store(*good, Ordering::Relaxed);
            }
        }
    });
    let mut good = 0;
    for _ in 0..20_000 {
        for batch in &mut listed.batches {
            batch.run.pc = 0;
        }
        match enter(number(&listed), pages.address()) {
            Ok(()) => good += 1,
            Err(error) => assert!(
                matches!(error, Errno::FAULT | Errno::INVAL | Errno::TOOBIG),
                "{error}"
            ),
        }
    }
    STOP.store(true, Ordering::Relaxed);
    other.join().expect("the other thread");
    assert!(good > 0, "some were whole");
}
