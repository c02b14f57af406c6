//! Signals that reading the batch itself raises: a hardware breakpoint with a
//! signal (`perf_event_open(2)`, `sigtrap`) on its memory.
#![expect(unsafe_code, reason = "perf_event_open takes an address")]

use std::os::fd::{FromRawFd as _, OwnedFd};

use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, Status};
use sysbatch_reference::{Operand, built_in};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, set, sys};
use crate::signal;

cases! {
    both signal_for_reading_the_header;
    both signal_for_reading_the_first_entry;
    both signal_for_reading_a_later_entry;
    both signal_for_reading_an_operand;
}

/// Words of `struct perf_event_attr` up to `sig_data` (`perf_event_open(2)`).
const ATTRIBUTE_WORDS: usize = 16;

/// Has this thread get a `SIGTRAP` whenever the word at an address is read or
/// written, by itself or by the kernel.
fn watch(address: u64) -> OwnedFd {
    const TYPE_BREAKPOINT: u64 = 5;
    const READ_OR_WRITE: u64 = 3;
    const REMOVE_ON_EXEC: u64 = 1 << 36;
    const SIGTRAP: u64 = 1 << 37;
    let mut attribute = [0_u64; ATTRIBUTE_WORDS];
    attribute[0] = TYPE_BREAKPOINT | crate::lab::to_u64(size_of_val(&attribute)) << 32;
    // The period: every time.
    attribute[2] = 1;
    attribute[5] = REMOVE_ON_EXEC | SIGTRAP;
    attribute[6] = READ_OR_WRITE << 32;
    attribute[7] = address;
    attribute[8] = 8;
    // SAFETY: the attribute is as long as it says, and is only read.
    let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, attribute.as_ptr(), 0, -1, -1, 0) };
    let fd = i32::try_from(fd).expect("a descriptor");
    assert!(
        fd >= 0,
        "perf_event_open: {}",
        std::io::Error::last_os_error()
    );
    // SAFETY: the kernel has just made it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Runs three calls with a watchpoint at an address, which must be hit.
fn watched(lab: &mut Lab, mut batch: Batch, address: u64) {
    signal::count(Signal::TRAP, 0);
    let expected = i64::from(std::process::id());
    let watchpoint = watch(address);
    let ran = lab.run_direct(&mut batch);
    drop(watchpoint);
    assert_eq!(ran, Ok(Status::Done));
    assert_eq!(batch.results[..3], [expected; 3]);
    assert!(signal::handled() > 0, "it was read");
}

fn three_calls() -> Batch {
    Batch::new(vec![sys(Sysno::getpid, []); 3])
}

fn signal_for_reading_the_header(lab: &mut Lab) {
    let mut batch = Box::new(three_calls());
    batch.prepare();
    let mut header = Box::new(batch.run);
    signal::count(Signal::TRAP, 0);
    let address = address_of(std::slice::from_ref(&*header));
    // The address of the program, which is read at each entry of the device and
    // never written.
    let watchpoint = watch(address + 16);
    // By pointer: checked memory may be read by the kernel, at another address.
    let ran = lab.enter_at_direct(address_of_mut(std::slice::from_mut(&mut *header)));
    drop(watchpoint);
    assert_eq!(ran, Ok(()));
    assert_eq!(Status::from_raw(header.status), Some(Status::Done));
    assert_eq!(batch.results, [i64::from(std::process::id()); 3]);
    assert!(signal::handled() > 0, "it was read");
}

fn signal_for_reading_the_first_entry(lab: &mut Lab) {
    let batch = three_calls();
    let address = address_of(&batch.entries);
    watched(lab, batch, address);
}

fn signal_for_reading_a_later_entry(lab: &mut Lab) {
    // Of the second and of the last one an argument that is not used.
    for entry in [1, 2] {
        let batch = three_calls();
        let address = address_of(&batch.entries[entry].args[3..]);
        watched(lab, batch, address);
    }
}

fn signal_for_reading_an_operand(lab: &mut Lab) {
    let word = [u64::from(std::process::id())];
    let operand = Operand::Memory(address_of(&word));
    // A case leads a process group of its own.
    let group = sys(Sysno::getpgid, [operand]);
    let mut batch = Batch::new([group, set(1), group, built_in(BuiltIn::Set, &[operand])]);
    signal::count(Signal::TRAP, 0);
    let watchpoint = watch(address_of(&word));
    let ran = lab.run_direct(&mut batch);
    drop(watchpoint);
    assert_eq!(ran, Ok(Status::Done));
    let pid = i64::from(std::process::id());
    assert_eq!(batch.results, [pid, 1, pid, pid]);
    assert!(signal::handled() >= 3, "it was read");
}
