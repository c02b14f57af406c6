//! By pausing the kernel where it reads the batch, or where it waits for the answer of
//! a supervisor, and changing the batch meanwhile.
#![expect(unsafe_code, reason = "userfaultfd")]

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::mm::UserfaultfdFlags;
use sysbatch::abi::Entry;
use sysbatch_reference::{EntryExt as _, Operand, encode};
use syscalls::Sysno;

use super::{
    ARGUMENTS, MADE, MODE, attempt, attempt_by_argument, attempt_with, done, entry_at, mkdirat,
    refusing,
};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, imm, set, sys, to_u64};
use crate::pages::{PAGE, Pages};
use crate::watched::filter::{filter, install_with_listener};
use crate::watched::notifications::{CONTINUE, answer, receive};

cases! {
    kernel_as_root reading_an_entry_is_paused_and_its_number_changed;
    kernel_as_root reading_an_operand_is_paused_and_the_entry_changed;
    kernel_as_root storing_a_result_is_paused_and_the_next_entry_changed;
    both supervisor_answers_when_the_entry_has_changed;
}

/// `struct uffdio_api` and the requests of `linux/userfaultfd.h`.
const API: u64 = 0xC018_AA3F;
const REGISTER: u64 = 0xC020_AA00;
const COPY: u64 = 0xC028_AA03;

/// A page that is not there, and whoever brings it when it is touched.
struct Missing {
    fd: OwnedFd,
    address: u64,
}

impl Missing {
    /// Takes this page of the mapping away.
    fn new(pages: &Pages, index: usize) -> Self {
        let address = pages.address() + to_u64(index * PAGE);
        // SAFETY: a new descriptor, of which nothing is known yet.
        let fd = unsafe { rustix::mm::userfaultfd(UserfaultfdFlags::CLOEXEC) };
        let missing = Self {
            fd: fd.expect("userfaultfd"),
            address,
        };
        missing.ioctl(API, &mut [0xAA, 0, 0]);
        // UFFDIO_REGISTER_MODE_MISSING.
        missing.ioctl(REGISTER, &mut [address, to_u64(PAGE), 1, 0]);
        missing
    }

    fn ioctl<const N: usize>(&self, request: u64, argument: &mut [u64; N]) {
        // SAFETY: the argument is as long as the request says.
        let result = unsafe { libc::ioctl(self.fd.as_raw_fd(), request, argument.as_mut_ptr()) };
        assert_eq!(result, 0, "userfaultfd {request:#x}");
    }

    /// Waits until it is touched, does this, and brings the page with these bytes.
    fn bring(&self, meanwhile: impl FnOnce(), page: &[u8]) {
        // struct uffd_msg.
        let mut message = [0_u8; 32];
        assert_eq!(rustix::io::read(&self.fd, &mut message), Ok(32));
        meanwhile();
        let mut bytes = vec![0_u8; PAGE];
        bytes[..page.len()].copy_from_slice(page);
        let from = address_of(&bytes);
        self.ioctl(COPY, &mut [self.address, from, to_u64(PAGE), 0, 0]);
    }
}

/// The same call under a number that is allowed.
fn harmless(entry: Entry) -> Entry {
    Entry {
        nr: Sysno::getpid.id(),
        ..entry
    }
}

fn reading_an_entry_is_paused_and_its_number_changed(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        // The first half of the entry ends a page; the second half is missing. Once
        // more, with what it has become, so that it shows without the filter.
        let pages = Pages::new(2);
        let forbidden = goal.mkdir().jumps(i16::MIN, i16::MIN, -1);
        let start = PAGE - 32;
        pages.write(start, &encode(&harmless(forbidden))[..32]);
        let missing = Missing::new(&pages, 1);
        let mut batch = Batch::new([set(0)]).with_fuel(2);
        batch.run.program = pages.address() + to_u64(start);
        guard.install();
        std::thread::scope(|scope| {
            let (missing, pages) = (&missing, pages.atomic(start));
            scope.spawn(move || {
                let [first, _] = super::words_of(&forbidden);
                let change = || pages.store(first, core::sync::atomic::Ordering::SeqCst);
                missing.bring(change, &encode(&forbidden)[32..]);
            });
            let _ = lab.run_header(&mut batch.run);
        });
        assert_eq!(batch.results[0], guard.result());
    });
}

fn reading_an_operand_is_paused_and_the_entry_changed(lab: &mut Lab) {
    attempt_by_argument(lab, &|lab, goal, guard| {
        // The argument comes from a page that is missing; while it is waited for, the
        // entry becomes one that takes it from its own bytes.
        let pages = Pages::new(1);
        let name = at(address_of(MADE.to_bytes_with_nul()));
        let operand = Operand::Memory(pages.address());
        let call = sys(Sysno::mkdirat, [operand, name, imm(MODE)]);
        let mut batch = Batch::new([call, mkdirat(-1)]);
        let missing = Missing::new(&pages, 0);
        let word = entry_at(&batch, 1) + ARGUMENTS;
        let closed = goal.closed();
        guard.install();
        std::thread::scope(|scope| {
            let missing = &missing;
            scope.spawn(move || {
                missing.bring(|| write_word(word, closed), &closed.to_le_bytes());
            });
            done(lab, &mut batch);
        });
        let again = guard.or(crate::lab::error(rustix::io::Errno::EXIST), guard.result());
        assert_eq!(batch.results, [guard.result(), again]);
    });
}

/// Writes a word of a batch that is running.
fn write_word(address: u64, value: u64) {
    let place = usize::try_from(address).expect("64-bit");
    let place: *mut u64 = core::ptr::with_exposed_provenance_mut(place);
    // SAFETY: the callers pass aligned words of memory that they keep, and that is
    // else read by the kernel only.
    let word = unsafe { core::sync::atomic::AtomicU64::from_ptr(place) };
    word.store(value, core::sync::atomic::Ordering::SeqCst);
}

fn storing_a_result_is_paused_and_the_next_entry_changed(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        // The slot of the first entry is missing. While it is waited for, the next entry
        // gets another number.
        let pages = Pages::new(1);
        let mut batch = Batch::new([sys(Sysno::getpid, []), harmless(goal.mkdir())]);
        batch.run.results = pages.address();
        let missing = Missing::new(&pages, 0);
        let word = entry_at(&batch, 1);
        let [first, _] = super::words_of(&goal.mkdir());
        guard.install();
        std::thread::scope(|scope| {
            let missing = &missing;
            scope.spawn(move || missing.bring(|| write_word(word, first), &[]));
            let status = lab.run_header(&mut batch.run);
            assert_eq!(status, Ok(sysbatch::abi::Status::Done));
        });
        assert_eq!(pages.word(8).cast_signed(), guard.result());
    });
}

fn supervisor_answers_when_the_entry_has_changed(lab: &mut Lab) {
    // The supervisor allows `getppid`. While it thinks the entry becomes the forbidden
    // one, and is visited once more.
    let make = |_: &super::Goal| {
        let asks = filter(Sysno::getppid, libc::SECCOMP_RET_USER_NOTIF);
        let mut both = refusing();
        // The last instruction allows, which is for what comes after.
        both.pop();
        both.extend(asks);
        both
    };
    attempt_with(lab, make, &|lab, goal, guard| {
        let forbidden = goal.mkdir().jumps(i16::MIN, i16::MIN, -1);
        let asked = Entry {
            nr: Sysno::getppid.id(),
            ..forbidden
        };
        let mut batch = Batch::new([asked]).with_fuel(2);
        let word = entry_at(&batch, 0);
        let [first, _] = super::words_of(&forbidden);
        // Both ways there are two threads: one that waits for the question, or for a
        // moment, and this one.
        let (listener, question) = std::sync::mpsc::channel::<OwnedFd>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if let Ok(listener) = question.recv() {
                    let question = receive(&listener).expect("the batch waits");
                    assert_eq!(question.number, Sysno::getppid.id());
                    write_word(word, first);
                    answer(&listener, &question, 0, 0, CONTINUE);
                }
            });
            if let Some(filter) = guard.0 {
                let fd = install_with_listener(filter);
                listener.send(fd).expect("the other thread waits");
            } else {
                write_word(word, first);
            }
            drop(listener);
            let _ = lab.run_direct(&mut batch);
        });
        assert_eq!(batch.results[0], guard.result());
        assert_eq!(batch.run.steps, guard.or(1, 2));
    });
}
