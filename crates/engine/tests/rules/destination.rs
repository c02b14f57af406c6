//! Where results go.

use crate::*;

#[test]
fn by_default_to_the_slot_with_the_index_of_the_entry() {
    let stopped = Image::new(&[set(1), set(2), set(3)]).run();
    assert_eq!(stopped.slots(), [1, 2, 3]);
}

#[test]
fn or_to_the_slot_that_is_named() {
    let program = [set(1).to_slot(2), set(2).to_slot(0), set(3).to_slot(2)];
    let stopped = Image::new(&program).run();
    assert_eq!(stopped.slots(), [2, 0, 3]);
}

#[test]
fn a_single_slot_is_enough_when_all_name_it() {
    let image = Image::at(0x1000, &[set(1).to_slot(0), set(2).to_slot(0)], 1);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slot(0), 2);
}

#[test]
fn a_slot_out_of_range_is_refused_before_the_call() {
    for slot in [2, 3, 0xFFFE] {
        let stopped = Image::new(&[set(5), call(1, &[]).to_slot(slot)]).run();
        assert_refused(&stopped, Error::Invalid, 1, 1);
        assert!(stopped.host.script.made().is_empty());
        assert_eq!(stopped.slot(0), 5);
    }
}

#[test]
fn the_own_index_out_of_range_is_refused_before_the_call() {
    let stopped = Image::at(0x1000, &[set(5), call(1, &[])], 1).run();
    assert_refused(&stopped, Error::Invalid, 1, 1);
    assert!(stopped.host.script.made().is_empty());
}

#[test]
fn slot_0xfffe_is_an_ordinary_slot() {
    let image = Image::at(0x1000, &[set(9).to_slot(0xFFFE)], 0xFFFF);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slot(0xFFFE), 9);
}

#[test]
fn a_result_that_cannot_be_stored_is_kept_in_the_header() {
    let mut image =
        Image::new(&[set(7), call(1, &[]), set(3)]).with_script(Script::returning(&[-1234]));
    image
        .memory
        .set_read_only(image.results + 8..image.results + 16);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Err(Error::Fault));
    assert_eq!(stopped.header.status, Status::Unstored.raw());
    assert_eq!(stopped.header.value, -1234);
    assert_eq!(stopped.header.pc, 1, "the entry that has run");
    assert_eq!(
        (stopped.header.steps, stopped.header.fuel),
        (2, 98),
        "it is counted"
    );
    assert_eq!(stopped.host.script.made().len(), 1);
    assert_eq!(stopped.slot(0), 7, "earlier results are in place");
    assert_eq!(stopped.slot(2), 0, "later entries have not run");
}

#[test]
fn the_value_field_is_kept_unless_a_result_is_unstored() {
    let stopped = Image::new(&[set(7)])
        .with_header(|run| run.value = -99)
        .run();
    assert_eq!(stopped.header.value, -99);
}

#[test]
fn a_result_may_overwrite_a_later_entry() {
    // The results lie over the program: entry 0 writes the first word of entry
    // 1, which becomes SET with an immediate, to slot 0, with no jump.
    let patched = u64::from((-1_i32).cast_unsigned());
    let image = Image::new(&[set(patched.cast_signed()).to_slot(8), call(1, &[])]);
    let program = image.program;
    let stopped = image
        .with_header(|run| {
            run.results = program;
            run.results_len = 16;
        })
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert!(stopped.host.script.made().is_empty(), "the call is gone");
}
