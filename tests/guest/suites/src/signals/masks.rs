//! Blocked signals, and calls that change the mask while they wait.

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, Entry, Status, Width};
use sysbatch_reference::built_in;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, error, imm, result, sys};
use crate::signal::{self, set_of};

cases! {
    both mask_set_in_the_batch_holds_at_once;
    both mask_set_in_the_batch_stays_afterwards;
    both ppoll_mask_is_taken_back_before_the_next_sub_call;
    both pselect_mask_is_taken_back_before_the_next_sub_call;
    both epoll_pwait_mask_is_taken_back_before_the_next_sub_call;
    both sigsuspend_mask_is_taken_back_before_the_next_sub_call;
    both sigtimedwait_takes_a_blocked_signal;
}

fn raise() -> Entry {
    sys(
        Sysno::kill,
        [imm(std::process::id()), imm(Signal::USR1.as_raw())],
    )
}

fn handled() -> Entry {
    built_in(
        BuiltIn::Load(Width::Eight),
        &[at(signal::handled_address())],
    )
}

/// `rt_sigprocmask` with a set, or a question if `set` is zero.
fn procmask(how: i32, set: u64, old: u64) -> Entry {
    sys(Sysno::rt_sigprocmask, [imm(how), at(set), at(old), imm(8)])
}

fn mask_set_in_the_batch_holds_at_once(lab: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let usr1 = set_of(&[Signal::USR1]);
    let mut batch = Batch::new([
        procmask(libc::SIG_BLOCK, address_of(&usr1), 0),
        raise(),
        handled(),
        procmask(libc::SIG_UNBLOCK, address_of(&usr1), 0),
        handled(),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [0, 0, 0, 0, 1]);
}

fn mask_set_in_the_batch_stays_afterwards(lab: &mut Lab) {
    let usr1 = set_of(&[Signal::USR1]);
    let mut batch = Batch::new([procmask(libc::SIG_SETMASK, address_of(&usr1), 0)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let mut now = [0_u64];
    let mut batch = Batch::new([procmask(libc::SIG_BLOCK, 0, address_of_mut(&mut now))]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(now, usr1);
}

/// Blocks `SIGUSR1`, raises it, and waits with a mask that lets it through.
/// Its handler must have run and the mask be back before the next entry.
fn mask_is_taken_back(lab: &mut Lab, wait: Entry) {
    signal::count(Signal::USR1, libc::SA_RESTART);
    let usr1 = set_of(&[Signal::USR1]);
    let mut mask_after = [0_u64];
    let mut batch = Batch::new([
        procmask(libc::SIG_BLOCK, address_of(&usr1), 0),
        raise(),
        handled(),
        wait,
        procmask(libc::SIG_BLOCK, 0, address_of_mut(&mut mask_after)),
        handled(),
        raise(),
        handled(),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let interrupted = error(Errno::INTR);
    assert_eq!(batch.results, [0, 0, 0, interrupted, 0, 1, 0, 1]);
    assert_eq!(mask_after, usr1);
}

fn ppoll_mask_is_taken_back_before_the_next_sub_call(lab: &mut Lab) {
    let none = set_of(&[]);
    let wait = [imm(0), imm(0), imm(0), at(address_of(&none)), imm(8)];
    mask_is_taken_back(lab, sys(Sysno::ppoll, wait));
}

fn pselect_mask_is_taken_back_before_the_next_sub_call(lab: &mut Lab) {
    let none = set_of(&[]);
    let mask = [address_of(&none), 8];
    let wait = [
        imm(0),
        imm(0),
        imm(0),
        imm(0),
        imm(0),
        at(address_of(&mask)),
    ];
    mask_is_taken_back(lab, sys(Sysno::pselect6, wait));
}

fn epoll_pwait_mask_is_taken_back_before_the_next_sub_call(lab: &mut Lab) {
    let epoll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC);
    let epoll = epoll.expect("epoll_create1");
    let none = set_of(&[]);
    let mut events = [0_u64; 4];
    let fd = std::os::fd::AsRawFd::as_raw_fd(&epoll);
    let wait = [
        imm(fd),
        at(address_of_mut(&mut events)),
        imm(1),
        imm(-1),
        at(address_of(&none)),
        imm(8),
    ];
    mask_is_taken_back(lab, sys(Sysno::epoll_pwait, wait));
}

fn sigsuspend_mask_is_taken_back_before_the_next_sub_call(lab: &mut Lab) {
    let none = set_of(&[]);
    mask_is_taken_back(
        lab,
        sys(Sysno::rt_sigsuspend, [at(address_of(&none)), imm(8)]),
    );
}

fn sigtimedwait_takes_a_blocked_signal(lab: &mut Lab) {
    signal::count(Signal::USR1, 0);
    let usr1 = set_of(&[Signal::USR1]);
    let wait = [at(address_of(&usr1)), imm(0), imm(0), imm(8)];
    let mut batch = Batch::new([
        procmask(libc::SIG_BLOCK, address_of(&usr1), 0),
        raise(),
        sys(Sysno::rt_sigtimedwait, wait),
        handled(),
        built_in(BuiltIn::Sub, &[result(2), imm(Signal::USR1.as_raw())]),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[3..], [0, 0]);
}
