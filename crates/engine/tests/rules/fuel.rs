//! Fuel, steps, and going on where a batch stopped.

use crate::*;

#[test]
fn each_entry_is_one_step() {
    let stopped = Image::new(&[set(1), call(1, &[]), set(2)]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.status, Status::Done.raw());
    assert_eq!(
        (stopped.header.pc, stopped.header.steps, stopped.header.fuel),
        (3, 3, 97)
    );
}

#[test]
fn as_much_fuel_as_entries_is_enough_without_loops() {
    let stopped = Image::new(&[set(1), set(2), set(3)])
        .with_header(|run| run.fuel = 3)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.fuel, 0);
}

#[test]
fn no_fuel_stops_before_the_entry() {
    let stopped = Image::new(&[set(1), set(2), set(3)])
        .with_header(|run| run.fuel = 2)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(stopped.header.status, Status::OutOfFuel.raw());
    assert_eq!(
        (stopped.header.pc, stopped.header.steps, stopped.header.fuel),
        (2, 2, 0)
    );
    assert_eq!(stopped.slots(), [1, 2, 0]);
}

#[test]
fn no_fuel_at_all_runs_nothing() {
    let stopped = Image::new(&[call(1, &[])])
        .with_header(|run| run.fuel = 0)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(stopped.header.pc, 0);
    assert!(stopped.host.script.made().is_empty());
}

#[test]
fn a_batch_at_its_end_is_done_without_fuel() {
    let stopped = Image::new(&[set(1)])
        .with_header(|run| {
            run.pc = 1;
            run.fuel = 0;
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.steps, 0);
}

#[test]
fn an_empty_batch_is_done() {
    let stopped = Image::new(&[])
        .with_header(|run| {
            run.fuel = 0;
            run.program = 0;
            run.results = 0;
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.pc, 0);
}

#[test]
fn an_endless_loop_ends_with_its_fuel() {
    let stopped = Image::new(&[set(1).jumps(-1, -1, -1)])
        .with_header(|run| run.fuel = 12345)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(
        (stopped.header.pc, stopped.header.steps, stopped.header.fuel),
        (0, 12345, 0)
    );
}

#[test]
fn all_the_fuel_there_is_can_be_given() {
    let stopped = Image::new(&[set(1)])
        .with_header(|run| run.fuel = u64::MAX)
        .run();
    assert_eq!(stopped.header.fuel, u64::MAX - 1);
}

#[test]
fn steps_are_added_to_what_the_header_says_and_wrap() {
    let stopped = Image::new(&[set(1), set(2), set(3)])
        .with_header(|run| run.steps = u64::MAX - 1)
        .run();
    assert_eq!(stopped.header.steps, 1);
}

#[test]
fn a_refused_entry_costs_nothing() {
    let bad = Entry { flags: 1, ..set(2) };
    let stopped = Image::new(&[set(1), bad]).run();
    assert_refused(&stopped, Error::Invalid, 1, 1);
}

#[test]
fn pc_says_where_to_start() {
    let stopped = Image::new(&[set(1), set(2), set(3)])
        .with_header(|run| run.pc = 2)
        .run();
    assert_eq!(stopped.slots(), [0, 0, 3]);
    assert_eq!(stopped.header.steps, 1);
}

#[test]
fn any_split_of_the_fuel_gives_what_one_run_gives() {
    let add = built_in(BuiltIn::Add, &[Operand::Result(1), Operand::Result(0)]).to_slot(1);
    let count = built_in(BuiltIn::Sub, &[Operand::Result(0), Operand::Immediate(1)])
        .to_slot(0)
        .jumps(0, 0, -2);
    let program = [set(6), add, count, call(1, &[Operand::Result(1)])];
    let whole = Image::new(&program).run();
    assert_eq!(whole.slots(), [0, 21, 0, 0]);
    for portion in 1..=14 {
        let mut image = Image::new(&program).with_header(|run| run.fuel = portion);
        let last = loop {
            let stopped = image.clone().run();
            if stopped.outcome == Ok(Status::Done) {
                break stopped;
            }
            assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
            image.memory = stopped.host.memory;
            image.script = stopped.host.script;
            image = image.with_header(|run| run.fuel = portion);
        };
        assert_eq!(last.slots(), whole.slots::<4>());
        assert_eq!(last.header.steps, whole.header.steps);
        assert_eq!(last.host.script.made(), whole.host.script.made());
    }
}
