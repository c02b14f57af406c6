//! By a tracer that makes another call of the one that the filter was asked about.

use rustix::process::{Pid, Signal};
use syscalls::Sysno;

use super::{Goal, attempt_with, done, refusing};
use crate::arch::{MKDIR, set_tracee_number};
use crate::harness::cases;
use crate::lab::{Batch, Lab, set};
use crate::process::{fork, stopped_or_ended};
use crate::signal;
use crate::watched::filter::{Instruction, filter};
use crate::watched::tracers::{info, ptrace};

cases! {
    both tracer_changes_the_number_at_the_entry;
    both tracer_changes_the_number_that_it_was_asked_about;
    both tracer_that_is_not_there;
}

/// A filter that forbids to make directories, and asks the tracer about `getppid`.
fn asking(_: &Goal) -> Vec<Instruction> {
    let mut both = refusing();
    both.pop();
    both.extend(filter(Sysno::getppid, libc::SECCOMP_RET_TRACE));
    both
}

/// Traces a child that has stopped itself, to its end. Each `getppid` becomes `mkdir`
/// when it is `asked` about, or when it begins.
fn change_the_number(pid: Pid, asked: bool) -> Option<i32> {
    assert!(stopped_or_ended(pid).stopped());
    let options =
        libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL | libc::PTRACE_O_TRACESECCOMP;
    let options = usize::try_from(options).expect("flags");
    assert_eq!(ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options), 0);
    let goes_on = if asked {
        libc::PTRACE_CONT
    } else {
        libc::PTRACE_SYSCALL
    };
    let getppid = u64::try_from(Sysno::getppid.id()).expect("a number");
    loop {
        assert_eq!(ptrace(goes_on, pid, 0, 0), 0);
        let status = stopped_or_ended(pid);
        if !status.stopped() {
            return status.exit_status();
        }
        let info = info(pid);
        let number = match info.op {
            #[expect(unsafe_code, reason = "a union")]
            // SAFETY: the kernel says that this variant is filled in.
            libc::PTRACE_SYSCALL_INFO_ENTRY if !asked => unsafe { info.u.entry.nr },
            #[expect(unsafe_code, reason = "a union")]
            // SAFETY: as above.
            libc::PTRACE_SYSCALL_INFO_SECCOMP if asked => unsafe { info.u.seccomp.nr },
            _ => continue,
        };
        if number == getppid {
            set_tracee_number(pid, MKDIR);
        }
    }
}

fn traced(lab: &mut Lab, asked: bool) {
    attempt_with(lab, asking, &|lab, goal, guard| {
        let child = fork(|| {
            let me = rustix::process::getpid();
            assert_eq!(ptrace(libc::PTRACE_TRACEME, me, 0, 0), 0);
            guard.install();
            signal::send(me, Signal::STOP);
            let mut call = goal.mkdir();
            // Nobody asks without the filter.
            if guard.is_on() || !asked {
                call.nr = Sysno::getppid.id();
            }
            let mut batch = Batch::new([set(1), call]);
            assert_eq!(lab.run_direct(&mut batch), Ok(sysbatch::abi::Status::Done));
            assert_eq!(batch.results, [1, guard.result()]);
        });
        assert_eq!(change_the_number(child, asked), Some(0));
    });
}

fn tracer_changes_the_number_at_the_entry(lab: &mut Lab) {
    traced(lab, false);
}

fn tracer_changes_the_number_that_it_was_asked_about(lab: &mut Lab) {
    traced(lab, true);
}

fn tracer_that_is_not_there(lab: &mut Lab) {
    let make = |_: &Goal| super::no_directories(libc::SECCOMP_RET_TRACE);
    attempt_with(lab, make, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir()]);
        done(lab, &mut batch);
        let nobody = crate::lab::error(rustix::io::Errno::NOSYS);
        assert_eq!(batch.results, [1, guard.or(0, nobody)]);
    });
}
