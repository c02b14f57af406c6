//! Images made from arbitrary bytes: valid, nearly valid and nonsense.
//!
//! The same bytes always make the same image. A source that has run out
//! yields zeros, so every input is usable.

use std::ops::Range;

use sysbatch_abi::{DST_OWN_INDEX, Entry, JUMP_EXIT, PuntReason, Repeat, Resume, Run};
use sysbatch_engine::Outcome;

use crate::compare::{Difference, compare};
use crate::{Image, Script};

/// Most steps a wild image may ask for: it bounds the time of one input.
const FUEL_MAX: u64 = 300;

/// Bytes to decide by.
struct Source<'a> {
    bytes: &'a [u8],
}

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        first
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// A number below `bound`, which is at most 256.
    fn below(&mut self, bound: u64) -> u64 {
        u64::from(self.byte()) % bound
    }

    /// True once in `n`.
    fn rarely(&mut self, n: u64) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::from(self.byte()) % values.len()]
    }
}

/// Runs an input through engine and model and checks what must hold for any.
/// Returns the header as it was left.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// If steps and fuel are not conserved or a program counter leaves the
/// program.
pub fn exercise(bytes: &[u8]) -> Result<Run, Difference> {
    let mut image = image(bytes);
    let before = image.read_header();
    let agreed = compare(&image, Vec::new())?;
    image.memory = agreed.host.memory;
    let after = image.read_header();
    if agreed.outcome.is_ok() {
        // The header was written last, so it says what the engine says
        // whatever the program stored there.
        let burned = before.fuel.checked_sub(after.fuel);
        let burned = burned.expect("fuel only falls");
        assert_eq!(after.steps, before.steps.wrapping_add(burned));
        assert!(after.pc <= before.len, "pc stays in the program");
    }
    Ok(after)
}

/// The image that the bytes stand for.
#[must_use]
pub fn image(bytes: &[u8]) -> Image {
    let mut source = Source { bytes };
    let len = source.below(9);
    let results_len = if source.rarely(8) {
        source.below(9)
    } else {
        len + source.below(3)
    };
    let blank = vec![Entry::default(); usize::try_from(len).expect("a few")];
    let mut image = if source.rarely(8) {
        Image::at_top(&blank, results_len)
    } else {
        Image::at(0x1000 + 8 * source.below(3), &blank, results_len)
    };
    for index in 0..len {
        let bytes = if source.rarely(16) {
            [(); 64].map(|()| source.byte())
        } else {
            crate::encode(&entry(&mut source, &image, len, results_len))
        };
        image.memory.set_bytes(image.program + 64 * index, &bytes);
    }
    for index in 0..source.below(8) {
        image = image.with_data(index, value(&mut source));
    }
    image.script = script(&mut source);
    let mut image = spoil_header(&mut source, image);
    spoil_memory(&mut source, &mut image);
    image
}

/// A number that is likely to matter.
fn value(source: &mut Source<'_>) -> u64 {
    match source.below(4) {
        0 => source.below(16),
        1 => source.below(16).wrapping_neg(),
        2 => source.pick(&[
            1 << 63,
            (1 << 63) - 1,
            1 << 32,
            u64::MAX - 4095,
            u64::MAX - 4094,
            63,
            64,
        ]),
        _ => source.word(),
    }
}

/// An address in or near one of the parts of the image.
fn address(source: &mut Source<'_>, image: &Image) -> u64 {
    let base = source.pick(&[
        image.data,
        image.data,
        image.data,
        image.data,
        image.results,
        image.results,
        image.results,
        image.program,
        image.program,
        image.header,
        image.header,
        0,
    ]);
    let offset = match source.below(8) {
        0 => source.below(256),
        1 => source.below(32).wrapping_neg(),
        _ => 8 * source.below(10),
    };
    base.wrapping_add(offset)
}

fn entry(source: &mut Source<'_>, image: &Image, len: u64, results_len: u64) -> Entry {
    let mut entry = Entry {
        nr: match source.below(27) {
            0 => source.pick(&[-20, -21, i32::MIN]),
            1..8 => source.pick(&[0, 1, 63, 451, 462, i32::MAX]),
            n => 7 - i32::try_from(n).expect("a few"),
        },
        dst: if source.rarely(3) {
            source.pick(&[0, 1, 2, 3, 9, 0xFFFE])
        } else {
            DST_OWN_INDEX
        },
        flags: if source.rarely(64) {
            1 << source.below(16)
        } else {
            0
        },
        ..Entry::default()
    };
    for k in 0..6 {
        let mode = if source.rarely(256) {
            3
        } else {
            source.pick(&[0, 0, 0, 1, 1, 2])
        };
        entry.modes |= mode << (2 * k);
        entry.args[k] = match mode {
            1 if !source.rarely(128) => source.below(results_len.max(1)),
            0 if source.rarely(2) => value(source),
            _ => address(source, image),
        };
    }
    if source.rarely(64) {
        entry.modes |= 1 << (12 + source.below(4));
    }
    if entry.nr >= 0 && source.rarely(6) {
        repeat(source, image, &mut entry);
    }
    let span = i16::try_from(len).expect("a few");
    let mut jump = || match source.below(8) {
        0..5 => 0,
        5 if source.rarely(3) => JUMP_EXIT,
        6 if source.rarely(8) => source.pick(&[i16::MIN + 1, i16::MAX, span, -span - 1]),
        _ => i16::from(source.byte()) % (2 * span + 1) - span,
    };
    [entry.on_neg, entry.on_zero, entry.on_pos] = [jump(), jump(), jump()];
    entry
}

/// Makes it a repeated call, mostly along words of data.
fn repeat(source: &mut Source<'_>, image: &Image, entry: &mut Entry) {
    let repeat = Repeat {
        chain: source.pick(&[0, 0, 1, 2, 4, 5]),
        length: source.pick(&[0, 0, 8, -8, -3, 127, -128]),
        advance: source.pick(&[1, 1, 2, 3, 4, 0, 5, 255]),
        stop: source.pick(&[0, 0, 1, 8]),
        stride: source.pick(&[0, 1, 16, -256, i32::MAX, i32::MIN]),
    };
    if !source.rarely(16) {
        entry.modes &= 0x3FF;
    }
    if !source.rarely(4) {
        let chain = usize::from(repeat.chain.min(4));
        entry.modes &= !(3 << (2 * chain));
        entry.args[chain] = image.data + 8 * source.below(4);
    }
    *entry = entry.repeated(repeat);
}

fn script(source: &mut Source<'_>) -> Script {
    let count = 1 + source.below(4);
    let outcomes = (0..count).map(|_| match source.below(9) {
        0 => Outcome::Punt(source.pick(&[PuntReason::Call, PuntReason::Watched])),
        1 => Outcome::Interrupted(source.pick(&[Resume::Fresh, Resume::RestartBlock])),
        2 => Outcome::Trapped,
        _ => Outcome::Returned(value(source).cast_signed()),
    });
    let outcomes = outcomes.collect();
    let pending = (0..1 + source.below(3)).map(|_| source.rarely(8)).collect();
    Script::new(outcomes, pending)
}

/// Sometimes takes a range of the memory away, or the right to write it.
fn spoil_memory(source: &mut Source<'_>, image: &mut Image) {
    if source.rarely(8) {
        let range = range(source, image);
        image.memory.set_read_only(range);
    }
    if source.rarely(8) {
        let range = range(source, image);
        image.memory.set_hole(range);
    }
}

/// Up to 63 bytes in or near one of the parts of the image.
fn range(source: &mut Source<'_>, image: &Image) -> Range<u64> {
    let start = address(source, image);
    start..start.saturating_add(source.below(64))
}

/// Fills in the header, sometimes wrongly.
fn spoil_header(source: &mut Source<'_>, image: Image) -> Image {
    let wrong = source.rarely(4);
    let nearby = address(source, &image);
    image.with_header(|run| {
        run.fuel = source.word() % FUEL_MAX;
        run.steps = value(source);
        run.pc = if source.rarely(4) {
            source.below(run.len + 2)
        } else {
            0
        };
        run.resume = u32::from(source.rarely(4));
        if !wrong {
            return;
        }
        match source.below(10) {
            0 => run.size = source.pick(&[0, 95, 97, 104, 160, 200, 4096, 4097, u32::MAX]),
            1 => run.format = source.pick(&[0, 6, u32::MAX]),
            2 => run.flags = 1,
            3 => run.scratch = 1 << 63,
            4 => run.resume = 2,
            5 => run.program = nearby,
            6 => run.results = nearby,
            7 => run.len = source.word(),
            8 => run.results_len = source.word(),
            _ => run.pc = source.word(),
        }
    })
}
