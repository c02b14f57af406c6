//! Processes, clocks, events, and calls that have no method.
#![expect(unsafe_code, reason = "calls by number")]

mod common;

use std::os::fd::{AsRawFd, OwnedFd};

use common::backend;
use rustix::event::EventfdFlags;
use rustix::io::Errno;
use rustix::time::{ClockId, Timespec};
use sysbatch::abi::{BuiltIn, Width};
use sysbatch::{Batch, Operand};
use syscalls::Sysno;

#[test]
fn who_is_asking() {
    let mut batch = Batch::new();
    let (pid, uid) = (batch.getpid(), batch.getuid());
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&pid), Ok(rustix::process::getpid()));
    assert_eq!(results.get(&uid), Ok(rustix::process::getuid()));
}

#[test]
fn clocks_go_forward() {
    let mut batch = Batch::new();
    let clocks = [
        ClockId::Monotonic,
        ClockId::Realtime,
        ClockId::ProcessCPUTime,
    ];
    let times = clocks.map(|clock| batch.clock_gettime(clock));
    let before = clocks.map(rustix::time::clock_gettime);
    let results = batch.run(&backend()).unwrap();
    let after = clocks.map(rustix::time::clock_gettime);
    let times: [Timespec; 3] = times.map(|time| results.get(&time).unwrap());
    for index in 0..3 {
        assert!(before[index] <= times[index] && times[index] <= after[index]);
    }
}

#[test]
fn events() {
    let mut count = [0; 8];
    let mut batch = Batch::new();
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let event = batch.eventfd2(3, flags);
    let one = 1_u64.to_ne_bytes();
    let added = batch.write(&event, &one);
    let read = batch.read(&event, &mut count);
    let bad = batch.eventfd2(0, EventfdFlags::from_bits_retain(2));
    let mut results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&added), Ok(8));
    assert_eq!(results.get(&read), Ok(8));
    assert_eq!(results.fd(&bad).unwrap_err().errno(), Some(Errno::INVAL));
    let event: OwnedFd = results.take(&event).unwrap();
    assert_eq!(
        rustix::io::fcntl_getfd(&event),
        Ok(rustix::io::FdFlags::CLOEXEC)
    );
    drop(results);
    drop(batch);
    assert_eq!(u64::from_ne_bytes(count), 4);
}

#[test]
fn any_call_by_number() {
    let zero = Operand::from(0_u64);
    let file = std::fs::File::open("/dev/null").unwrap();
    let mut batch = Batch::new();
    // SAFETY: it asks for the parent's id.
    let parent = unsafe { batch.syscall(Sysno::getppid as u32, [zero; 6]) };
    let fd = file.as_raw_fd();
    let args = [
        fd.into(),
        libc::F_DUPFD_CLOEXEC.into(),
        zero,
        zero,
        zero,
        zero,
    ];
    // SAFETY: it makes a descriptor.
    let copy = unsafe { batch.syscall(Sysno::fcntl as u32, args) };
    // SAFETY: which belongs to the batch.
    let copy = unsafe { batch.assume::<OwnedFd>(copy) };
    let closed = batch.close(copy);
    // SAFETY: there is no such call.
    let unknown = unsafe { batch.syscall(99_999, [zero; 6]) };
    let results = batch.run(&backend()).unwrap();
    let expected = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    assert_eq!(results.get(&parent), Ok(expected.unwrap_or(0).into()));
    assert_eq!(results.get(&closed), Ok(()));
    let error = results.get(&unknown).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown system call (entry 3): Function not implemented (os error 38)"
    );
}

#[test]
fn words_in_memory() {
    let mut batch = Batch::new();
    let buffer = batch.buffer(32);
    batch.bytes_mut(buffer)[..8].copy_from_slice(&0x1122_3344_5566_7788_u64.to_le_bytes());
    let address = Operand::from(buffer.address());
    let [four, zero] = [4_u64, 0].map(Operand::from);
    // SAFETY: the addresses are those of the buffer, or in it.
    let load = unsafe { batch.built_in(BuiltIn::Load(Width::Two), [address, four, zero]) };
    let value = Operand::memory(buffer.address());
    let into = Operand::from(buffer.address() + 9);
    let store = BuiltIn::Store(Width::Eight);
    // SAFETY: as above.
    let store = unsafe { batch.built_in(store, [into, zero, value]) };
    let into = Operand::from(buffer.address() + 24);
    // SAFETY: as above.
    let copy = unsafe { batch.built_in(BuiltIn::Copy, [into, address, zero]) };
    let results = batch.run(&backend()).unwrap();
    let word = 0x1122_3344_5566_7788;
    let values = [load, store, copy].map(|handle| results.get(&handle));
    assert_eq!(values, [Ok(0x3344), Ok(word), Ok(word)]);
    assert_eq!(results.bytes(buffer)[9..17], word.to_le_bytes());
    assert_eq!(results.bytes(buffer)[24..], word.to_le_bytes());
}
