//! Seccomp filters of the program's own.

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::compare;

/// Installs a filter that has an answer of its own for `sched_yield(2)`.
fn install(action: SeccompAction) {
    let rules = [(libc::SYS_sched_yield, vec![])].into_iter().collect();
    let arch = std::env::consts::ARCH
        .try_into()
        .expect("a known processor");
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch);
    let program: BpfProgram = filter.and_then(TryInto::try_into).expect("a program");
    apply_filter(&program).expect("it is installed");
}

fn sched_yield() -> (i64, Option<i32>) {
    // SAFETY: has no effect.
    let result = unsafe { libc::syscall(libc::SYS_sched_yield) };
    (result, std::io::Error::last_os_error().raw_os_error())
}

#[test]
fn errors() {
    compare("filters::errors", || {
        install(SeccompAction::Errno(77));
        println!("{:?}", sched_yield());
    });
}

#[test]
fn traps() {
    extern "C" fn answer(_: i32, info: &libc::siginfo_t, context: &mut libc::ucontext_t) {
        let place = &mut context.uc_mcontext.gregs[libc::REG_RAX as usize];
        *place = 1000 + *place + i64::from(info.si_code);
    }
    compare("filters::traps", || {
        // SAFETY: zeroes are a value of it.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        let handler: extern "C" fn(i32, &libc::siginfo_t, &mut libc::ucontext_t) = answer;
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: the handler changes the result of the call that was trapped.
        unsafe { libc::sigaction(libc::SIGSYS, &raw const action, null_mut()) };
        install(SeccompAction::Trap);
        println!("{}", sched_yield().0);
    });
}

#[test]
fn kills() {
    compare("filters::kills", || {
        // SAFETY: a child that is killed.
        let child = unsafe { libc::fork() };
        if child == 0 {
            install(SeccompAction::KillProcess);
            sched_yield();
        }
        let mut status = 0;
        // SAFETY: waits for that child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        println!("{}", libc::WTERMSIG(status));
    });
}
