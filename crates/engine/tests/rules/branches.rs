//! Where a batch goes after an entry.

use crate::*;

/// Runs `first` with its three branches leading to different marks and says
/// which was reached: −1, 0 or 1.
fn branch_taken(first: Entry, script: Script) -> i64 {
    // Each mark ends the batch, so that just one slot of 1..=3 is written.
    let mark = |value| set(value).jumps(JUMP_EXIT, JUMP_EXIT, JUMP_EXIT);
    let program = [first.jumps(0, 1, 2), mark(101), mark(102), mark(103)];
    let stopped = Image::new(&program).with_script(script).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.steps, 2);
    match stopped.slots() {
        [_, 101, 0, 0] => -1,
        [_, 0, 102, 0] => 0,
        [_, 0, 0, 103] => 1,
        other => panic!("not one mark: {other:?}"),
    }
}

#[test]
fn negative_for_a_built_in_is_any_value_below_zero() {
    let cases = [
        (i64::MIN, -1),
        (-4097, -1),
        (-4096, -1),
        (-4095, -1),
        (-1, -1),
        (0, 0),
        (1, 1),
        (4096, 1),
        (i64::MAX, 1),
    ];
    for (value, sign) in cases {
        assert_eq!(branch_taken(set(value), Script::default()), sign, "{value}");
    }
}

#[test]
fn negative_for_a_call_is_the_errno_range() {
    let cases = [
        (i64::MIN, 1),
        (-0x7F_F000_0000, 1),
        (-4097, 1),
        (-4096, 1),
        (-4095, -1),
        (-4094, -1),
        (-1, -1),
        (0, 0),
        (1, 1),
        (i64::MAX, 1),
    ];
    for (value, sign) in cases {
        let taken = branch_taken(call(1, &[]), Script::returning(&[value]));
        assert_eq!(taken, sign, "{value}");
    }
}

#[test]
fn a_jump_is_relative_to_the_next_entry() {
    let program = [set(1).jumps(0, 0, 1), set(2), set(3)];
    let stopped = Image::new(&program).run();
    assert_eq!(stopped.slots(), [1, 0, 3]);
    assert_eq!(stopped.header.steps, 2);
}

#[test]
fn a_jump_just_past_the_last_entry_is_done() {
    let stopped = Image::new(&[set(1).jumps(0, 0, 2), set(2), set(3)]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.pc, 3);
    assert_eq!(stopped.header.steps, 1);
}

#[test]
fn a_jump_backward_loops() {
    // slot 0 counts down from 5; the loop is entry 1 alone.
    let step = built_in(BuiltIn::Sub, &[Operand::Result(0), Operand::Immediate(1)])
        .to_slot(0)
        .jumps(0, 0, -1);
    let stopped = Image::new(&[set(5), step, set(77)]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slot(0), 0);
    assert_eq!(stopped.slot(2), 77);
    assert_eq!(stopped.header.steps, 7);
    assert_eq!(stopped.header.fuel, 93);
}

#[test]
fn a_jump_to_the_first_entry_is_in_range() {
    let last = set(0).jumps(0, -3, 0);
    let stopped = Image::new(&[set(1).jumps(0, 0, 1), set(2), last])
        .with_header(|run| run.fuel = 3)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(stopped.header.pc, 2);
    assert_eq!(stopped.header.steps, 3);
}

#[test]
fn a_jump_out_of_range_is_refused_before_any_effect_even_if_not_taken() {
    for offset in [-3, -32767, 2, i16::MAX] {
        for branch in 0..3 {
            let mut jumps = [0; 3];
            jumps[branch] = offset;
            let [on_neg, on_zero, on_pos] = jumps;
            let program = [set(5), call(1, &[]).jumps(on_neg, on_zero, on_pos), set(6)];
            let stopped = Image::new(&program).run();
            assert_refused(&stopped, Error::Invalid, 1, 1);
            assert!(stopped.host.script.made().is_empty());
            assert_eq!(stopped.slots(), [5, 0, 0]);
        }
    }
}

#[test]
fn the_longest_jumps_work_both_ways() {
    let far = 32768;
    let mut program = vec![set(0); far + 1];
    program[0] = set(1).to_slot(0).jumps(0, 0, i16::MAX);
    program[far] = set(2).to_slot(1).jumps(0, 0, JUMP_EXIT);
    let stopped = Image::at(0x1000, &program, 2).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.pc, 32768);
    assert_eq!(stopped.slots(), [1, 2]);

    program[0] = set(1).to_slot(0).jumps(0, 0, JUMP_EXIT);
    program[32766] = set(2).to_slot(1).jumps(0, 0, -32767);
    let stopped = Image::at(0x1000, &program, 2)
        .with_header(|run| run.pc = 32766)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.pc, 0);
    assert_eq!(stopped.slots(), [1, 2]);
}

#[test]
fn exit_ends_the_batch_at_the_entry_that_takes_it() {
    let stopped = Image::new(&[set(1), set(2).jumps(0, 0, JUMP_EXIT), set(3)]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.pc, 1);
    assert_eq!(stopped.slots(), [1, 2, 0]);
    assert_eq!(stopped.header.steps, 2, "the entry that exits is a step");
}

#[test]
fn exit_by_the_last_entry_is_not_done() {
    let stopped = Image::new(&[set(1).jumps(0, 0, JUMP_EXIT)]).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.pc, 0);
}
