//! Under seccomp filters: what they see, and what they can keep a ring from.
#![expect(unsafe_code, reason = "filters, and gettid")]

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use sysbatch::{Backend, Batch, RefusedReason, Ring, RingOptions, Submit, WaitError};

use crate::common::{in_child, scratch};
use crate::first_try::at_last;

/// Has these calls of this thread, and of those that it makes, answered so.
fn filter(calls: &[libc::c_long], answer: u32) {
    let statement = |code: u32, k| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    // The number is the first word of `struct seccomp_data`.
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for &call in calls {
        program.push(libc::sock_filter {
            jf: 1,
            ..statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, call as u32)
        });
        program.push(statement(libc::BPF_RET | libc::BPF_K, answer));
    }
    let allow = libc::SECCOMP_RET_ALLOW;
    program.push(statement(libc::BPF_RET | libc::BPF_K, allow));
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: it has no memory to go wrong with.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0);
    // SAFETY: the program is copied, and lives until it is.
    let result = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}

#[test]
fn a_filter_is_shown_the_calls_of_the_batch_alone() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, "hello").unwrap();
    let socket = std::os::unix::net::UnixDatagram::unbound().unwrap();
    in_child(|| {
        // Whoever makes one of these is killed.
        let forms = [libc::SYS_openat2, libc::SYS_preadv2, libc::SYS_pwritev2];
        filter(&forms, libc::SECCOMP_RET_KILL_PROCESS);
        let ring = Ring::new(Backend::user()).unwrap();
        let mut batch = Batch::new();
        let buffer = batch.buffer(16);
        let pid = batch.getpid();
        let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
        let read = batch.read(&file, buffer);
        let again = batch.pread(&file, buffer, 1_u64);
        batch.close(file);
        let socket = batch.keep(std::os::fd::OwnedFd::from(socket));
        let written = batch.write(socket, b"to nobody");
        let mut completion = ring.submit(batch).unwrap().wait().unwrap();
        let results = completion.results().unwrap();
        assert!(results.get(&pid).is_ok());
        assert_eq!(results.get(&read), Ok(5));
        assert_eq!(results.get(&again), Ok(4));
        let error = results.get(&written).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::NOTCONN));
    });
}

#[test]
fn a_filter_that_comes_later_is_respected() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, "hello").unwrap();
    in_child(|| {
        // A worker that is made names itself by the call that is forbidden in the end.
        let options = RingOptions::default().workers(1);
        let ring = Ring::with_options(Backend::user(), options).unwrap();
        let read_it = || {
            let mut batch = Batch::new();
            let buffer = batch.buffer(16);
            let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
            let read = batch.read(&file, buffer);
            batch.close(file);
            // SAFETY: it has no arguments and no effect.
            let thread = unsafe { batch.syscall(libc::SYS_gettid as u32, [0_u64.into(); 6]) };
            let mut completion = ring.submit(batch).unwrap().wait().unwrap();
            let results = completion.results().unwrap();
            assert_eq!(results.get(&read), Ok(5));
            let caller = rustix::thread::gettid().as_raw_nonzero().get();
            results.get(&thread) == Ok(caller.into())
        };
        assert!(at_last(read_it), "on this thread");
        let forms = [libc::SYS_openat2, libc::SYS_preadv2, libc::SYS_statx];
        filter(&forms, libc::SECCOMP_RET_KILL_PROCESS);
        assert!(!read_it(), "not in another form");
        // Once it has been seen that there is one it is not asked any more.
        filter(&[libc::SYS_prctl], libc::SECCOMP_RET_KILL_PROCESS);
        assert!(!read_it());
    });
}

#[test]
fn without_any_worker() {
    in_child(|| {
        let again = libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32;
        filter(&[libc::SYS_clone, libc::SYS_clone3], again);
        let ring = Ring::new(Backend::user()).unwrap();
        // It needs a worker from its first call on.
        let mut batch = Batch::new();
        let root = batch.openat(CWD, "/", OFlags::PATH, Mode::empty());
        let error = ring.post(batch, 1).unwrap_err();
        let errno = Errno::AGAIN;
        assert_eq!(*error.reason(), RefusedReason::Worker { errno });
        let submit = Submit::new(error.into_batch()).inline_first(false);
        let error = ring.submit(submit).unwrap_err();
        assert_eq!(*error.reason(), RefusedReason::Worker { errno });
        assert_eq!(ring.out(), 0);
        assert_eq!(ring.wait(1, None).unwrap_err(), WaitError::NothingOut);
        let mut batch = error.into_batch();
        // One that has begun goes on where it is.
        let mut begun = Batch::new();
        let pid = begun.getpid();
        let opened = begun.openat(CWD, "/", OFlags::PATH, Mode::empty());
        // SAFETY: it has no arguments and no effect.
        let thread = unsafe { begun.syscall(libc::SYS_gettid as u32, [0_u64.into(); 6]) };
        let mut completion = ring.submit(begun).unwrap().wait().unwrap();
        let results = completion.results().unwrap();
        assert!(results.get(&pid).is_ok());
        assert!(results.fd(&opened).is_ok());
        let caller = rustix::thread::gettid().as_raw_nonzero().get();
        assert_eq!(results.get(&thread), Ok(caller.into()));
        // And what was refused is as good as before.
        let backend = Backend::user();
        assert!(batch.run(&backend).unwrap().fd(&root).is_ok());
    });
}
