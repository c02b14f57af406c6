//! Signals arrive as they do without a tracer.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::{mark, traced};

fn raise(signal: i32) {
    // SAFETY: it is sent to the thread itself.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

/// Waits for a child, and gives its status.
fn wait(child: i32, options: i32) -> i32 {
    let mut status = 0;
    // SAFETY: the status is a number that may be written.
    let waited = unsafe { libc::waitpid(child, &raw mut status, options) };
    assert_eq!(waited, child);
    status
}

#[test]
fn a_program_is_killed() {
    let traced = traced("signals::a_program_is_killed", || {
        mark();
        raise(libc::SIGKILL);
    });
    let Some((trace, told)) = traced else { return };
    assert_eq!(trace.status.signal(), Some(libc::SIGKILL));
    assert_eq!(told.of(libc::SYS_getppid).count(), 1);
}

#[test]
fn a_program_is_killed_by_a_real_time_signal() {
    let signal = libc::SIGRTMIN() + 3;
    let traced = traced("signals::a_program_is_killed_by_a_real_time_signal", || {
        raise(signal);
    });
    let Some((trace, _)) = traced else { return };
    assert_eq!(trace.status.signal(), Some(signal));
}

static HANDLED: AtomicI32 = AtomicI32::new(0);

extern "C" fn handler(_: i32) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn handlers_run() {
    let traced = traced("signals::handlers_run", || {
        let handler = handler as *const () as libc::sighandler_t;
        for signal in [libc::SIGUSR1, libc::SIGTRAP, libc::SIGRTMIN() + 5] {
            // SAFETY: the handler adds to a number.
            unsafe { libc::signal(signal, handler) };
            raise(signal);
        }
        assert_eq!(HANDLED.load(Ordering::Relaxed), 3);
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(told.of(libc::SYS_rt_sigreturn).count(), 3);
}

#[test]
fn a_child_is_stopped_and_continued() {
    let traced = traced("signals::a_child_is_stopped_and_continued", || {
        // SAFETY: the child stops itself and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            raise(libc::SIGSTOP);
            // SAFETY: ends the process.
            unsafe { libc::_exit(3) }
        }
        let status = wait(child, libc::WUNTRACED);
        assert!(libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGSTOP);
        // SAFETY: it is a child of this process.
        assert_eq!(unsafe { libc::kill(child, libc::SIGCONT) }, 0);
        let status = wait(child, 0);
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 3);
    });
    let Some((trace, _)) = traced else { return };
    assert!(trace.status.success());
}
