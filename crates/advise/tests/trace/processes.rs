//! Threads and processes that a program starts, and programs that it becomes.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread;

use sysbatch_advise::Thread;

use crate::{mark, traced};

#[test]
fn threads_are_followed() {
    let traced = traced("processes::threads_are_followed", || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| mark()));
            }
        });
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(trace.processes, 1);
    let marks: Vec<Thread> = told.of(libc::SYS_getppid).map(|call| call.thread).collect();
    assert_eq!(marks.len(), 200);
    let threads: BTreeSet<Thread> = marks.iter().copied().collect();
    assert_eq!(threads.len(), 4);
    for one in &threads {
        assert_eq!(marks.iter().filter(|mark| *mark == one).count(), 50);
    }
    let processes: BTreeSet<u32> = threads.iter().map(|thread| thread.process).collect();
    assert_eq!(processes.len(), 1);
    assert!(threads.is_subset(&told.ended), "{threads:?}");
}

#[test]
fn children_are_followed() {
    let traced = traced("processes::children_are_followed", || {
        // SAFETY: the child makes a call and ends.
        match unsafe { libc::fork() } {
            0 => {
                mark();
                // SAFETY: ends the process.
                unsafe { libc::_exit(0) }
            }
            child => {
                // SAFETY: no status is asked for.
                unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            }
        }
        // By vfork or what is like it.
        let status = Command::new("true").arg("of a child").status();
        assert!(status.expect("there is one").success());
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(trace.processes, 3);
    let child = told.of(libc::SYS_getppid).next().expect("a call");
    assert_eq!(child.thread.process, child.thread.id);
    assert!(told.ended.contains(&child.thread));
    let started = told.started.last().expect("a program");
    assert_eq!(started, &["true", "of a child"]);
    // Those of directories where there is no such program failed.
    let executed = told.of(libc::SYS_execve).filter(|call| call.result == 0);
    assert_eq!(executed.count(), 1);
}

#[test]
fn a_thread_becomes_another_program() {
    // Tests run in a thread that is not the first of its process, and others wait.
    let traced = traced("processes::a_thread_becomes_another_program", || {
        mark();
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
        let error = Command::new("/bin/sh").args(["-c", "exit 5"]).exec();
        panic!("{error}");
    });
    let Some((trace, told)) = traced else { return };
    assert_eq!(trace.status.code(), Some(5));
    assert_eq!(trace.processes, 1);
    let thread = told.of(libc::SYS_getppid).next().expect("a call").thread;
    assert_ne!(thread.process, thread.id);
    let executed = told.of(libc::SYS_execve).last().expect("a call");
    assert_eq!((executed.thread, executed.result), (thread, 0));
    assert!(told.ended.contains(&thread));
    // What it is now has the number of the process.
    let last = told.calls.last().expect("calls").thread;
    assert_eq!((last.process, last.id), (thread.process, thread.process));
    assert_eq!(
        told.started.last().expect("a program"),
        &["/bin/sh", "-c", "exit 5"]
    );
}
