//! `batch`: forward jumps by the sign of the result, and word copies.

use crate::*;

const WDCPY: i16 = -2;

struct SysCall {
    number: i16,
    jumps: [i16; 3],
    argc: i8,
    args: [u64; 6],
}

fn call(number: i16, args: &[u64]) -> SysCall {
    let mut call = SysCall {
        number,
        jumps: [0; 3],
        argc: i8::try_from(args.len()).unwrap(),
        args: [u64::MAX; 6],
    };
    call.args[..args.len()].copy_from_slice(args);
    call
}

impl SysCall {
    fn jumps(mut self, fail: i16, zero: i16, pos: i16) -> Self {
        self.jumps = [fail, zero, pos];
        self
    }

    fn words(&self) -> Vec<u64> {
        let halves = [&[self.number][..], &self.jumps].concat();
        let first = halves.iter().rev().fold(0, |word: u64, half| {
            word << 16 | u64::from(half.cast_unsigned())
        });
        // The rest of the second word is padding: anything may be in it.
        let second = u64::from(self.argc.cast_unsigned()) | 0x5A5A_5A00;
        [&[first, second][..], &self.args].concat()
    }
}

fn image(calls: &[SysCall]) -> Image {
    let words: Vec<u64> = calls.iter().flat_map(SysCall::words).collect();
    Image::new(Format::SysBatch, calls.len() as u64, &words)
}

#[test]
fn arguments_beyond_the_count_are_zero() {
    let stopped = image(&[call(1, &[7, 8])]).returning(&[3]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.made()[0].args, [7, 8, 0, 0, 0, 0]);
    assert_eq!(stopped.results(2), [3, 77]);
}

#[test]
fn the_counter_stays_on_the_last_call() {
    let stopped = image(&[call(1, &[]), call(2, &[])]).run();
    assert_eq!((stopped.outcome, stopped.run.pc), (Ok(Status::Exit), 1));
}

#[test]
fn jumps_follow_the_sign() {
    for (result, landed) in [(-9, 1), (0, 2), (9, 3), (-4096, 3)] {
        let program = [
            call(1, &[]).jumps(0, 1, 2),
            call(2, &[]).jumps(-1, -1, -1),
            call(3, &[]).jumps(-1, -1, -1),
            call(4, &[]).jumps(-1, -1, -1),
        ];
        let stopped = image(&program).returning(&[result, 5]).run();
        assert_eq!(stopped.outcome, Ok(Status::Exit));
        assert_eq!(stopped.run.pc, landed, "{result}");
        assert_eq!(stopped.run.steps, 2);
    }
}

#[test]
fn a_jump_back_or_past_the_end_ends_it() {
    for jump in [-1, i16::MIN, 1, 100, i16::MAX] {
        let program = [call(1, &[]).jumps(0, jump, 0), call(2, &[])];
        let stopped = image(&program).run();
        assert_eq!((stopped.outcome, stopped.run.pc), (Ok(Status::Exit), 0));
    }
}

#[test]
fn unknown_and_refused_calls_fail_with_enosys() {
    let mut seven = call(1, &[]);
    seven.argc = 7;
    let mut negative = call(1, &[]);
    negative.argc = -1;
    let execve = call(EXECVE.into(), &[]);
    for refused in [execve, call(-1, &[]), call(-3, &[]), seven, negative] {
        let number = refused.number;
        let stopped = image(&[refused.jumps(1, 0, 0), call(1, &[]), call(2, &[])]).run();
        assert_eq!(stopped.results(3), [-38, 77, 0], "{number}");
        assert_eq!(stopped.numbers(), [2]);
    }
}

#[test]
fn a_word_copy_patches_a_later_call_with_an_earlier_result() {
    let argument = PROGRAM + 2 * 64 + 16;
    let program = [
        call(1, &[]),
        call(WDCPY, &[argument, RESULTS]),
        call(2, &[0]),
    ];
    let stopped = image(&program).returning(&[1234, 0]).run();
    assert_eq!(stopped.made()[1].args[0], 1234);
    assert_eq!(stopped.results(3), [1234, 0, 0]);
}

#[test]
fn a_word_copy_that_cannot_be_made_is_a_failed_call() {
    for args in [[NOWHERE, RESULTS], [RESULTS, NOWHERE]] {
        let program = [
            call(WDCPY, &args).jumps(1, 0, 0),
            call(1, &[]),
            call(2, &[]),
        ];
        let stopped = image(&program).run();
        assert_eq!(stopped.results(1), [-14]);
        assert_eq!(stopped.numbers(), [2]);
    }
}

#[test]
fn bad_programs_and_results_fault() {
    let mut unreadable = image(&[call(1, &[])]);
    unreadable.run.program = NOWHERE;
    assert_eq!(unreadable.run().outcome, Err(Error::Fault));
    let mut unwritable = image(&[call(1, &[])]).returning(&[6]);
    unwritable.run.results = NOWHERE;
    let stopped = unwritable.run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!(stopped.run.status, Status::Unstored.raw());
    assert_eq!(stopped.run.value, 6);
}

#[test]
fn no_calls_are_done_at_once() {
    assert_eq!(image(&[]).run().outcome, Ok(Status::Done));
}
