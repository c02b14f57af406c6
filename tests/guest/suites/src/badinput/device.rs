//! The device itself: its descriptor lost, shared, misused.
#![expect(unsafe_code, reason = "fork, and ioctl with any request")]

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Barrier;

use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::{DEVICE_PATH, Info, RUN_REQUEST, Status};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, at, error, imm, set, sys};
use crate::process::{fork, wait_for};

cases! {
    kernel descriptor_closed_in_the_batch;
    kernel descriptor_replaced_in_the_batch;
    kernel descriptor_closed_by_range_in_the_batch;
    kernel descriptor_table_left_in_the_batch;
    kernel device_used_after_fork;
    both one_batch_in_two_threads;
    kernel other_requests_are_refused;
    kernel device_tells_its_version;
    kernel device_is_no_file;
}

/// A lab with a descriptor of its own, and its number.
fn own_descriptor(lab: &mut Lab) -> i32 {
    let file = File::options().read(true).write(true).open(DEVICE_PATH);
    let fd = OwnedFd::from(file.expect("the device opens"));
    let number = fd.as_raw_fd();
    lab.backend = Backend::from_device(fd).expect("the module fits");
    number
}

/// Runs a batch that loses the device with one entry, then does more.
fn lose_descriptor(lab: &mut Lab, lose: impl FnOnce(i32) -> sysbatch::abi::Entry, expected: i64) {
    let number = own_descriptor(lab);
    let pid = i64::from(std::process::id());
    let mut batch = Batch::new([
        set(1),
        lose(number),
        sys(Sysno::getpid, []),
        // The descriptor really is gone for whoever looks.
        sys(Sysno::fcntl, [imm(number), imm(libc::F_GETFL)]),
        sys(Sysno::getpid, []),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[..3], [1, expected, pid]);
    assert_eq!(batch.results[4], pid);
    assert_ne!(batch.results[3], i64::from(libc::O_RDWR | 0o100_000));
    // The backend's own descriptor is closed: it must not close it again.
    let closed = Backend::user();
    std::mem::forget(std::mem::replace(&mut lab.backend, closed));
}

fn descriptor_closed_in_the_batch(lab: &mut Lab) {
    lose_descriptor(lab, |fd| sys(Sysno::close, [imm(fd)]), 0);
    // And the module is still there and well.
    lab.backend = Backend::kernel().expect("the module is loaded");
    let mut batch = Batch::new([set(5)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
}

fn descriptor_replaced_in_the_batch(lab: &mut Lab) {
    let null = File::open("/dev/null").expect("/dev/null");
    let number = own_descriptor(lab);
    let mut batch = Batch::new([
        crate::arch::dup2(imm(null.as_raw_fd()), imm(number)),
        sys(Sysno::getpid, []),
        sys(Sysno::close, [imm(number)]),
        sys(Sysno::close, [imm(number)]),
        sys(Sysno::getpid, []),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let pid = i64::from(std::process::id());
    let bad = error(Errno::BADF);
    assert_eq!(batch.results, [i64::from(number), pid, 0, bad, pid]);
    std::mem::forget(std::mem::replace(&mut lab.backend, Backend::user()));
}

fn descriptor_closed_by_range_in_the_batch(lab: &mut Lab) {
    let close = |_| {
        sys(
            Sysno::close_range,
            [imm(3), at(u64::from(u32::MAX)), imm(0)],
        )
    };
    lose_descriptor(lab, close, 0);
}

fn descriptor_table_left_in_the_batch(lab: &mut Lab) {
    let number = own_descriptor(lab);
    let barrier = Barrier::new(2);
    // Another thread shares the table, so that leaving it means something.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        let mut batch = Batch::new([
            sys(Sysno::unshare, [imm(libc::CLONE_FILES)]),
            sys(Sysno::close, [imm(number)]),
            sys(Sysno::getpid, []),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 0, i64::from(std::process::id())]);
        barrier.wait();
    });
    std::mem::forget(std::mem::replace(&mut lab.backend, Backend::user()));
}

fn device_used_after_fork(lab: &mut Lab) {
    own_descriptor(lab);
    let run = |lab: &mut Lab| {
        for _ in 0..200 {
            let mut batch = Batch::new([sys(Sysno::getpid, []), sys(Sysno::getppid, [])]);
            assert_eq!(lab.run(&mut batch), Ok(Status::Done));
            assert_eq!(batch.results[0], i64::from(std::process::id()));
        }
    };
    let child = fork(|| run(lab));
    run(lab);
    wait_for(child);
    // A child that outlives the one who opened the device.
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let (told, ready) = rustix::pipe::pipe().expect("pipe");
    let parent = fork(|| {
        fork(|| {
            rustix::process::set_parent_process_death_signal(None).expect("prctl");
            rustix::io::write(&ready, b"r").expect("write");
            while rustix::process::getppid() != Some(rustix::process::Pid::INIT) {
                std::thread::yield_now();
            }
            run(lab);
            rustix::io::write(&writer, b"k").expect("write");
        });
        let mut byte = [0; 1];
        rustix::io::read(&told, &mut byte).expect("read");
    });
    wait_for(parent);
    drop(writer);
    let mut byte = [0];
    assert_eq!(
        rustix::io::read(&reader, &mut byte),
        Ok(1),
        "the grandchild was well"
    );
}

fn one_batch_in_two_threads(lab: &mut Lab) {
    let pid = i64::from(std::process::id());
    let mut batch = Batch::new([sys(Sysno::getpid, []), set(2), sys(Sysno::getpid, [])]);
    batch.prepare();
    // One header, one program, one set of slots; the address is all they share.
    let header = crate::lab::address_of_mut(std::slice::from_mut(&mut batch.run));
    let barrier = Barrier::new(2);
    let options = lab.options.clone();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut lab = Lab::new(&options);
                barrier.wait();
                for _ in 0..500 {
                    // After the end there is nothing to do; the other thread
                    // may have got there or not.
                    assert_eq!(lab.enter_at(header), Ok(()));
                }
            });
        }
    });
    assert_eq!(batch.results, [pid, 2, pid]);
    assert_eq!(batch.run.pc, 3);
}

/// `ioctl` on the device.
fn ioctl(fd: &OwnedFd, request: u64, argument: u64) -> Result<usize, Errno> {
    let fd = usize::try_from(fd.as_raw_fd()).expect("a descriptor");
    let request = usize::try_from(request).expect("64-bit");
    let argument = usize::try_from(argument).expect("64-bit");
    // SAFETY: the device knows two requests, of which one is made with headers
    // that are the case's own or do not exist.
    let result = unsafe { syscalls::syscall!(Sysno::ioctl, fd, request, argument) };
    result.map_err(|errno| Errno::from_raw_os_error(errno.into_raw()))
}

fn device(flags: i32) -> OwnedFd {
    let flags = rustix::fs::OFlags::from_bits_retain(flags.cast_unsigned());
    rustix::fs::open(DEVICE_PATH, flags, rustix::fs::Mode::empty()).expect("the device opens")
}

fn other_requests_are_refused(_: &mut Lab) {
    let fd = device(libc::O_RDWR);
    let mut batch = Batch::new([set(1)]);
    batch.prepare();
    let header = crate::lab::address_of_mut(std::slice::from_mut(&mut batch.run));
    let run = u64::from(RUN_REQUEST);
    for request in [0, 1, run - 1, run + 2, run | 1 << 30, run ^ 0x100] {
        assert_eq!(
            ioctl(&fd, request, header),
            Err(Errno::NOTTY),
            "{request:#x}"
        );
    }
    assert_ne!(batch.results, [1]);
    // A request is 32 bits: what is above is cut off, as for any device.
    assert_eq!(ioctl(&fd, run | 1 << 32, header), Ok(0));
    assert_eq!(batch.results, [1]);
    assert_eq!(ioctl(&device(libc::O_PATH), run, header), Err(Errno::BADF));
    // Running a batch asks nothing of the device's mode.
    batch.run.pc = 0;
    batch.run.fuel = 1;
    assert_eq!(ioctl(&device(libc::O_RDONLY), run, header), Ok(0));
}

fn device_tells_its_version(_: &mut Lab) {
    let fd = device(libc::O_RDONLY);
    let mut bytes = [0; 64];
    assert_eq!(rustix::io::read(&fd, &mut bytes), Ok(size_of::<Info>()));
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    assert_eq!([word(0), word(4), word(8), word(12)], [24, 1, 96, 0]);
    let formats = u32::try_from(sysbatch::abi::FORMATS).expect("a few formats");
    assert_eq!(word(16), formats);
    assert_eq!(
        word(16) & 0b11,
        0b10,
        "the native encoding, and no format 0"
    );
    assert_eq!(rustix::io::read(&fd, &mut bytes), Ok(0), "then the end");
    let mut first = [0; 4];
    assert_eq!(rustix::io::pread(&fd, &mut first, 4), Ok(4));
    assert_eq!(first, [1, 0, 0, 0]);
}

fn device_is_no_file(_: &mut Lab) {
    let fd = device(libc::O_RDWR);
    assert!(rustix::io::write(&fd, b"x").is_err());
    let flags = rustix::mm::MapFlags::SHARED;
    // SAFETY: a new mapping where there is none, if there were one at all.
    let mapped = unsafe {
        let read = rustix::mm::ProtFlags::READ;
        rustix::mm::mmap(core::ptr::null_mut(), 4096, read, flags, fd.as_fd(), 0)
    };
    assert_eq!(mapped.err(), Some(Errno::NODEV));
}
