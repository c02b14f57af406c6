//! What is waited for with `poll`, and timers, compared with the same calls made alone.

mod common;

use common::backend;
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_gettime,
};
use sysbatch::Batch;

/// A time in whole seconds.
const fn seconds(tv_sec: i64) -> Timespec {
    Timespec { tv_sec, tv_nsec: 0 }
}

#[test]
fn timers() {
    let set = TimerfdTimerFlags::empty();
    let nanosecond = Timespec {
        tv_sec: 0,
        tv_nsec: 1,
    };
    let once = Itimerspec {
        it_interval: seconds(0),
        it_value: nanosecond,
    };
    let hours = Itimerspec {
        it_interval: seconds(7200),
        it_value: seconds(3600),
    };
    let mut expired = [0; 8];
    let mut batch = Batch::new();
    let timer = batch.timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC);
    let first = batch.timerfd_settime(&timer, set, &once);
    let read = batch.read(&timer, &mut expired);
    let second = batch.timerfd_settime(&timer, set, &hours);
    let now = batch.timerfd_gettime(&timer);
    let third = batch.timerfd_settime(&timer, set, &hours);
    let bad = Itimerspec {
        it_interval: seconds(0),
        it_value: seconds(-1),
    };
    let bad = batch.timerfd_settime(&timer, set, &bad);
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read), Ok(8));
    for (call, interval) in [(&first, 0), (&second, 0), (&now, 7200), (&third, 7200)] {
        let value = results.get(call).unwrap();
        assert_eq!(value.it_interval, seconds(interval));
        let left = value.it_value;
        let is_running = left > seconds(0) && left <= seconds(3600);
        assert_eq!(is_running, interval > 0, "{left:?}");
    }
    assert_eq!(results.get(&bad).unwrap_err().errno(), Some(Errno::INVAL));
    let timer = results.take(&timer).unwrap();
    assert_eq!(timerfd_gettime(&timer).unwrap().it_interval, seconds(7200));
    drop(results);
    drop(batch);
    assert_eq!(u64::from_ne_bytes(expired), 1);
}
