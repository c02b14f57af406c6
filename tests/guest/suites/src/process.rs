//! Children of a case.
#![expect(unsafe_code, reason = "fork")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rustix::process::{Pid, WaitOptions, WaitStatus};

/// A child that runs `body` and exits: with 0, or with 1 if it panics. It ends
/// with its parent.
///
/// The caller must have no other thread that may hold a lock which `body`
/// needs. Cases fork before they make threads.
pub(crate) fn fork(body: impl FnOnce()) -> Pid {
    // SAFETY: cases that fork have one thread, so the child's copy of the
    // process is whole.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // Nobody is to be left when a case is killed.
        let end = Some(rustix::process::Signal::KILL);
        let set = rustix::process::set_parent_process_death_signal(end);
        let body = || {
            set.expect("prctl");
            body();
        };
        let code = i32::from(catch_unwind(AssertUnwindSafe(body)).is_err());
        // SAFETY: ends the process.
        unsafe { libc::_exit(code) };
    }
    Pid::from_raw(pid).expect("fork")
}

/// Waits until a child has ended and says how.
pub(crate) fn ended(pid: Pid) -> WaitStatus {
    wait(pid, WaitOptions::empty())
}

/// Waits until a tracee has stopped or ended and says which.
pub(crate) fn stopped_or_ended(pid: Pid) -> WaitStatus {
    wait(pid, WaitOptions::UNTRACED)
}

fn wait(pid: Pid, options: WaitOptions) -> WaitStatus {
    loop {
        match rustix::process::waitpid(Some(pid), options) {
            Ok(Some((_, status))) => return status,
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("waitpid: {error}"),
        }
    }
}

/// Waits for a child that must succeed.
#[track_caller]
pub(crate) fn wait_for(pid: Pid) {
    let status = ended(pid);
    assert_eq!(status.exit_status(), Some(0), "child {pid:?}: {status:?}");
}

/// Whether a child, which must succeed, is over.
#[track_caller]
pub(crate) fn is_over(pid: Pid) -> bool {
    let ended = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG).expect("waitpid");
    if let Some((_, status)) = ended {
        assert_eq!(status.exit_status(), Some(0), "child {pid:?}: {status:?}");
    }
    ended.is_some()
}

/// Waits until a process sleeps or has stopped, as `/proc` has it, so that
/// what it does next comes after what the caller does now.
#[track_caller]
pub(crate) fn until_state(pid: Pid, wanted: char) {
    assert!(
        reaches_state(pid, wanted),
        "{pid:?} has ended and was to be {wanted}"
    );
}

/// The same for a process that may have ended before; whether it had not.
pub(crate) fn reaches_state(pid: Pid, wanted: char) -> bool {
    loop {
        let (state, _) = stat(pid);
        if state == wanted || state == 'Z' {
            return state == wanted;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Waits until a process has run for some time more, by the processor's time: one
/// that was about to do something without end is at it then.
#[track_caller]
pub(crate) fn until_it_has_run(pid: Pid) {
    // Of `sysconf(_SC_CLK_TCK)`: 10 ms.
    const TICKS: u64 = 3;
    let (_, before) = stat(pid);
    loop {
        let (state, ticks) = stat(pid);
        assert_ne!(state, 'Z', "{pid:?} has ended and was to run");
        if ticks >= before + TICKS {
            return;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The state of a process and the processor time that it has used, in ticks
/// (`proc_pid_stat(5)`).
fn stat(pid: Pid) -> (char, u64) {
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let stat = std::fs::read_to_string(path).expect("the process is there");
    let (_, fields) = stat.rsplit_once(") ").expect("the format of proc(5)");
    // The state is the third field, the times are the fourteenth and the next.
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = fields[11..13].iter().map(|field| {
        let ticks: u64 = field.parse().expect("a number");
        ticks
    });
    let state = fields[0].chars().next().expect("a letter");
    (state, ticks.sum())
}
