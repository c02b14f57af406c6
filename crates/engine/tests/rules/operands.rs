//! The modes of arguments.

use crate::*;

const NR: u32 = 7;

#[test]
fn immediate_is_the_argument_itself() {
    let args = [1, u64::MAX, 3, 1 << 63, 5, 0].map(Operand::Immediate);
    let stopped = Image::new(&[call(NR, &args)]).run();
    let [made] = stopped.host.script.made() else {
        panic!("one call")
    };
    assert_eq!(made.args, [1, u64::MAX, 3, 1 << 63, 5, 0]);
    assert_eq!(made.number, NR);
}

#[test]
fn result_is_the_value_of_a_slot_in_every_position() {
    let args: Vec<_> = [2, 1, 0, 0, 1, 2].map(Operand::Result).to_vec();
    let program = [set(-3), set(i64::MAX), set(0), call(NR, &args)];
    let stopped = Image::new(&program).run();
    let [made] = stopped.host.script.made() else {
        panic!("one call")
    };
    let expected = [0, i64::MAX, -3, -3, i64::MAX, 0];
    assert_eq!(made.args, expected.map(i64::cast_unsigned));
}

#[test]
fn memory_is_the_word_at_the_address_in_every_position() {
    for k in 0..6 {
        let mut image = Image::new(&[Entry::default()]).with_data(3, 0x1122_3344_5566_7788);
        let mut args = [Operand::Immediate(9); 6];
        args[k] = Operand::Memory(image.data + 24);
        image
            .memory
            .set_bytes(image.program, &sysbatch_reference::encode(&call(NR, &args)));
        let stopped = image.run();
        let mut expected = [9; 6];
        expected[k] = 0x1122_3344_5566_7788;
        assert_eq!(stopped.host.script.made()[0].args, expected);
    }
}

#[test]
fn memory_needs_no_alignment() {
    let image = Image::new(&[Entry::default()])
        .with_data(0, 0xAABB_CCDD_EEFF_0011)
        .with_data(1, 0x99);
    let address = image.data + 1;
    let stopped = replace(image, &built_in(BuiltIn::Set, &[Operand::Memory(address)])).run();
    assert_eq!(stopped.slot(0).cast_unsigned(), 0x99AA_BBCC_DDEE_FF00);
}

#[test]
fn a_slot_that_no_entry_has_written_reads_as_the_caller_left_it() {
    let mut image = Image::new(&[built_in(BuiltIn::Set, &[Operand::Result(1)]), set(0)]);
    image.memory.set_word(image.results + 8, 4711);
    assert_eq!(image.run().slot(0), 4711);
}

#[test]
fn an_entry_sees_the_result_of_the_one_just_before() {
    let add = built_in(BuiltIn::Add, &[Operand::Result(0), Operand::Immediate(2)]);
    assert_eq!(Image::new(&[set(40), add]).run().slot(1), 42);
}

#[test]
fn an_entry_may_read_the_slot_it_writes() {
    let add = built_in(BuiltIn::Add, &[Operand::Result(0), Operand::Immediate(1)]).to_slot(0);
    assert_eq!(Image::new(&[set(1), add, add, add]).run().slot(0), 4);
}

#[test]
fn a_slot_index_out_of_range_is_invalid_in_every_position() {
    for k in 0..6 {
        for index in [2, 3, 1 << 61, u64::MAX] {
            let mut args = [Operand::Immediate(0); 6];
            args[k] = Operand::Result(index);
            let stopped = Image::new(&[set(5), call(NR, &args)]).run();
            assert_refused(&stopped, Error::Invalid, 1, 1);
            assert_eq!(stopped.slot(0), 5, "earlier results are in place");
            assert!(stopped.host.script.made().is_empty());
        }
    }
}

#[test]
fn the_reserved_mode_is_invalid_in_every_position() {
    for k in 0..6 {
        let mut entry = call(NR, &[]);
        entry.modes = 3 << (2 * k);
        let stopped = Image::new(&[set(5), entry]).run();
        assert_refused(&stopped, Error::Invalid, 1, 1);
        assert!(stopped.host.script.made().is_empty());
    }
}

#[test]
fn the_unused_mode_bits_are_invalid() {
    for bit in 12..16 {
        let mut entry = set(1);
        entry.modes = 1 << bit;
        assert_refused(&Image::new(&[entry]).run(), Error::Invalid, 0, 0);
    }
}

#[test]
fn a_memory_operand_out_of_reach_faults_before_the_call() {
    let image = Image::new(&[set(5), Entry::default()]);
    let end = image.data + 16 * 8 + 64;
    for address in [0, end, end - 7, u64::MAX, u64::MAX - 7, 1 << 63] {
        let entry = call(NR, &[Operand::Immediate(1), Operand::Memory(address)]);
        let stopped = Image::new(&[set(5), entry]).run();
        assert_refused(&stopped, Error::Fault, 1, 1);
        assert!(stopped.host.script.made().is_empty());
    }
}

#[test]
fn an_operand_that_the_operation_does_not_use_is_still_read() {
    let entry = built_in(
        BuiltIn::Set,
        &[
            Operand::Immediate(1),
            Operand::Immediate(0),
            Operand::Memory(0),
        ],
    );
    assert_refused(&Image::new(&[entry]).run(), Error::Fault, 0, 0);
}

fn replace(mut image: Image, entry: &Entry) -> Image {
    let bytes = sysbatch_reference::encode(entry);
    image.memory.set_bytes(image.program, &bytes);
    image
}
