//! Calls that are repeated along a chain of records.

use sysbatch_abi::{PuntReason, Repeat, Resume};
use sysbatch_engine::{Call, Outcome};

use crate::*;

/// Follows operand 1, whose record has its length at its beginning, and moves
/// operand 2 by 16.
const REPEAT: Repeat = Repeat {
    chain: 1,
    length: 0,
    advance: 2,
    stop: 0,
    stride: 16,
};

/// Where the arguments of entry 0 are.
fn argument(image: &Image, index: u64) -> u64 {
    image.program + 16 + 8 * index
}

/// A call of number 7 repeated along records of 8, 8 and 16 bytes in the data,
/// which have `A`, `B` and `C` behind their lengths.
fn chain(repeat: Repeat) -> Image {
    let entry = |data: u64| {
        call(7, &[3.into(), data.into(), 100.into()])
            .repeated(repeat)
            .jumps(JUMP_EXIT, 1, JUMP_EXIT)
    };
    let blank = Image::new(&[set(0), set(0), set(0)]);
    let data = blank.data;
    Image::new(&[entry(data), set(1), set(2)])
        .with_data(0, 8 | u64::from(b'A') << 16)
        .with_data(1, 8 | u64::from(b'B') << 16)
        .with_data(2, 16 | u64::from(b'C') << 16)
        .with_data(4, 0)
}

fn made(stopped: &Stopped) -> Vec<[u64; 6]> {
    let made = stopped.host.script.made();
    assert!(made.iter().all(|call| call.number == 7));
    made.iter().map(|call| call.args).collect()
}

#[test]
fn the_call_is_made_for_each_record() {
    let image = chain(REPEAT).with_script(Script::returning(&[5, 0, i64::MIN]));
    let (data, arguments) = (image.data, [1, 2, 5].map(|index| argument(&image, index)));
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    let offsets = [0, 8, 16];
    let expected = [100, 116, 132].into_iter().zip(offsets);
    let expected: Vec<_> = expected
        .map(|(value, offset)| [3, data + offset, value, 0, 0, 0])
        .collect();
    assert_eq!(made(&stopped), expected, "the sixth argument is zero");
    assert_eq!(stopped.slots(), [0, 0, 2], "entry 1 is jumped over");
    assert_eq!(
        stopped.header.steps, 5,
        "three calls, the end, the last entry"
    );
    let word = |address| stopped.host.memory.word(address);
    assert_eq!(arguments.map(word), [data + 32, 148, REPEAT.word()]);
}

#[test]
fn operands_advance_where_they_were_read_from() {
    let mut image = chain(REPEAT).with_script(Script::returning(&[0]));
    let (first, place) = (image.program, image.data + 40);
    let entry = call(7, &[3.into(), Operand::Result(2), Operand::Memory(place)]);
    let entry = entry.repeated(REPEAT).jumps(JUMP_EXIT, 1, JUMP_EXIT);
    image
        .memory
        .set_bytes(first, &sysbatch_reference::encode(&entry));
    image.memory.set_word(image.results + 16, image.data);
    image.memory.set_word(place, 7);
    let (data, arguments) = (image.data, argument(&image, 1));
    let stopped = image.with_header(|run| run.fuel = 4).run();
    assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
    assert_eq!(stopped.slot(2).cast_unsigned(), data + 32);
    assert_eq!(stopped.host.memory.word(place), 7 + 3 * 16);
    assert_eq!(stopped.host.memory.word(arguments), 2, "the argument stays");
}

#[test]
fn a_byte_stops_it() {
    let stop = Repeat {
        stop: b'B',
        // Operand 1 points to the letter.
        length: -2,
        ..REPEAT
    };
    let mut image = chain(stop).with_script(Script::returning(&[0]));
    let argument = argument(&image, 1);
    image.memory.set_word(argument, image.data + 2);
    let data = image.data;
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!((stopped.header.pc, stopped.header.steps), (0, 2));
    assert_eq!(stopped.slot(0), 1);
    assert_eq!(made(&stopped).len(), 1);
    assert_eq!(stopped.host.memory.word(argument), data + 10);
}

#[test]
fn an_error_stops_it_where_it_is() {
    let image = chain(REPEAT).with_script(Script::returning(&[0, -2]));
    let (data, argument) = (image.data, argument(&image, 1));
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Exit));
    assert_eq!(stopped.slot(0), -2);
    assert_eq!(stopped.host.memory.word(argument), data + 8);
}

#[test]
fn each_repetition_is_a_step() {
    for fuel in 0..5 {
        let stopped = chain(REPEAT)
            .with_script(Script::returning(&[9]))
            .with_header(|run| run.fuel = fuel)
            .run();
        assert_eq!(stopped.outcome, Ok(Status::OutOfFuel));
        let calls = usize::try_from(fuel.min(3)).unwrap();
        assert_eq!(made(&stopped).len(), calls);
        assert_eq!(stopped.header.pc, if fuel == 4 { 2 } else { 0 });
        assert_eq!((stopped.header.fuel, stopped.header.steps), (0, fuel));
    }
}

#[test]
fn a_signal_comes_between_two_repetitions() {
    let script = Script::new(vec![Outcome::Returned(0)], vec![false, true, false]);
    let image = chain(REPEAT).with_script(script);
    let (data, argument) = (image.data, argument(&image, 1));
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Interrupted));
    assert_eq!((stopped.header.pc, stopped.header.steps), (0, 2));
    assert_eq!(stopped.host.memory.word(argument), data + 16);
}

#[test]
fn a_call_that_was_not_made_advances_nothing() {
    for outcome in [
        Outcome::Punt(PuntReason::Call),
        Outcome::Interrupted(Resume::RestartBlock),
    ] {
        let script = Script::new(vec![Outcome::Returned(0), outcome], vec![false]);
        let image = chain(REPEAT).with_script(script);
        let (data, argument) = (image.data, argument(&image, 1));
        let stopped = image.run();
        assert_eq!((stopped.header.pc, stopped.header.steps), (0, 1));
        assert_eq!(stopped.host.memory.word(argument), data + 8);
    }
}

#[test]
fn an_interrupted_call_is_resumed_for_its_record() {
    let stopped = chain(REPEAT)
        .with_script(Script::returning(&[0]))
        .with_header(|run| run.resume = Resume::RestartBlock.raw())
        .run();
    let resumes: Vec<_> = stopped
        .host
        .script
        .made()
        .iter()
        .map(|call: &Call| call.resume)
        .collect();
    let fresh = Resume::Fresh;
    assert_eq!(resumes, [Resume::RestartBlock, fresh, fresh]);
}

#[test]
fn a_repeated_entry_is_read_anew_each_time() {
    // The call's result becomes its own number's low bytes, and that of the
    // slot is where the number is.
    let mut image = chain(REPEAT).with_script(Script::returning(&[8, 9, 10]));
    image.set_header(&sysbatch_abi::Run {
        results: image.program + 16,
        results_len: 10,
        ..image.read_header()
    });
    let stopped = image.run();
    let made: Vec<_> = stopped
        .host
        .script
        .made()
        .iter()
        .map(|call| call.args[0])
        .collect();
    assert_eq!(made, [3, 8, 9], "slot 0 is argument 0");
}

#[test]
fn a_wrong_repetition_is_refused() {
    let wrong = [
        Repeat { chain: 5, ..REPEAT },
        Repeat {
            advance: 5,
            ..REPEAT
        },
        Repeat {
            advance: 255,
            ..REPEAT
        },
        Repeat {
            advance: 1,
            ..REPEAT
        },
    ];
    for repeat in wrong {
        let stopped = chain(repeat).run();
        assert_refused(&stopped, Error::Invalid, 0, 0);
        assert_eq!(made(&stopped).len(), 0);
    }
    let built_in = built_in(BuiltIn::Add, &[1.into(), 2.into()]).repeated(REPEAT);
    assert_refused(&Image::new(&[built_in]).run(), Error::Invalid, 0, 0);
    let mut looked_up = call(7, &[]).repeated(REPEAT);
    looked_up.modes = sysbatch_abi::Mode::Result.bits(5);
    assert_refused(&Image::new(&[looked_up]).run(), Error::Invalid, 0, 0);
}

#[test]
fn a_record_that_cannot_be_read_refuses_the_entry() {
    let image = chain(REPEAT).with_script(Script::returning(&[0]));
    let hole = image.data + 8..image.data + 10;
    let mut image = image;
    image.memory.set_hole(hole);
    let stopped = image.run();
    assert_refused(&stopped, Error::Fault, 0, 1);
    assert_eq!(made(&stopped).len(), 1);
}

#[test]
fn an_operand_that_cannot_be_written_leaves_the_result() {
    for index in [1, 2] {
        let mut image = chain(REPEAT).with_script(Script::returning(&[77]));
        let place = argument(&image, index);
        image.memory.set_read_only(place..place + 8);
        let stopped = image.run();
        assert_eq!(stopped.outcome, Err(Error::Fault));
        assert_eq!(stopped.header.status, Status::Unstored.raw());
        assert_eq!((stopped.header.pc, stopped.header.steps), (0, 1));
        assert_eq!(stopped.header.value, 77);
    }
}

#[test]
fn an_operand_need_not_advance() {
    let still = Repeat {
        stride: 0,
        ..REPEAT
    };
    let mut image = chain(still).with_script(Script::returning(&[0]));
    let place = argument(&image, 2);
    image.memory.set_read_only(place..place + 8);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done), "it is not written");
    let values: Vec<_> = made(&stopped).iter().map(|args| args[2]).collect();
    assert_eq!(values, [100; 3]);
}

#[test]
fn strides_go_back_too() {
    let back = Repeat {
        stride: -200,
        ..REPEAT
    };
    let stopped = chain(back).with_script(Script::returning(&[0])).run();
    let values: Vec<_> = made(&stopped)
        .iter()
        .map(|args| args[2].cast_signed())
        .collect();
    assert_eq!(values, [100, -100, -300]);
}
