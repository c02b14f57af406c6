//! The operations, each against the value worked out by hand.

use crate::*;

const MIN: u64 = 1 << 63;

/// The result of an operation on immediates.
#[track_caller]
fn result(builtin: BuiltIn, a: u64, b: u64) -> u64 {
    let stopped = Image::new(&[built_in(builtin, &[a.into(), b.into()])]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.header.steps, 1);
    stopped.slot(0).cast_unsigned()
}

#[test]
fn arithmetic() {
    let cases = [
        (BuiltIn::Set, 17, 4, 17),
        (BuiltIn::Set, u64::MAX, 0, u64::MAX),
        (BuiltIn::Add, 17, 4, 21),
        (BuiltIn::Add, u64::MAX, 2, 1),
        (BuiltIn::Add, MIN, MIN, 0),
        (BuiltIn::Sub, 17, 4, 13),
        (BuiltIn::Sub, 4, 17, 13_u64.wrapping_neg()),
        (BuiltIn::Sub, 0, MIN, MIN),
        (BuiltIn::And, 0b1100, 0b1010, 0b1000),
        (BuiltIn::Or, 0b1100, 0b1010, 0b1110),
        (BuiltIn::Xor, 0b1100, 0b1010, 0b0110),
        (BuiltIn::Mul, 6, 7, 42),
        (BuiltIn::Mul, u64::MAX, u64::MAX, 1),
        (BuiltIn::Mul, 1 << 32, 1 << 32, 0),
        (BuiltIn::Mul, 0x1_0000_0001, 0x1_0000_0001, 0x2_0000_0001),
    ];
    for (builtin, a, b, expected) in cases {
        assert_eq!(
            result(builtin, a, b),
            expected,
            "{} {a:#x} {b:#x}",
            builtin.name()
        );
    }
}

#[test]
fn shifts_by_64_or_more_give_zero() {
    let cases = [
        (BuiltIn::Shl, 1, 0, 1),
        (BuiltIn::Shl, 1, 63, MIN),
        (BuiltIn::Shl, u64::MAX, 64, 0),
        (BuiltIn::Shl, u64::MAX, 65, 0),
        (BuiltIn::Shl, u64::MAX, 1 << 32, 0),
        (BuiltIn::Shl, u64::MAX, u64::MAX, 0),
        (BuiltIn::Shr, MIN, 63, 1),
        (BuiltIn::Shr, u64::MAX, 60, 15),
        (BuiltIn::Shr, u64::MAX, 64, 0),
        (BuiltIn::Shr, u64::MAX, 1 << 32, 0),
        (BuiltIn::Shr, u64::MAX, u64::MAX, 0),
    ];
    for (builtin, a, b, expected) in cases {
        assert_eq!(
            result(builtin, a, b),
            expected,
            "{} {a:#x} {b}",
            builtin.name()
        );
    }
}

#[test]
fn loads_are_zero_extended_and_unaligned() {
    // Byte 2 of the first word is F2; the second word begins with 99 00.
    let widths = [
        (Width::One, 0xF2),
        (Width::Two, 0xF3F2),
        (Width::Four, 0xF5F4_F3F2),
        (Width::Eight, 0x0099_F7F6_F5F4_F3F2),
    ];
    for (width, expected) in widths {
        let image = Image::new(&[set(0)])
            .with_data(0, 0xF7F6_F5F4_F3F2_F1F0)
            .with_data(1, 0x0099);
        // Base and offset are split so that the sum wraps around.
        let (base, offset) = (image.data + 0x100, (2 - 0x100_i64).cast_unsigned());
        let entry = built_in(BuiltIn::Load(width), &[base.into(), offset.into()]);
        let stopped = with_entry(image, &entry).run();
        assert_eq!(stopped.slot(0).cast_unsigned(), expected, "{width:?}");
    }
}

#[test]
fn stores_write_the_low_bytes_and_nothing_else() {
    let value = 0x8877_6655_4433_2211;
    let widths = [
        (Width::One, 0xFFFF_FFFF_FF11_FFFF),
        (Width::Two, 0xFFFF_FFFF_2211_FFFF),
        (Width::Four, 0xFFFF_4433_2211_FFFF),
        (Width::Eight, 0x6655_4433_2211_FFFF),
    ];
    for (width, expected) in widths {
        let image = Image::new(&[set(0)])
            .with_data(0, u64::MAX)
            .with_data(1, u64::MAX);
        let entry = built_in(
            BuiltIn::Store(width),
            &[image.data.into(), 2.into(), value.into()],
        );
        let stopped = with_entry(image, &entry).run();
        assert_eq!(stopped.data(0), expected, "{width:?}");
        let beyond = if width == Width::Eight {
            0xFFFF_FFFF_FFFF_8877
        } else {
            u64::MAX
        };
        assert_eq!(stopped.data(1), beyond, "{width:?}");
        assert_eq!(
            stopped.slot(0).cast_unsigned(),
            value,
            "the result is the whole value"
        );
    }
}

#[test]
fn copy_moves_one_word_and_returns_it() {
    let image = Image::new(&[set(0)])
        .with_data(0, 11)
        .with_data(1, 22)
        .with_data(2, 33);
    let entry = built_in(BuiltIn::Copy, &[image.data.into(), (image.data + 8).into()]);
    let stopped = with_entry(image, &entry).run();
    assert_eq!(
        [stopped.data(0), stopped.data(1), stopped.data(2)],
        [22, 22, 33]
    );
    assert_eq!(stopped.slot(0), 22);
}

#[test]
fn user_memory_add_returns_the_new_word() {
    let image = Image::new(&[set(0)]).with_data(0, u64::MAX).with_data(1, 5);
    let entry = built_in(BuiltIn::UserMemoryAdd, &[image.data.into(), 3.into()]);
    let stopped = with_entry(image, &entry).run();
    assert_eq!([stopped.data(0), stopped.data(1)], [2, 5]);
    assert_eq!(stopped.slot(0), 2);
}

#[test]
fn an_address_out_of_reach_refuses_the_entry() {
    let image = Image::new(&[]);
    let good = image.data;
    // Memory ends here in the images below, which have one entry and slot.
    let last = Image::new(&[set(0)]).data + 16 * 8 + 64 - 1;
    let mut cases = vec![
        built_in(BuiltIn::Copy, &[0.into(), good.into()]),
        built_in(BuiltIn::Copy, &[good.into(), 0.into()]),
        built_in(BuiltIn::UserMemoryAdd, &[0.into(), 1.into()]),
        built_in(BuiltIn::UserMemoryAdd, &[(last - 6).into(), 1.into()]),
    ];
    for width in [Width::One, Width::Two, Width::Four, Width::Eight] {
        // Just one byte too far.
        let address = last - (width.bytes() - 1) + 1;
        cases.push(built_in(BuiltIn::Load(width), &[address.into()]));
        cases.push(built_in(BuiltIn::Store(width), &[address.into()]));
        cases.push(built_in(BuiltIn::Load(width), &[u64::MAX.into()]));
        cases.push(built_in(BuiltIn::Store(width), &[u64::MAX.into()]));
    }
    for entry in cases {
        let image = Image::new(&[entry]);
        let before = image.memory.bytes().to_vec();
        let stopped = image.run();
        assert_refused(&stopped, Error::Fault, 0, 0);
        let after = stopped.host.memory.bytes();
        let header = 64 + 96;
        assert_eq!(
            after[header..],
            before[header..],
            "nothing but the header has changed"
        );
    }
}

#[test]
fn the_last_word_in_reach_can_be_used() {
    let last = Image::new(&[set(0)]).data + 16 * 8 + 64 - 8;
    let entry = built_in(
        BuiltIn::Store(Width::Eight),
        &[last.into(), 0.into(), 7.into()],
    );
    let stopped = Image::new(&[entry]).run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.host.memory.word(last), 7);
}

#[test]
fn a_copy_whose_target_cannot_be_written_changes_nothing() {
    let mut image = Image::new(&[set(0)]).with_data(1, 22);
    image.memory.set_read_only(image.data..image.data + 8);
    let entry = built_in(BuiltIn::Copy, &[image.data.into(), (image.data + 8).into()]);
    let stopped = with_entry(image, &entry).run();
    assert_refused(&stopped, Error::Fault, 0, 0);
    assert_eq!(stopped.slot(0), 0);
}

#[test]
fn unknown_built_ins_are_invalid() {
    for number in [-20, -21, -1000, i32::MIN + 1, i32::MIN] {
        let entry = Entry {
            nr: number,
            ..set(1)
        };
        assert_refused(&Image::new(&[entry]).run(), Error::Invalid, 0, 0);
    }
}

#[test]
fn a_program_may_patch_an_entry_to_come() {
    let image = Image::new(&[set(0), set(1)]);
    // The first argument of entry 1.
    let place = image.program + 64 + 16;
    let entry = built_in(
        BuiltIn::Store(Width::Eight),
        &[place.into(), 0.into(), 42.into()],
    );
    assert_eq!(with_entry(image, &entry).run().slot(1), 42);
}

#[test]
fn an_entry_may_patch_itself_for_its_next_turn() {
    // SET is turned into an EXIT by its own second round: entry 0 changes the
    // jump of entry 1, which then leaves the loop.
    let image = Image::new(&[set(0), set(1).jumps(0, 0, -2)]);
    let place = image.program + 64 + 12;
    let exit = u64::from(JUMP_EXIT.cast_unsigned());
    let entry = built_in(
        BuiltIn::Store(Width::Two),
        &[place.into(), 0.into(), exit.into()],
    );
    let stopped = with_entry(image, &entry).run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.header.steps, 2);
}

/// The image with entry 0 replaced: for entries that name addresses in it.
fn with_entry(mut image: Image, entry: &Entry) -> Image {
    let bytes = sysbatch_reference::encode(entry);
    image.memory.set_bytes(image.program, &bytes);
    image
}
