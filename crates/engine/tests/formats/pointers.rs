//! Pointers to arrays of pointers to arguments.

use sysbatch_abi::FLAG_STOP_ON_FAILURE;

use crate::*;

/// Where the arrays of the first and second call are, and their arguments.
const FIRST: u64 = DATA;
const SECOND: u64 = DATA + 64;
const VALUES: u64 = DATA + 128;

fn image() -> Image {
    let mut image = Image::new(Format::Pointers, 2, &[FIRST, SECOND]);
    image.put(FIRST, &[1, VALUES, VALUES + 8, 0, NOWHERE]);
    image.put(SECOND, &[2, RESULTS, 0]);
    image.put(VALUES, &[5, 6]);
    image
}

#[test]
fn arguments_are_read_through_pointers_up_to_a_null_one() {
    let stopped = image().returning(&[1000, 2000]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.made()[0].args, [5, 6, 0, 0, 0, 0]);
    assert_eq!(
        stopped.made()[1].args,
        [1000, 0, 0, 0, 0, 0],
        "the result of the first call is an argument of the second"
    );
    assert_eq!(stopped.results(3), [1000, 2000, 77]);
}

#[test]
fn six_arguments_need_no_null() {
    let mut image = image();
    image.put(FIRST, &[1, VALUES, VALUES, VALUES, VALUES, VALUES, VALUES]);
    assert_eq!(image.run().made()[0].args, [5; 6]);
}

#[test]
fn a_failure_ends_it_only_if_told_so() {
    let stopped = image().returning(&[-2, 9]).run();
    assert_eq!(stopped.results(2), [-2, 9]);
    let mut stopping = image().returning(&[-2, 9]);
    stopping.run.flags = FLAG_STOP_ON_FAILURE;
    let stopped = stopping.run();
    assert_eq!((stopped.outcome, stopped.run.pc), (Ok(Status::Exit), 0));
    assert_eq!(stopped.results(2), [-2, 77]);
}

#[test]
fn a_number_that_is_no_call_gets_enosys() {
    for number in [EXECVE.into(), 1 << 32, u64::MAX] {
        let mut image = image();
        image.put(FIRST, &[number, 0]);
        let stopped = image.run();
        assert_eq!(stopped.results(1), [-38]);
        assert_eq!(stopped.numbers(), [2]);
    }
}

#[test]
fn each_level_of_pointers_can_fault() {
    let mut arrays = image();
    arrays.run.program = NOWHERE;
    let mut array = image();
    array.put(PROGRAM, &[NOWHERE]);
    let mut value = image();
    value.put(FIRST, &[1, NOWHERE]);
    for image in [arrays, array, value] {
        let stopped = image.run();
        assert_eq!(stopped.outcome, Err(Error::Fault));
        assert_eq!(stopped.run.status, Status::Refused.raw());
        assert!(stopped.made().is_empty());
    }
}
