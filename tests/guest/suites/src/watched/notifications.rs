//! `SECCOMP_RET_USER_NOTIF`: a supervisor is asked about each sub-call, once.
#![expect(unsafe_code, reason = "ioctl")]

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use sysbatch::abi::Status;
use syscalls::Sysno;

use super::filter::{Instruction, filter, install_with_listener};
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, error, imm, result, set, sys};
use crate::process::{ended, fork, until_state, wait_for};
use crate::signal;

cases! {
    both supervisor_answers_each_sub_call;
    both supervisor_lets_sub_calls_pass;
    both supervisor_gives_a_descriptor;
    both supervisor_reads_the_memory_of_the_sub_call;
    both supervisor_is_asked_once_about_a_call_that_is_handed_back;
    both supervisor_that_is_gone;
    both signal_before_the_answer;
    both signal_before_the_answer_without_restart;
    both kill_before_the_answer;
}

/// `struct seccomp_notif` of `linux/seccomp.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Question {
    id: u64,
    pid: u32,
    flags: u32,
    pub(crate) number: i32,
    architecture: u32,
    instruction_pointer: u64,
    args: [u64; 6],
}

/// `struct seccomp_notif_resp`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

/// `struct seccomp_notif_addfd`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Descriptor {
    id: u64,
    flags: u32,
    from: u32,
    to: u32,
    to_flags: u32,
}

/// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`: the call is made.
pub(crate) const CONTINUE: u32 = 1;
/// `SECCOMP_ADDFD_FLAG_SEND`: the descriptor is the answer.
const SEND: u32 = 2;
/// `SECCOMP_IOCTL_NOTIF_RECV`, `_SEND` and `_ADDFD`.
const RECEIVE: u64 = 0xC050_2100;
const ANSWER: u64 = 0xC018_2101;
const ADD: u64 = 0x4018_2103;

/// An ioctl on the listener.
fn ioctl<T>(listener: &OwnedFd, request: u64, argument: &mut T) -> Result<i32, Errno> {
    // SAFETY: the argument is of the type that the request takes.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), request, &raw mut *argument) };
    if result < 0 {
        let errno = std::io::Error::last_os_error().raw_os_error();
        return Err(Errno::from_raw_os_error(errno.expect("an errno")));
    }
    Ok(result)
}

/// The next question; none if the supervised are gone.
pub(crate) fn receive(listener: &OwnedFd) -> Option<Question> {
    let mut events = [rustix::event::PollFd::new(
        listener,
        rustix::event::PollFlags::IN,
    )];
    rustix::event::poll(&mut events, None).expect("poll");
    if !events[0].revents().contains(rustix::event::PollFlags::IN) {
        return None;
    }
    let mut question = Question::default();
    match ioctl(listener, RECEIVE, &mut question) {
        Ok(_) => Some(question),
        // It was interrupted between the two.
        Err(Errno::NOENT) => receive(listener),
        Err(error) => panic!("SECCOMP_IOCTL_NOTIF_RECV: {error}"),
    }
}

/// Answers it.
pub(crate) fn answer(listener: &OwnedFd, question: &Question, value: i64, error: i32, flags: u32) {
    let mut answer = Answer {
        id: question.id,
        value,
        error,
        flags,
    };
    ioctl(listener, ANSWER, &mut answer).expect("SECCOMP_IOCTL_NOTIF_SEND");
}

/// Two ends of a connection that carries descriptors.
pub(crate) fn pair() -> (OwnedFd, OwnedFd) {
    rustix::net::socketpair(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        rustix::net::SocketFlags::empty(),
        None,
    )
    .expect("socketpair")
}

/// Sends a descriptor over a socket.
pub(crate) fn hand_over(socket: &OwnedFd, fd: &OwnedFd) {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    let mut space = [core::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [std::os::fd::AsFd::as_fd(fd)];
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    let bytes = [std::io::IoSlice::new(b"f")];
    sendmsg(socket, &bytes, &mut control, SendFlags::empty()).expect("sendmsg");
}

/// Receives it.
pub(crate) fn take_over(socket: &OwnedFd) -> OwnedFd {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let mut space = [core::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0_u8; 1];
    let mut bytes = [std::io::IoSliceMut::new(&mut byte)];
    recvmsg(socket, &mut bytes, &mut control, RecvFlags::empty()).expect("recvmsg");
    let fd = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fd.expect("a descriptor came")
}

/// A child under a filter, with its listener here. It runs a batch by pointer,
/// which makes no other calls, and checks it.
fn supervised(
    lab: &mut Lab,
    filter: &[Instruction],
    prepare: impl FnOnce(),
    mut batch: Batch,
    check: impl FnOnce(&Batch),
) -> (Pid, OwnedFd) {
    let (here, there) = pair();
    let child = fork(|| {
        prepare();
        let listener = install_with_listener(filter);
        hand_over(&there, &listener);
        drop(listener);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        check(&batch);
    });
    drop(there);
    (child, take_over(&here))
}

fn umask(mask: u32) -> sysbatch::abi::Entry {
    sys(Sysno::umask, [imm(mask)])
}

fn umask_filter() -> [Instruction; 4] {
    filter(Sysno::umask, libc::SECCOMP_RET_USER_NOTIF)
}

fn supervisor_answers_each_sub_call(lab: &mut Lab) {
    let mut entries = vec![set(1)];
    entries.extend((0..40).map(umask));
    let is_kernel = lab.is_kernel();
    let crossings = lab.backend.crossings();
    let backend: *const sysbatch::Backend = &raw const lab.backend;
    let (child, listener) = supervised(
        lab,
        &umask_filter(),
        || {},
        Batch::new(entries),
        |batch| {
            let expected = |index: i64| match index % 3 {
                0 => 1000 + index,
                1 => error(Errno::XDEV),
                _ => i64::MIN + index,
            };
            let expected: Vec<i64> = (0..40).map(expected).collect();
            assert_eq!(batch.results[1..], expected);
            // SAFETY: the lab outlives the batch.
            let backend = unsafe { &*backend };
            let expected = if is_kernel { 1 } else { 40 };
            assert_eq!(backend.crossings() - crossings, expected);
        },
    );
    let mut pointers = Vec::new();
    for index in 0..40 {
        let question = receive(&listener).expect("the child waits");
        assert_eq!(question.number, Sysno::umask.id());
        assert_eq!(question.args, [index, 0, 0, 0, 0, 0]);
        pointers.push(question.instruction_pointer);
        let index = i64::try_from(index).expect("small");
        match index % 3 {
            0 => answer(&listener, &question, 1000 + index, 0, 0),
            1 => answer(&listener, &question, 0, error(Errno::XDEV) as i32, 0),
            _ => answer(&listener, &question, i64::MIN + index, 0, 0),
        }
    }
    wait_for(child);
    pointers.dedup();
    assert_eq!(pointers.len(), 1, "all are made at one place");
    assert_eq!(receive(&listener), None);
}

fn supervisor_lets_sub_calls_pass(lab: &mut Lab) {
    let batch = Batch::new([umask(0o27), umask(0o22), umask(0o22)]);
    let (child, listener) = supervised(
        lab,
        &umask_filter(),
        || {},
        batch,
        |batch| {
            assert_eq!(batch.results[1..], [0o27, 0o22]);
        },
    );
    for _ in 0..3 {
        let question = receive(&listener).expect("the child waits");
        answer(&listener, &question, 0, 0, CONTINUE);
    }
    wait_for(child);
}

fn supervisor_gives_a_descriptor(lab: &mut Lab) {
    let mut bytes = [0_u8; 3];
    let into = at(address_of_mut(&mut bytes));
    let batch = Batch::new([
        sys(Sysno::openat, [imm(-1), at(0), imm(0), imm(0)]),
        sys(Sysno::read, [result(0), into, imm(3)]),
    ]);
    let filter = filter(Sysno::openat, libc::SECCOMP_RET_USER_NOTIF);
    let (child, listener) = supervised(
        lab,
        &filter,
        || {},
        batch,
        |batch| {
            assert!(batch.results[0] >= 0);
            assert_eq!(batch.results[1], 3);
        },
    );
    let question = receive(&listener).expect("the child waits");
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    rustix::io::write(&writer, b"abc").expect("write");
    let mut descriptor = Descriptor {
        id: question.id,
        flags: SEND,
        from: reader.as_raw_fd().cast_unsigned(),
        ..Descriptor::default()
    };
    ioctl(&listener, ADD, &mut descriptor).expect("SECCOMP_IOCTL_NOTIF_ADDFD");
    wait_for(child);
}

fn supervisor_reads_the_memory_of_the_sub_call(lab: &mut Lab) {
    let path = c"/no/such/file";
    let open = [
        imm(libc::AT_FDCWD),
        at(address_of(path.to_bytes_with_nul())),
        imm(0),
        imm(0),
    ];
    let filter = filter(Sysno::openat, libc::SECCOMP_RET_USER_NOTIF);
    let batch = Batch::new([sys(Sysno::openat, open)]);
    let (child, listener) = supervised(
        lab,
        &filter,
        || {},
        batch,
        |batch| {
            assert_eq!(batch.results[0], 77);
        },
    );
    let question = receive(&listener).expect("the child waits");
    let memory = std::fs::File::open(format!("/proc/{}/mem", question.pid)).expect("procfs");
    let mut bytes = [0_u8; 13];
    std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, question.args[1])
        .expect("the path is there");
    assert_eq!(&bytes, path.to_bytes());
    answer(&listener, &question, 77, 0, 0);
    wait_for(child);
}

fn supervisor_is_asked_once_about_a_call_that_is_handed_back(lab: &mut Lab) {
    // Decided before the filter is asked: else it would be asked twice.
    let filter = filter(Sysno::reboot, libc::SECCOMP_RET_USER_NOTIF);
    let batch = Batch::new([
        set(1),
        sys(Sysno::reboot, [imm(1), imm(2), imm(3), imm(0)]),
        sys(Sysno::getpid, []),
    ]);
    let (child, listener) = supervised(
        lab,
        &filter,
        || {},
        batch,
        |batch| {
            assert_eq!(batch.results[1], 88);
        },
    );
    let question = receive(&listener).expect("the child waits");
    assert_eq!(question.args[..3], [1, 2, 3]);
    answer(&listener, &question, 88, 0, 0);
    wait_for(child);
    assert_eq!(receive(&listener), None, "and no other question");
}

fn supervisor_that_is_gone(lab: &mut Lab) {
    let batch = Batch::new([umask(0o27), sys(Sysno::getpid, [])]);
    let (child, listener) = supervised(
        lab,
        &umask_filter(),
        || {},
        batch,
        |batch| {
            let pid = i64::from(std::process::id());
            assert_eq!(batch.results, [error(Errno::NOSYS), pid]);
        },
    );
    drop(listener);
    wait_for(child);
}

/// A signal comes while the supervisor thinks.
fn signal_meanwhile(lab: &mut Lab, flags: core::ffi::c_int, questions: u32, expected: i64) {
    let batch = Batch::new([umask(0o27), sys(Sysno::getpid, [])]);
    let (child, listener) = supervised(
        lab,
        &umask_filter(),
        || signal::count(Signal::USR1, flags),
        batch,
        |batch| {
            let pid = i64::from(std::process::id());
            assert_eq!(batch.results, [expected, pid]);
            assert_eq!(signal::handled(), 1);
        },
    );
    let first = receive(&listener).expect("the child waits");
    until_state(child, 'S');
    signal::send(child, Signal::USR1);
    if questions == 2 {
        let second = receive(&listener).expect("it asks again");
        assert_ne!(first.id, second.id);
        assert_eq!((first.number, first.args), (second.number, second.args));
        answer(&listener, &second, 99, 0, 0);
    }
    wait_for(child);
    assert_eq!(receive(&listener), None);
}

fn signal_before_the_answer(lab: &mut Lab) {
    signal_meanwhile(lab, libc::SA_RESTART, 2, 99);
}

fn signal_before_the_answer_without_restart(lab: &mut Lab) {
    signal_meanwhile(lab, 0, 1, error(Errno::INTR));
}

fn kill_before_the_answer(lab: &mut Lab) {
    let batch = Batch::new([umask(0o27), sys(Sysno::getpid, [])]);
    let (child, listener) = supervised(lab, &umask_filter(), || {}, batch, |_| {});
    receive(&listener).expect("the child waits");
    until_state(child, 'S');
    signal::send(child, Signal::KILL);
    let signal = ended(child).terminating_signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()));
}
