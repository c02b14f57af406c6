//! What goes wrong in a situation, as long as the function runs.

use std::sync::atomic::{AtomicU64, Ordering};

use sysbatch::rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

static SIGNALS: AtomicU64 = AtomicU64::new(0);

/// What was before.
pub struct Limits {
    descriptors: Rlimit,
    size: Rlimit,
    signals: u64,
    is_timed: bool,
}

/// Without this the signal of a file that becomes too long would end the program.
pub fn ignore_file_size_signal() {
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

pub fn begin(situation: &str, index: usize, lowest_free: u64) -> Limits {
    let limits = Limits {
        descriptors: getrlimit(Resource::Nofile),
        size: getrlimit(Resource::Fsize),
        signals: SIGNALS.load(Ordering::Relaxed),
        is_timed: situation == "signals",
    };
    let index = index as u64;
    if situation == "descriptors" {
        let mut less = limits.descriptors;
        less.current = Some(lowest_free + index % 4);
        setrlimit(Resource::Nofile, less).unwrap();
    }
    if situation == "short" {
        // As on a disk that becomes full: writes are short, then fail.
        let mut less = limits.size;
        less.current = Some(20 + index % 16);
        setrlimit(Resource::Fsize, less).unwrap();
    }
    if limits.is_timed {
        set_timer(1 + index as i64 % 50);
    }
    limits
}

/// Ends it; how many signals there were.
pub fn end(limits: Limits) -> u64 {
    if limits.is_timed {
        set_timer(0);
    }
    setrlimit(Resource::Nofile, limits.descriptors).unwrap();
    setrlimit(Resource::Fsize, limits.size).unwrap();
    SIGNALS.load(Ordering::Relaxed) - limits.signals
}

/// Has a signal come after so many microseconds and again after each hundred, or none.
fn set_timer(microseconds: i64) {
    extern "C" fn count(_: i32) {
        SIGNALS.fetch_add(1, Ordering::Relaxed);
    }
    let interval = if microseconds == 0 { 0 } else { 100 };
    let time = |tv_usec| libc::timeval { tv_sec: 0, tv_usec };
    let timer = libc::itimerval { it_interval: time(interval), it_value: time(microseconds) };
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut()), 0);
        assert_eq!(libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()), 0);
    }
}
