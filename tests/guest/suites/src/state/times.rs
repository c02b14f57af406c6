//! The processor time of a task, as it reads it in batches.

use sysbatch::abi::Status;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of_mut, at, imm, sys};

cases! {
    both processor_time_is_that_of_the_clock_and_never_goes_back;
}

/// Seconds and a fraction of the kind of a `timeval` or a `timespec`, in
/// nanoseconds.
fn nanoseconds(words: &[i64], fraction: i64) -> i64 {
    words[0] * 1_000_000_000 + words[1] * fraction
}

fn processor_time_is_that_of_the_clock_and_never_goes_back(lab: &mut Lab) {
    // struct rusage begins with two timevals: user and system time.
    let mut usage = [0_i64; 18];
    let mut clock = [0_i64; 2];
    let usage_at = at(address_of_mut(&mut usage));
    let clock_at = at(address_of_mut(&mut clock));
    let calls = [
        sys(Sysno::getrusage, [imm(libc::RUSAGE_THREAD), usage_at]),
        sys(
            Sysno::clock_gettime,
            [imm(libc::CLOCK_THREAD_CPUTIME_ID), clock_at],
        ),
    ];
    let (mut user, mut system) = (0, 0);
    // Until some ticks have found the task in the kernel.
    while system < 20_000_000 {
        for step in 0..2_000_u64 {
            std::hint::black_box(step);
        }
        let mut batch = Batch::new(calls);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 0]);
        let now = (
            nanoseconds(&usage[0..2], 1000),
            nanoseconds(&usage[2..4], 1000),
        );
        assert!(
            now.0 >= user && now.1 >= system,
            "after {user} and {system}: {now:?}"
        );
        (user, system) = now;
        let all = nanoseconds(&clock, 1);
        assert!(
            user + system <= all,
            "{user} and {system} are more than {all}"
        );
    }
}
