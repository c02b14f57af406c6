//! Leaving between two entries because something waits outside.

use crate::*;

fn pending(answers: &[bool]) -> Script {
    Script::new(
        vec![sysbatch_engine::Outcome::Returned(0)],
        answers.to_vec(),
    )
}

#[test]
fn the_entry_before_is_complete_and_the_next_has_not_begun() {
    let stopped = Image::new(&[set(1), set(2), set(3)])
        .with_script(pending(&[false, true]))
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Interrupted));
    assert_eq!(stopped.header.pc, 2);
    assert_eq!(stopped.header.resume, 0);
    assert_eq!((stopped.header.steps, stopped.header.fuel), (2, 98));
    assert_eq!(stopped.slots(), [1, 2, 0]);
}

#[test]
fn it_is_asked_after_every_entry_that_has_a_successor() {
    let stopped = Image::new(&[set(1), call(1, &[]), set(3)]).run();
    assert_eq!(stopped.host.script.asked(), 2);
    // Not before the first entry either: else a batch under a storm of
    // signals would never get on.
    let stopped = Image::new(&[set(1), set(2)])
        .with_script(pending(&[true]))
        .run();
    assert_eq!(stopped.header.steps, 1);
}

#[test]
fn it_is_not_asked_when_the_batch_is_over() {
    let stopped = Image::new(&[set(1)]).with_script(pending(&[true])).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    let exit = set(1).jumps(0, 0, JUMP_EXIT);
    let stopped = Image::new(&[exit, set(2)])
        .with_script(pending(&[true]))
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.host.script.asked(), 0);
}

#[test]
fn it_comes_before_running_out_of_fuel() {
    let stopped = Image::new(&[set(1), set(2)])
        .with_script(pending(&[true]))
        .with_header(|run| run.fuel = 1)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Interrupted));
    assert_eq!((stopped.header.pc, stopped.header.fuel), (1, 0));
}

#[test]
fn each_entry_makes_progress_under_a_storm_of_signals() {
    let program = [set(1), set(2), set(3), set(4)];
    let mut image = Image::new(&program).with_script(pending(&[true]));
    for pc in 1..4 {
        let stopped = image.clone().run();
        assert_eq!(stopped.outcome, Ok(Status::Interrupted));
        assert_eq!(stopped.header.pc, pc);
        image.memory = stopped.host.memory;
    }
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slots(), [1, 2, 3, 4]);
}
