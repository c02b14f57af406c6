//! `supersyscall`: calls in a row.

use sysbatch_abi::FLAG_CONTINUE_ON_FAILURE;

use crate::*;

/// `struct supersyscall_args`, with rubbish in its padding.
fn args(number: u32, args: [u64; 6]) -> Vec<u64> {
    let first = u64::from(number) | 0xABCD_EF01 << 32;
    [&[first][..], &args].concat()
}

fn image(numbers: &[u32]) -> Image {
    let words: Vec<u64> = numbers
        .iter()
        .flat_map(|&n| args(n, [n.into(); 6]))
        .collect();
    Image::new(Format::Supersyscall, numbers.len() as u64, &words)
}

#[test]
fn calls_are_made_in_order_with_their_arguments() {
    let stopped = image(&[39, 102]).returning(&[10, 20]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.results(3), [10, 20, 77]);
    assert_eq!(stopped.numbers(), [39, 102]);
    assert_eq!(stopped.made()[1].args, [102; 6]);
    assert_eq!((stopped.run.pc, stopped.run.steps), (2, 2));
}

#[test]
fn a_failure_ends_it_and_its_result_is_stored() {
    let stopped = image(&[1, 2, 3]).returning(&[10, -5, 30]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.results(3), [10, -5, 77]);
    assert_eq!(stopped.run.pc, 1, "tried: this one and those before it");
}

#[test]
fn only_the_errno_range_is_failure() {
    let stopped = image(&[1, 2]).returning(&[-4096, i64::MIN]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
}

#[test]
fn a_failure_does_not_end_it_if_told_so() {
    let mut image = image(&[1, 2, 3]).returning(&[-1, -5, 30]);
    image.run.flags = FLAG_CONTINUE_ON_FAILURE;
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.results(3), [-1, -5, 30]);
}

#[test]
fn calls_never_made_in_a_batch_do_not_exist() {
    let stopped = image(&[EXECVE.into(), 1]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.results(1), [-38]);
    assert!(stopped.made().is_empty());
}

#[test]
fn unreadable_arguments_and_results_are_told_from_each_other() {
    let mut unreadable = image(&[1]);
    unreadable.run.program = NOWHERE - 8;
    let stopped = unreadable.run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!(stopped.run.status, Status::Refused.raw());
    assert!(stopped.made().is_empty());

    let mut unwritable = image(&[1]).returning(&[42]);
    unwritable.run.results = NOWHERE;
    let stopped = unwritable.run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!(stopped.run.status, Status::Unstored.raw());
    assert_eq!((stopped.run.pc, stopped.run.value), (0, 42));
}

#[test]
fn no_calls_are_done_at_once_and_other_flags_are_refused() {
    assert_eq!(image(&[]).run().outcome, Ok(Status::Done));
    let mut image = image(&[1]);
    image.run.flags = 2;
    assert_eq!(image.run().outcome, Err(Error::Invalid));
}
