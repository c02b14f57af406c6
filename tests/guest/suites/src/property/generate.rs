//! Programs from a seed.

use sysbatch::abi::{
    BuiltIn, DST_OWN_INDEX, Entry, Format, JUMP_EXIT, Mode, RUN_SIZE, Repeat, Run, Width,
};
use sysbatch_reference::random::Random;

use super::arena::{Contents, DATA, END, NAMES, PROGRAM, RESULTS, SINK};
use super::calls::{CALLS, Call, INTERRUPTIBLE, Kind, NUMBERS};
use super::world::NAMES_OF_FILES;

/// A program, and the memory that it starts with.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) entries: Vec<Entry>,
    pub(super) header: Run,
    pub(super) contents: Contents,
}

impl Program {
    /// Whether a signal may cut one of its calls short.
    pub(super) fn can_be_interrupted(&self) -> bool {
        let mut calls = INTERRUPTIBLE.iter();
        calls.any(|call| self.entries.iter().any(|entry| entry.nr == call.id()))
    }

    /// Whether its entries are what lies in the memory. In another format they only
    /// tell the calls.
    pub(super) fn is_native(&self) -> bool {
        Format::from_raw(self.header.format).is_none_or(|format| format == Format::Native)
    }

    /// Puts the entries into the memory.
    pub(super) fn lay_out(&mut self) {
        if !self.is_native() {
            return;
        }
        self.contents.program.fill(0);
        for (place, entry) in self
            .contents
            .program
            .chunks_exact_mut(64)
            .zip(&self.entries)
        {
            place.copy_from_slice(&sysbatch_reference::encode(entry));
        }
    }
}

/// The program of a seed.
pub(super) fn program(random: &mut Random) -> Program {
    let len = 1 + random.below(14);
    let plan: Vec<Plan> = (0..len).map(|_| Plan::new(random)).collect();
    // A program may only patch what is harmless with any value, so that is
    // known before the entries are made.
    let targets: Vec<u64> = (0..len)
        .zip(&plan)
        .flat_map(|(index, plan)| plan.patchable(index))
        .collect();
    let results_len = if random.once_in(40) {
        random.below(len)
    } else {
        len + random.below(4)
    };
    let mut scene = Scene {
        index: 0,
        len,
        results_len,
        targets,
    };
    let mut entries = Vec::new();
    for (index, plan) in (0..).zip(&plan) {
        scene.index = index;
        entries.push(plan.entry(random, &scene));
    }
    let mut program = Program {
        entries,
        header: header(random, len, results_len),
        contents: contents(random),
    };
    program.lay_out();
    program
}

pub(super) fn header(random: &mut Random, len: u64, results_len: u64) -> Run {
    let mut run = Run {
        size: u32::try_from(RUN_SIZE).expect("the header is small"),
        format: Format::Native.raw(),
        program: PROGRAM,
        len,
        results: RESULTS,
        results_len,
        fuel: 10 + random.below(60),
        steps: random.pick(&[0, 0, 7, u64::MAX]),
        ..Run::default()
    };
    if random.once_in(6) {
        run.pc = random.below(len + 2);
    }
    if random.once_in(30) {
        run.fuel = random.below(8);
    }
    if random.once_in(40) {
        match random.below(6) {
            0 => run.size = random.pick(&[0, 95]),
            1 => run.format = random.pick(&[0, 1000]),
            2 => run.flags = 1 << 31,
            3 => run.results = random.pick(&[0, END - 16, NAMES, RESULTS + 4, DATA]),
            4 => run.program = random.pick(&[0, PROGRAM + 4, PROGRAM + 4096 - 96]),
            _ => run.resume = random.pick(&[1, 2]),
        }
    }
    run
}

/// Memory with names, vectors and numbers in it.
pub(super) fn contents(random: &mut Random) -> Contents {
    let mut contents = Contents::new();
    for (place, name) in contents.names.chunks_exact_mut(64).zip(NAMES_OF_FILES) {
        place[..name.len()].copy_from_slice(name.as_bytes());
    }
    let (words, _) = contents.data.as_chunks_mut::<8>();
    for word in words.iter_mut().take(64) {
        *word = value(random).to_le_bytes();
    }
    contents
}

/// A number that is likely to matter.
pub(super) fn value(random: &mut Random) -> u64 {
    match random.below(6) {
        0 | 1 => random.below(12),
        2 => random.below(12).wrapping_neg(),
        3 => writable(random),
        4 => random.pick(&[
            1 << 63,
            (1 << 63) - 1,
            63,
            64,
            u64::MAX - 4095,
            u64::MAX - 4094,
        ]),
        _ => random.word() >> random.below(64),
    }
}

/// An address in data, or at times in the results.
pub(super) fn writable(random: &mut Random) -> u64 {
    let base = if random.once_in(8) { RESULTS } else { DATA };
    match random.below(4) {
        0 => base + random.below(200),
        _ => base + 8 * random.below(40),
    }
}

/// An address: mostly good, at times not or only partly.
pub(super) fn address(random: &mut Random) -> u64 {
    match random.below(80) {
        0 => random.pick(&[
            0,
            1,
            1 << 47,
            1 << 63,
            u64::MAX,
            u64::MAX - 7,
            0xFFFF_8880_0000_0000,
        ]),
        1 => END - random.below(12),
        2 => NAMES - random.below(12),
        3 => NAMES + random.below(100),
        _ => writable(random),
    }
}

/// What an entry may refer to.
pub(super) struct Scene {
    /// Its own index.
    pub(super) index: u64,
    pub(super) len: u64,
    pub(super) results_len: u64,
    /// Addresses in the program that may be given any value.
    pub(super) targets: Vec<u64>,
}

/// What an entry is going to be.
enum Plan {
    Call(Call),
    Number(i32),
    BuiltIn(BuiltIn),
    /// A store into the program.
    Patch,
    /// A number that is no built-in.
    Unknown,
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        match random.below(40) {
            0 => Self::Number(random.pick(NUMBERS)),
            1 if random.once_in(3) => Self::Unknown,
            2 => Self::Patch,
            3..19 => Self::BuiltIn(random.pick(&BuiltIn::ALL)),
            _ => Self::Call(random.pick(CALLS)),
        }
    }

    /// Addresses of the arguments of entry `index` that may become anything.
    fn patchable(&self, index: u64) -> Vec<u64> {
        let argument = |k: u64| PROGRAM + 64 * index + 16 + 8 * k;
        match self {
            Self::BuiltIn(_) => vec![argument(0), argument(1)],
            Self::Call((_, kinds)) => {
                let indices = (0..).zip(kinds.iter()).filter(|(_, kind)| kind.is_free());
                indices.map(|(k, _)| argument(k)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn entry(&self, random: &mut Random, scene: &Scene) -> Entry {
        let mut entry = Entry {
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        match self {
            Self::Call((call, kinds)) => {
                entry.nr = call.id();
                for (k, kind) in kinds.iter().enumerate() {
                    set(&mut entry, k, operand(random, *kind, scene));
                }
                if random.once_in(6) {
                    entry = repeated(random, entry, kinds);
                }
            }
            Self::Number(number) => entry.nr = *number,
            Self::BuiltIn(builtin) => {
                entry.nr = builtin.number();
                for (k, operand) in operands(random, *builtin, scene).into_iter().enumerate() {
                    set(&mut entry, k, operand);
                }
            }
            Self::Patch => {
                entry.nr = BuiltIn::Store(Width::Eight).number();
                let target = match scene.targets.as_slice() {
                    [] => DATA,
                    some => random.pick(some),
                };
                entry.args[0] = target;
                set(&mut entry, 2, free(random, scene, value));
            }
            Self::Unknown => entry.nr = random.pick(&[-20, -100, i32::MIN]),
        }
        frame(random, scene, &mut entry);
        entry
    }
}

/// Repeats a call along whatever one of its operands points to, if it has one
/// that may point anywhere.
fn repeated(random: &mut Random, entry: Entry, kinds: &[Kind]) -> Entry {
    let may_advance = |&k: &u8| {
        let kind = kinds.get(usize::from(k));
        kind.is_none_or(|kind| kind.is_free())
    };
    let advances: Vec<u8> = (0..5).filter(may_advance).collect();
    // Anything else is no address, and so refuses the entry.
    let points = |k: &u8| kinds.get(usize::from(*k)).is_some_and(|kind| kind.points());
    let chains: Vec<u8> = advances.iter().copied().filter(points).collect();
    if kinds.len() > 5 || chains.is_empty() {
        return entry;
    }
    entry.repeated(Repeat {
        chain: random.pick(&chains),
        length: random.pick(&[0, 0, 0, 2, 8, -8, 62]),
        advance: random.pick(&advances),
        stop: random.pick(&[0, 0, 0, 1, b'a']),
        stride: random.pick(&[0, 1, 8, -8, 64]),
    })
}

/// Destination, branches and, at times, a bit that is out of place.
fn frame(random: &mut Random, scene: &Scene, entry: &mut Entry) {
    if random.once_in(4) {
        let beyond = u64::from(random.once_in(20));
        let slot = random.below(scene.results_len.max(1) + beyond);
        entry.dst = u16::try_from(slot).expect("a few");
    }
    let len = i16::try_from(scene.len).expect("a few");
    let mut jump = || match random.below(40) {
        0 if random.once_in(2) => JUMP_EXIT,
        1 => -1 - i16::try_from(random.below(scene.len)).expect("a few"),
        2 => i16::try_from(random.below(scene.len)).expect("a few"),
        3 if random.once_in(10) => random.pick(&[len, -len - 1, i16::MAX, i16::MIN + 1]),
        _ => 0,
    };
    [entry.on_neg, entry.on_zero, entry.on_pos] = [jump(), jump(), jump()];
    if random.once_in(400) {
        entry.flags = 1 << random.below(16);
    }
    if random.once_in(400) {
        entry.modes |= 1 << (12 + random.below(4));
    }
    if random.once_in(400) {
        entry.modes |= 3 << (2 * random.below(6));
    }
}

fn set(entry: &mut Entry, k: usize, (mode, argument): (Mode, u64)) {
    entry.modes |= mode.bits(k);
    entry.args[k] = argument;
}

/// An operand that may be anything: mostly an immediate by `make`.
fn free(random: &mut Random, scene: &Scene, make: fn(&mut Random) -> u64) -> (Mode, u64) {
    match random.below(10) {
        0..3 if scene.results_len > 0 => {
            // Mostly a result that is there by then.
            let bound = if random.once_in(8) {
                scene.results_len
            } else {
                scene.index.max(1)
            };
            let beyond = if random.once_in(200) {
                scene.results_len
            } else {
                0
            };
            (Mode::Result, random.below(bound) + beyond)
        }
        3 => (
            Mode::Memory,
            if random.once_in(10) {
                address(random)
            } else {
                writable(random)
            },
        ),
        _ => (Mode::Immediate, make(random)),
    }
}

fn operands(random: &mut Random, builtin: BuiltIn, scene: &Scene) -> Vec<(Mode, u64)> {
    let any = |random: &mut Random| free(random, scene, value);
    let place = |random: &mut Random| match random.once_in(30) {
        true => free(random, scene, address),
        false => (Mode::Immediate, address(random)),
    };
    let zero = (Mode::Immediate, 0);
    match builtin {
        BuiltIn::Copy => vec![place(random), place(random)],
        BuiltIn::Load(_) => vec![place(random), zero],
        BuiltIn::Store(_) => vec![place(random), zero, any(random)],
        BuiltIn::UserMemoryAdd => vec![place(random), any(random)],
        _ => vec![any(random), any(random)],
    }
}

pub(super) fn operand(random: &mut Random, kind: Kind, scene: &Scene) -> (Mode, u64) {
    let near = |random: &mut Random, values: &[i64]| random.pick(values).cast_unsigned();
    match kind {
        Kind::Fd => free(random, scene, |random| match random.below(10) {
            0 => random.pick(&[-1_i64, -100, 99, 1 << 32]).cast_unsigned(),
            _ => random.below(14),
        }),
        Kind::Name => match random.once_in(12) {
            true => free(random, scene, address),
            false => {
                let names = u64::try_from(NAMES_OF_FILES.len()).expect("a few");
                (Mode::Immediate, NAMES + 64 * random.below(names))
            }
        },
        Kind::From | Kind::To => match random.once_in(12) {
            true => free(random, scene, address),
            false => (Mode::Immediate, address(random)),
        },
        Kind::Sink => (Mode::Immediate, SINK),
        Kind::Length => free(random, scene, |random| match random.below(8) {
            0 => random.pick(&[4096, 5000, 1 << 40, u64::MAX]),
            _ => random.below(80),
        }),
        Kind::Offset => free(random, scene, |random| match random.below(8) {
            0 => random.pick(&[1 << 40, 1 << 63, u64::MAX, 5000]),
            _ => random.below(100),
        }),
        Kind::One(values) => (Mode::Immediate, near(random, values)),
        Kind::Near(values) => match random.once_in(12) {
            true => free(random, scene, value),
            false => (Mode::Immediate, near(random, values)),
        },
    }
}
