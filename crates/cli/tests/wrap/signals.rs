//! Signals: masks, handlers, stacks, and `SIGSYS`, which the loader takes for itself.

use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

use crate::compare;

fn full() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: fills the set.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    // SAFETY: it was filled.
    unsafe { set.assume_init() }
}

fn handle(signal: i32, flags: i32, mask: libc::sigset_t, handler: extern "C" fn(i32)) {
    // SAFETY: zeroes are a value of it.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = flags;
    action.sa_mask = mask;
    // SAFETY: the handlers here only make calls that are safe in one.
    let set = unsafe { libc::sigaction(signal, &raw const action, null_mut()) };
    assert_eq!(set, 0);
}

fn empty() -> libc::sigset_t {
    // SAFETY: zeroes are the empty set.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

static HANDLED: AtomicI32 = AtomicI32::new(0);
static PLACE: AtomicUsize = AtomicUsize::new(0);

/// Makes a few calls of its own, with every signal blocked if it is so installed.
extern "C" fn count(_: i32) {
    let word = 0;
    PLACE.store(&raw const word as usize, Relaxed);
    // SAFETY: asks for a number.
    if unsafe { libc::getppid() } > 0 {
        HANDLED.fetch_add(1, Relaxed);
    }
}

fn raise(signal: i32) {
    // SAFETY: a signal for itself.
    unsafe { libc::raise(signal) };
}

#[test]
fn calls_go_on_with_every_signal_blocked() {
    compare("signals::calls_go_on_with_every_signal_blocked", || {
        let mut before = empty();
        let all = full();
        // SAFETY: sets of this function's.
        let set = unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        // SAFETY: asks for a number.
        println!("{set} {}", unsafe { libc::getppid() } > 0);
        let time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 1,
        };
        // SAFETY: waits for nothing.
        let polled = unsafe { libc::ppoll(null_mut(), 0, &raw const time, &raw const all) };
        // SAFETY: as above.
        let selected = unsafe {
            libc::pselect(
                0,
                null_mut(),
                null_mut(),
                null_mut(),
                &raw const time,
                &raw const all,
            )
        };
        let mut now = empty();
        // SAFETY: sets of this function's.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const before, &raw mut now) };
        // SAFETY: as above.
        let is_blocked = unsafe { libc::sigismember(&raw const now, libc::SIGUSR1) };
        println!("{polled} {selected} {is_blocked}");
        for (set, size) in [(8, 8), ((&raw const all).addr(), 4)] {
            // SAFETY: the kernel refuses both.
            let bad = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, 0, set, 0, size) };
            println!("{bad} {}", std::io::Error::last_os_error());
        }
    });
}

#[test]
fn handlers_with_every_signal_blocked() {
    compare("signals::handlers_with_every_signal_blocked", || {
        handle(libc::SIGUSR1, 0, full(), count);
        for _ in 0..3 {
            raise(libc::SIGUSR1);
        }
        println!("{}", HANDLED.load(Relaxed));
    });
}

#[test]
fn signals_that_were_blocked_come_when_they_are_not() {
    compare(
        "signals::signals_that_were_blocked_come_when_they_are_not",
        || {
            handle(libc::SIGUSR1, 0, empty(), count);
            let mut before = empty();
            let all = full();
            // SAFETY: sets of this function's.
            unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
            raise(libc::SIGUSR1);
            print!("{}", HANDLED.load(Relaxed));
            // SAFETY: waits with the mask as it was, in which the signal comes.
            let waited = unsafe { libc::sigsuspend(&raw const before) };
            println!(" {waited} {}", HANDLED.load(Relaxed));
            raise(libc::SIGUSR1);
            // SAFETY: sets of this function's.
            unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const before, null_mut()) };
            println!("{}", HANDLED.load(Relaxed));
        },
    );
}

#[test]
fn interrupted_calls() {
    compare("signals::interrupted_calls", || {
        for flags in [0, libc::SA_RESTART] {
            handle(libc::SIGALRM, flags, empty(), write_end);
            let mut ends = [0; 2];
            // SAFETY: two descriptors are written.
            assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
            END.store(ends[1], Relaxed);
            HANDLED.store(0, Relaxed);
            let time = libc::itimerval {
                it_interval: libc::timeval {
                    tv_sec: 0,
                    tv_usec: 0,
                },
                it_value: libc::timeval {
                    tv_sec: 0,
                    tv_usec: 50_000,
                },
            };
            // SAFETY: a structure of this function's.
            unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const time, null_mut()) };
            let mut byte = 0_u8;
            // SAFETY: a byte of this function's.
            let read = unsafe { libc::read(ends[0], (&raw mut byte).cast(), 1) };
            println!("{read} {byte} {}", HANDLED.load(Relaxed));
        }
    });
}

static END: AtomicI32 = AtomicI32::new(0);

/// Gives a restarted `read(2)` something to read.
extern "C" fn write_end(_: i32) {
    HANDLED.fetch_add(1, Relaxed);
    // SAFETY: a byte of a constant.
    unsafe { libc::write(END.load(Relaxed), c"x".as_ptr().cast(), 1) };
}

#[test]
fn alternate_stacks() {
    compare("signals::alternate_stacks", || {
        let mut memory = vec![0_u8; 64 << 10];
        let stack = libc::stack_t {
            ss_sp: memory.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: memory.len(),
        };
        // SAFETY: the memory stays until the test ends.
        let set = unsafe { libc::sigaltstack(&raw const stack, null_mut()) };
        assert_eq!(set, 0);
        handle(libc::SIGUSR1, libc::SA_ONSTACK, empty(), count);
        raise(libc::SIGUSR1);
        let range = memory.as_ptr_range();
        let is_inside = (range.start as usize..range.end as usize).contains(&PLACE.load(Relaxed));
        let mut now = stack;
        // SAFETY: asks for the stack.
        unsafe { libc::sigaltstack(null(), &raw mut now) };
        println!("{is_inside} {} {}", now.ss_size, now.ss_sp == stack.ss_sp);
        let none = libc::stack_t {
            ss_sp: null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: 0,
        };
        // SAFETY: gives it up.
        unsafe { libc::sigaltstack(&raw const none, null_mut()) };
        // SAFETY: asks for the stack.
        unsafe { libc::sigaltstack(null(), &raw mut now) };
        println!("{}", now.ss_flags);
    });
}

#[test]
fn sigsys_is_the_programs() {
    compare("signals::sigsys_is_the_programs", || {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: asks what is done about it.
        let asked = unsafe { libc::sigaction(libc::SIGSYS, null(), action.as_mut_ptr()) };
        // SAFETY: it was written.
        let action = unsafe { action.assume_init() };
        println!("{asked} {} {}", action.sa_sigaction, action.sa_flags);
        handle(libc::SIGSYS, 0, empty(), count);
        raise(libc::SIGSYS);
        println!("{}", HANDLED.load(Relaxed));
        // SAFETY: no handler.
        unsafe { libc::signal(libc::SIGSYS, libc::SIG_IGN) };
        raise(libc::SIGSYS);
        // SAFETY: as above.
        let before = unsafe { libc::signal(libc::SIGSYS, libc::SIG_DFL) };
        println!("{before}");
        // SAFETY: a child that ends by the signal.
        let child = unsafe { libc::fork() };
        if child == 0 {
            raise(libc::SIGSYS);
        }
        let mut status = 0;
        // SAFETY: waits for that child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        println!("{}", libc::WTERMSIG(status));
    });
}
