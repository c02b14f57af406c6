//! Sums of addresses that leave the address space, and its last bytes.

use crate::*;

#[test]
fn a_batch_may_lie_at_the_very_end_of_the_address_space() {
    let image = Image::at_top(&[set(1), set(2)], 2);
    assert_eq!(image.data + 16 * 8 + 63, u64::MAX);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slots(), [1, 2]);
}

#[test]
fn the_last_word_of_the_address_space_can_be_a_result_slot() {
    let stopped = Image::at_top(&[set(77)], 1)
        .with_header(|run| run.results = u64::MAX - 7)
        .run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.host.memory.word(u64::MAX - 7), 77);
}

#[test]
fn the_last_entry_can_end_with_the_address_space() {
    let mut image = Image::at_top(&[set(77)], 1);
    let top = u64::MAX - 63;
    image
        .memory
        .set_bytes(top, &sysbatch_reference::encode(&set(78)));
    let stopped = image.with_header(|run| run.program = top).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slot(0), 78);
}

#[test]
fn entries_that_wrap_around_fault_instead_of_reading_low_addresses() {
    let mut image = Image::at_top(&[set(77)], 1);
    let top = u64::MAX - 63;
    image
        .memory
        .set_bytes(top, &sysbatch_reference::encode(&set(78).to_slot(0)));
    let stopped = image
        .with_header(|run| {
            run.program = top;
            run.len = 2;
        })
        .run();
    assert_refused(&stopped, Error::Fault, 1, 1);
    assert_eq!(stopped.slot(0), 78);

    let image = Image::new(&[set(1)]).with_header(|run| run.program = u64::MAX - 31);
    assert_refused(&image.run(), Error::Fault, 0, 0);
}

#[test]
fn an_index_times_the_size_of_an_entry_does_not_wrap() {
    // 2^58 entries of 64 bytes are the whole address space: the product is
    // zero modulo 2^64 and would land on entry 0.
    for pc in [1 << 58, 1 << 63, u64::MAX - 1, (1 << 58) + 1] {
        let stopped = Image::new(&[call(1, &[])])
            .with_header(|run| {
                run.len = u64::MAX;
                run.results_len = u64::MAX;
                run.pc = pc;
            })
            .run();
        assert_refused(&stopped, Error::Fault, pc, 0);
        assert!(stopped.host.script.made().is_empty());
    }
}

#[test]
fn an_index_times_the_size_of_a_slot_does_not_wrap() {
    // 2^61 slots of 8 bytes are the whole address space.
    for index in [1 << 61, (1 << 61) + 1, u64::MAX - 1] {
        let stopped = Image::new(&[call(1, &[Operand::Result(index)])])
            .with_header(|run| run.results_len = u64::MAX)
            .run();
        assert_refused(&stopped, Error::Fault, 0, 0);
        assert!(stopped.host.script.made().is_empty());
    }
}

#[test]
fn a_slot_beyond_the_address_space_is_refused_before_the_call() {
    let stopped = Image::at_top(&[set(5).to_slot(0), call(1, &[])], 1)
        .with_header(|run| {
            run.results = u64::MAX - 7;
            run.results_len = 2;
        })
        .run();
    assert_refused(&stopped, Error::Fault, 1, 1);
    assert!(stopped.host.script.made().is_empty());
}

#[test]
fn an_operand_that_straddles_the_end_of_the_address_space_faults() {
    for address in [u64::MAX, u64::MAX - 6] {
        let entry = built_in(BuiltIn::Set, &[Operand::Memory(address)]);
        assert_refused(&Image::at_top(&[entry], 1).run(), Error::Fault, 0, 0);
    }
}

#[test]
fn an_offset_may_wrap_an_address_backward() {
    let image = Image::new(&[set(0)]).with_data(0, 99);
    let entry = built_in(
        BuiltIn::Load(Width::Eight),
        &[(image.data + 8).into(), (-8_i64).cast_unsigned().into()],
    );
    let mut image = image;
    image
        .memory
        .set_bytes(image.program, &sysbatch_reference::encode(&entry));
    assert_eq!(image.run().slot(0), 99);
}
