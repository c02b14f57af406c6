//! System calls: what the host is asked, and what its answers do.

use sysbatch_abi::{PuntReason, Resume};
use sysbatch_engine::{Call, Outcome};

use crate::*;

fn outcomes(outcomes: &[Outcome]) -> Script {
    Script::new(outcomes.to_vec(), vec![false])
}

#[test]
fn the_number_is_any_non_negative_one() {
    for number in [0, 1, 462, 100_000, 0x7FFF_FFFF] {
        let stopped = Image::new(&[call(number, &[])])
            .with_script(Script::returning(&[-38]))
            .run();
        assert_eq!(stopped.host.script.made()[0].number, number);
        assert_eq!(stopped.outcome, Ok(Status::Done));
        assert_eq!(stopped.slot(0), -38, "an unknown call is the host's affair");
    }
}

#[test]
fn any_result_is_stored_as_it_is() {
    for value in [i64::MIN, -4096, -4095, -1, 0, 1, i64::MAX] {
        let stopped = Image::new(&[call(1, &[])])
            .with_script(Script::returning(&[value]))
            .run();
        assert_eq!(stopped.slot(0), value);
    }
}

#[test]
fn calls_are_made_in_order_once_each() {
    let program = [1, 2, 3].map(|number| call(number, &[u64::from(number).into()]));
    let stopped = Image::new(&program)
        .with_script(Script::returning(&[10, -2, 30]))
        .run();
    let made = [1, 2, 3].map(|number| Call {
        number,
        args: [u64::from(number), 0, 0, 0, 0, 0],
        resume: Resume::Fresh,
    });
    assert_eq!(stopped.host.script.made(), made);
    assert_eq!(
        stopped.slots(),
        [10, -2, 30],
        "an error is a result, the batch goes on"
    );
}

#[test]
fn a_punt_leaves_the_entry_as_if_never_reached() {
    for reason in [PuntReason::Call, PuntReason::Watched] {
        let mut image = Image::new(&[set(5), call(1, &[]).to_slot(1), set(6)])
            .with_script(outcomes(&[Outcome::Punt(reason)]));
        image.memory.set_word(image.results + 8, 4711);
        let stopped = image.run();
        assert_eq!(stopped.outcome, Ok(Status::Punt));
        assert_eq!(stopped.header.status, Status::Punt.raw());
        assert_eq!(stopped.header.reason, reason.raw());
        assert_eq!(stopped.header.pc, 1);
        assert_eq!((stopped.header.steps, stopped.header.fuel), (1, 99));
        assert_eq!(stopped.slots(), [5, 4711, 0]);
    }
}

#[test]
fn entering_again_after_a_punt_makes_the_call_and_clears_the_reason() {
    let image = Image::new(&[call(1, &[]), set(6)]).with_script(outcomes(&[
        Outcome::Punt(PuntReason::Call),
        Outcome::Returned(44),
    ]));
    let again = again(image);
    assert_eq!(again.outcome, Ok(Status::Done));
    assert_eq!(again.header.reason, 0);
    assert_eq!(again.slots(), [44, 6]);
    assert_eq!((again.header.steps, again.header.fuel), (2, 98));
}

#[test]
fn an_interrupted_call_leaves_the_entry_as_if_never_reached() {
    for resume in [Resume::Fresh, Resume::RestartBlock] {
        let stopped = Image::new(&[set(5), call(1, &[]), set(6)])
            .with_script(outcomes(&[Outcome::Interrupted(resume)]))
            .run();
        assert_eq!(stopped.outcome, Ok(Status::Interrupted));
        assert_eq!(stopped.header.status, Status::Interrupted.raw());
        assert_eq!(stopped.header.resume, resume.raw());
        assert_eq!(stopped.header.reason, 0);
        assert_eq!(stopped.header.pc, 1);
        assert_eq!((stopped.header.steps, stopped.header.fuel), (1, 99));
        assert_eq!(stopped.slots(), [5, 0, 0]);
    }
}

#[test]
fn a_trapped_call_leaves_the_entry_without_a_result() {
    let stopped = Image::new(&[call(1, &[]), set(6)])
        .with_script(outcomes(&[Outcome::Trapped]))
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Trapped));
    assert_eq!(stopped.header.status, Status::Trapped.raw());
    assert_eq!((stopped.header.resume, stopped.header.reason), (0, 0));
    assert_eq!((stopped.header.pc, stopped.header.steps), (0, 0));
    assert_eq!(stopped.slots(), [0, 0]);
}

#[test]
fn entering_again_resumes_the_interrupted_call_and_no_other() {
    let image = Image::new(&[call(1, &[]), call(2, &[])]).with_script(outcomes(&[
        Outcome::Interrupted(Resume::RestartBlock),
        Outcome::Returned(1),
        Outcome::Returned(2),
    ]));
    let again = again(image);
    assert_eq!(again.outcome, Ok(Status::Done));
    let resumes: Vec<_> = again
        .host
        .script
        .made()
        .iter()
        .map(|call| call.resume)
        .collect();
    assert_eq!(
        resumes,
        [Resume::Fresh, Resume::RestartBlock, Resume::Fresh]
    );
    assert_eq!(again.header.resume, 0);
    assert_eq!(again.slots(), [1, 2]);
}

#[test]
fn a_punted_resumption_is_still_a_resumption() {
    let stopped = Image::new(&[call(1, &[])])
        .with_header(|run| run.resume = Resume::RestartBlock.raw())
        .with_script(outcomes(&[Outcome::Punt(PuntReason::Watched)]))
        .run();
    assert_eq!(stopped.header.resume, Resume::RestartBlock.raw());
    assert_eq!(stopped.header.pc, 0);
}

#[test]
fn a_resumption_that_meets_a_built_in_is_over() {
    let stopped = Image::new(&[set(1), call(1, &[])])
        .with_header(|run| run.resume = Resume::RestartBlock.raw())
        .run();
    assert_eq!(stopped.host.script.made()[0].resume, Resume::Fresh);
    assert_eq!(stopped.header.resume, 0);
}

#[test]
fn a_resumption_at_the_end_is_over() {
    let stopped = Image::new(&[set(1)])
        .with_header(|run| {
            run.pc = 1;
            run.resume = Resume::RestartBlock.raw();
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.resume, 0);
}

#[test]
fn a_resumption_without_fuel_is_kept() {
    let stopped = Image::new(&[call(1, &[])])
        .with_header(|run| {
            run.fuel = 0;
            run.resume = Resume::RestartBlock.raw();
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(stopped.header.resume, Resume::RestartBlock.raw());
}

/// Enters twice.
fn again(image: Image) -> Stopped {
    let first = image.clone().run();
    let mut image = image;
    image.memory = first.host.memory;
    image.script = first.host.script;
    image.run()
}
