//! 32-bit programs: `tests/c/ways`, a case of which is run by each way.

use std::process::Command;

use crate::harness::cases;
use crate::lab::Lab;

cases! {
    kernel numbers_are_their_own;
    kernel arguments_have_32_bits;
    kernel results_have_32_bits;
    kernel addresses_have_64_bits;
    kernel calls_are_handed_back;
    kernel other_requests_are_refused;
    kernel other_formats;
    kernel vdso_may_be_moved;
    kernel read_is_restarted;
    kernel read_fails_without_restart;
    kernel handler_runs_between_two_calls;
    kernel sleep_lasts_over_a_stop;
    kernel sleep_ends_with_a_handler;
    kernel single_steps_are_those_of_a_call;
    kernel filter_is_asked_in_the_batch;
    kernel trap_handler_gets_the_call;
    kernel tracer_sees_each_call;
}

/// Runs a case of the 32-bit program by each way that it has here.
fn run(lab: &Lab, case: &str) {
    let fast = lab.options.way.expect("--way says what this processor has");
    for way in ["int80", fast.name()] {
        let program = Command::new("/bin/ways").args([way, case]).output();
        let output = program.expect("the 32-bit program runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.is_empty(),
            "by {way}: {said}{}",
            output.status
        );
    }
}

/// A case for each of the 32-bit program's, by its name.
macro_rules! bodies {
    ($($name:ident)*) => {$(
        fn $name(lab: &mut Lab) {
            run(lab, stringify!($name));
        }
    )*};
}
bodies! {
    numbers_are_their_own arguments_have_32_bits results_have_32_bits
    addresses_have_64_bits calls_are_handed_back other_requests_are_refused
    other_formats vdso_may_be_moved read_is_restarted read_fails_without_restart
    handler_runs_between_two_calls sleep_lasts_over_a_stop sleep_ends_with_a_handler
    single_steps_are_those_of_a_call filter_is_asked_in_the_batch
    trap_handler_gets_the_call tracer_sees_each_call
}
