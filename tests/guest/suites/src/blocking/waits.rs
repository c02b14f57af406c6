//! Waiting for someone else.

use std::os::fd::AsRawFd as _;

use rustix::process::Pid;
use sysbatch::abi::Status;
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of_mut, at, imm, result, set, sys};
use crate::pages::Pages;
use crate::process::{fork, until_state, wait_for};

cases! {
    both read_from_a_pipe_that_is_filled_later;
    both read_loop_over_a_slow_writer;
    both write_to_a_pipe_that_is_emptied_later;
    both futex_woken_by_another_batch;
    both accept_from_a_later_client;
    both wait_for_a_child_that_ends_later;
    both lock_held_by_another_process;
}

fn read_from_a_pipe_that_is_filled_later(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        rustix::io::write(&writer, b"later").expect("write");
    });
    let mut bytes = [0; 16];
    let read = [
        imm(reader.as_raw_fd()),
        at(address_of_mut(&mut bytes)),
        imm(16),
    ];
    let mut batch = Batch::new([set(1), sys(Sysno::read, read), set(3)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, 5, 3]);
    assert_eq!(&bytes[..5], b"later");
    wait_for(child);
}

fn read_loop_over_a_slow_writer(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        for _ in 0..20 {
            until_state(waiting, 'S');
            rustix::io::write(&writer, b"0123456789").expect("write");
        }
    });
    drop(writer);
    let mut bytes = [0; 64];
    let read = [
        imm(reader.as_raw_fd()),
        at(address_of_mut(&mut bytes)),
        imm(64),
    ];
    // Sums up what comes, until the end of the file.
    let mut batch = Batch::new([
        set(0),
        sys(Sysno::read, read).jumps(i16::MIN, i16::MIN, 0),
        built_in(sysbatch::abi::BuiltIn::Add, &[result(0), result(1)])
            .to_slot(0)
            .jumps(-2, -2, -2),
    ])
    .with_fuel(1000);
    assert_eq!(lab.run(&mut batch), Ok(Status::Exit));
    assert_eq!(batch.results[..2], [200, 0]);
    wait_for(child);
}

fn write_to_a_pipe_that_is_emptied_later(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).expect("F_SETPIPE_SZ");
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        let mut bytes = [0; 4096];
        let mut total = 0;
        while total < 8192 {
            total += rustix::io::read(&reader, &mut bytes).expect("read");
        }
    });
    let mut bytes = vec![b'x'; 8192];
    let write = [
        imm(writer.as_raw_fd()),
        at(address_of_mut(&mut bytes)),
        imm(8192),
    ];
    let mut batch = Batch::new([sys(Sysno::write, write), set(2)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [8192, 2]);
    wait_for(child);
}

fn futex_woken_by_another_batch(lab: &mut Lab) {
    // Its first word is the one they meet at.
    let shared = Pages::shared(1);
    let futex = |operation: i32, value: i32| {
        let word = at(shared.address());
        sys(Sysno::futex, [word, imm(operation), imm(value), imm(0)])
    };
    let waiting = rustix::process::getpid();
    let options = lab.options.clone();
    let child = fork(|| {
        let mut lab = Lab::new(&options);
        until_state(waiting, 'S');
        let mut batch = Batch::new([futex(libc::FUTEX_WAKE, 1)]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1]);
    });
    let mut batch = Batch::new([futex(libc::FUTEX_WAIT, 0), set(2)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, 2]);
    wait_for(child);
}

fn accept_from_a_later_client(lab: &mut Lab) {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, connect, listen, socket};
    let name = format!("sysbatch-{}", std::process::id());
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("a name");
    let listener = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("socket");
    bind(&listener, &address).expect("bind");
    listen(&listener, 1).expect("listen");
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        let client = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("socket");
        connect(&client, &address).expect("connect");
        rustix::io::write(&client, b"hello").expect("write");
        let mut byte = [0];
        assert_eq!(
            rustix::io::read(&client, &mut byte),
            Ok(0),
            "the other end is closed"
        );
    });
    let mut bytes = [0; 16];
    let accept = [imm(listener.as_raw_fd()), imm(0), imm(0), imm(0)];
    let mut batch = Batch::new([
        sys(Sysno::accept4, accept),
        sys(
            Sysno::recvfrom,
            [result(0), at(address_of_mut(&mut bytes)), imm(16), imm(0)],
        ),
        sys(Sysno::close, [result(0)]),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[1..], [5, 0]);
    assert_eq!(&bytes[..5], b"hello");
    wait_for(child);
}

fn wait_for_a_child_that_ends_later(lab: &mut Lab) {
    let waiting = rustix::process::getpid();
    let child = fork(|| until_state(waiting, 'S'));
    let mut status = [-1_i32];
    let pid = child.as_raw_nonzero().get();
    let wait = [imm(pid), at(address_of_mut(&mut status)), imm(0), imm(0)];
    let mut batch = Batch::new([sys(Sysno::wait4, wait), set(2)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [i64::from(pid), 2]);
    assert_eq!(status, [0]);
    let again = rustix::process::waitpid(Pid::from_raw(pid), rustix::process::WaitOptions::NOHANG);
    assert!(again.is_err(), "the batch has collected the child");
}

fn lock_held_by_another_process(lab: &mut Lab) {
    let scratch = crate::scratch::Scratch::new("lock");
    let path = scratch.path().join("file");
    let file = std::fs::File::create(&path).expect("create");
    let waiting = rustix::process::getpid();
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let own = std::fs::File::open(&path).expect("open");
        rustix::fs::flock(&own, rustix::fs::FlockOperation::LockExclusive).expect("flock");
        rustix::io::write(&writer, b"l").expect("write");
        until_state(waiting, 'S');
    });
    let mut byte = [0; 1];
    rustix::io::read(&reader, &mut byte).expect("read");
    let lock = |how: i32| sys(Sysno::flock, [imm(file.as_raw_fd()), imm(how)]);
    let mut batch = Batch::new([lock(libc::LOCK_EX), lock(libc::LOCK_UN)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, 0]);
    wait_for(child);
}
