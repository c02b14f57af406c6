//! Syslets: atoms linked by pointers.

use sysbatch_abi::{
    SYSLET_ASYNC as ASYNC, SYSLET_NO_COMPLETE as NO_COMPLETE, SYSLET_NR_UMEM_ADD as NR_UMEM_ADD,
    SYSLET_SKIP_TO_NEXT_ON_STOP as SKIP_TO_NEXT_ON_STOP,
    SYSLET_STOP_ON_NEGATIVE as STOP_ON_NEGATIVE,
    SYSLET_STOP_ON_NON_POSITIVE as STOP_ON_NON_POSITIVE, SYSLET_STOP_ON_NONZERO as STOP_ON_NONZERO,
    SYSLET_STOP_ON_ZERO as STOP_ON_ZERO, SYSLET_SYNC as SYNC,
};

use crate::*;

/// Addresses of three atoms in a row, and of their results and a counter.
const A: u64 = PROGRAM;
const B: u64 = PROGRAM + 88;
const C: u64 = PROGRAM + 176;
const RA: u64 = RESULTS;
const RB: u64 = RESULTS + 8;
const COUNTER: u64 = DATA;

fn atom(flags: u64, number: u64, result: u64, next: u64, args: &[u64]) -> Vec<u64> {
    let mut pointers = [0; 6];
    pointers[..args.len()].copy_from_slice(args);
    [&[flags, number, result, next][..], &pointers, &[0xDEAD]].concat()
}

fn image(atoms: &[Vec<u64>]) -> Image {
    let mut image = Image::new(Format::Syslet, 0, &atoms.concat());
    image.run.pc = A;
    (image.run.program, image.run.results, image.run.results_len) = (0, 0, 0);
    image
}

#[test]
fn atoms_follow_their_pointers_and_feed_each_other() {
    let stopped = image(&[
        atom(0, 1, RA, C, &[]),
        atom(0, 9, 0, 0, &[]),
        atom(0, 2, RB, 0, &[RA]),
    ])
    .returning(&[31, 32])
    .run();
    assert_eq!((stopped.outcome, stopped.run.pc), (Ok(Status::Exit), C));
    assert_eq!(stopped.numbers(), [1, 2]);
    assert_eq!(stopped.made()[1].args[0], 31);
    assert_eq!(stopped.results(3), [31, 32, 77]);
}

#[test]
fn a_null_result_pointer_drops_the_result() {
    let stopped = image(&[atom(0, 1, 0, 0, &[])]).returning(&[5]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.results(1), [77]);
}

#[test]
fn stop_conditions_end_the_syslet() {
    for (condition, stops) in [
        (STOP_ON_NONZERO, [true, false, true]),
        (STOP_ON_ZERO, [false, true, false]),
        (STOP_ON_NEGATIVE, [true, false, false]),
        (STOP_ON_NON_POSITIVE, [true, true, false]),
        (0, [false; 3]),
    ] {
        for (result, stops) in [-1, 0, 1].into_iter().zip(stops) {
            let stopped = image(&[atom(condition, 1, 0, B, &[]), atom(0, 2, 0, 0, &[])])
                .returning(&[result, 0])
                .run();
            let last = if stops { A } else { B };
            assert_eq!(stopped.run.pc, last, "{condition:#x} {result}");
        }
    }
}

#[test]
fn a_stop_may_skip_to_the_following_atom_instead() {
    let stopped = image(&[
        atom(STOP_ON_ZERO | SKIP_TO_NEXT_ON_STOP, 1, 0, C, &[]),
        atom(0, 2, 0, 0, &[]),
        atom(0, 3, 0, 0, &[]),
    ])
    .run();
    assert_eq!(stopped.numbers(), [1, 2]);
    assert_eq!(stopped.run.pc, B);
}

#[test]
fn the_flags_of_asynchrony_change_nothing_here() {
    let stopped = image(&[atom(ASYNC | SYNC | NO_COMPLETE, 1, RA, 0, &[])]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
}

#[test]
fn umem_add_counts_a_loop_down() {
    let mut image = image(&[
        atom(0, 1, 0, B, &[]),
        atom(
            STOP_ON_ZERO | SKIP_TO_NEXT_ON_STOP,
            NR_UMEM_ADD,
            RA,
            A,
            &[DATA + 8, DATA + 16],
        ),
        atom(0, 2, 0, 0, &[]),
    ]);
    image.put(COUNTER, &[3, COUNTER, u64::MAX]);
    let stopped = image.run();
    assert_eq!(stopped.numbers(), [1, 1, 1, 2]);
    assert_eq!(stopped.word(COUNTER), 0);
    assert_eq!(stopped.word(RA), 0);
}

#[test]
fn umem_add_out_of_reach_is_a_failed_call() {
    let mut image = image(&[atom(0, NR_UMEM_ADD, RA, 0, &[DATA, DATA + 8])]);
    image.put(DATA, &[NOWHERE, 1]);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.word(RA), -14);
}

#[test]
fn a_cycle_ends_with_its_fuel() {
    let stopped = image(&[atom(0, 1, 0, A, &[])]).run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!((stopped.run.pc, stopped.run.steps), (A, 100));
}

#[test]
fn calls_never_made_in_a_batch_do_not_exist() {
    for number in [EXECVE.into(), 1 << 40] {
        let stopped = image(&[atom(0, number, RA, 0, &[])]).run();
        assert_eq!(stopped.word(RA), -38);
        assert!(stopped.made().is_empty());
    }
}

#[test]
fn bad_atoms_are_refused() {
    for (image, error) in [
        (image(&[atom(0x100, 1, 0, 0, &[])]), Error::Invalid),
        (image(&[atom(0, 1, 0, 0, &[NOWHERE])]), Error::Fault),
        (image(&[atom(0, 1, 0, 0, &[3])]), Error::Fault),
    ] {
        let stopped = image.run();
        assert_eq!(stopped.outcome, Err(error));
        assert_eq!(stopped.run.status, Status::Refused.raw());
        assert!(stopped.made().is_empty());
    }
    let stopped = image(&[atom(0, 1, 0, NOWHERE, &[])]).run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!((stopped.run.pc, stopped.run.steps), (NOWHERE, 1));
}

#[test]
fn a_null_atom_is_nothing_to_do() {
    let mut image = image(&[]);
    image.run.pc = 0;
    assert_eq!(image.run().outcome, Ok(Status::Done));
}

#[test]
fn an_interrupted_atom_is_run_again() {
    let script = Script::new(
        vec![Outcome::Interrupted(sysbatch_abi::Resume::Fresh)],
        vec![false],
    );
    let stopped = image(&[atom(0, 1, RA, 0, &[])]).with_script(script).run();
    assert_eq!(
        (stopped.outcome, stopped.run.pc),
        (Ok(Status::Interrupted), A)
    );
    assert_eq!(stopped.word(RA), 77);
}
