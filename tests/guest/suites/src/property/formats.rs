//! Random programs in the formats of the interfaces that came before.

use sysbatch::abi::{
    Entry, FLAG_CONTINUE_ON_FAILURE, FLAG_STOP_ON_FAILURE, Format, Mode, SYSLET_NR_UMEM_ADD,
    SYSLET_SKIP_TO_NEXT_ON_STOP,
};
use sysbatch_reference::random::{Random, seed_from_clock};

use super::arena::{Contents, DATA, PROGRAM, RESULTS};
use super::calls::{CALLS, Kind, NUMBERS};
use super::generate::{self, Program, Scene, address, operand, value, writable};
use super::{Pair, Tally, Way, report};
use crate::harness::cases;
use crate::lab::{Lab, to_u64};

cases! {
    both random_programs_of_other_formats_come_to_the_same_end within 600;
}

/// The formats, without the native one.
const FORMATS: [Format; 4] = [
    Format::Supersyscall,
    Format::SysBatch,
    Format::Pointers,
    Format::Syslet,
];

fn random_programs_of_other_formats_come_to_the_same_end(lab: &mut Lab) {
    let options = lab.options.clone();
    let first = options.seed.unwrap_or_else(seed_from_clock);
    let count = (options.count / 8).max(1);
    println!("seed {first}, {count} programs; again with --seed {first}");
    let mut pair = Pair::new(&options);
    let mut tally = Tally::default();
    for index in 0..count {
        let seed = first.wrapping_add(index);
        let program = program(&mut Random::new(seed));
        let way = match lab.is_kernel() {
            true if index % 4 != 0 => Way::Whole,
            _ => Way::StepByStep,
        };
        match pair.compare(&program, way) {
            Ok(end) => tally.count(&program, &end),
            Err(ends) => report(&mut pair, &program, way, seed, ends),
        }
    }
    pair.world.give_back_output();
    println!("{tally}");
    if count >= 1000 {
        assert!(tally.steps > 3 * count, "programs get some way: {tally}");
        assert!(tally.errors < tally.results * 2 / 3, "{tally}");
    }
}

/// The program of a seed, in one of the formats.
pub(super) fn program(random: &mut Random) -> Program {
    let format = random.pick(&FORMATS);
    let len = 1 + random.below(10);
    let scene = |index| Scene {
        index,
        len,
        results_len: len,
        targets: Vec::new(),
    };
    let calls: Vec<Call> = (0..len)
        .map(|index| Call::new(random, &scene(index)))
        .collect();
    let mut contents = generate::contents(random);
    let words = match format {
        Format::Native => Vec::new(),
        Format::Supersyscall => calls
            .iter()
            .flat_map(|call| call.supersyscall(random))
            .collect(),
        Format::SysBatch => calls
            .iter()
            .flat_map(|call| call.batch(random, len))
            .collect(),
        Format::Pointers => pointers(random, &calls),
        Format::Syslet => syslet(random, &calls),
    };
    put(&mut contents, &words);
    let mut header = generate::header(random, len, len);
    header.format = format.raw();
    header.pc = match format {
        Format::Syslet => PROGRAM,
        _ if random.once_in(8) => random.below(len + 1),
        _ => 0,
    };
    header.flags = match format {
        Format::Supersyscall if !random.once_in(4) => FLAG_CONTINUE_ON_FAILURE,
        Format::Pointers if random.once_in(4) => FLAG_STOP_ON_FAILURE,
        _ => 0,
    };
    Program {
        entries: calls.iter().map(|call| call.entry).collect(),
        header,
        contents,
    }
}

fn put(contents: &mut Contents, words: &[u64]) {
    for (place, word) in contents.program.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// A call with values for arguments.
struct Call {
    entry: Entry,
    kinds: &'static [Kind],
}

impl Call {
    fn new(random: &mut Random, scene: &Scene) -> Self {
        let (call, kinds) = random.pick(CALLS);
        let mut entry = Entry {
            nr: call.id(),
            ..Entry::default()
        };
        for (place, &kind) in entry.args.iter_mut().zip(kinds) {
            *place = loop {
                if let (Mode::Immediate, value) = operand(random, kind, scene) {
                    break value;
                }
            };
        }
        if random.once_in(30) {
            entry.nr = random.pick(NUMBERS);
        }
        Self { entry, kinds }
    }

    fn number(&self) -> u64 {
        u64::from(self.entry.nr.cast_unsigned())
    }

    fn supersyscall(&self, random: &mut Random) -> Vec<u64> {
        // What is after the number is ignored.
        let ignored = if random.once_in(4) { random.word() } else { 0 };
        let first = self.number() | ignored << 32;
        [&[first][..], &self.entry.args].concat()
    }

    fn batch(&self, random: &mut Random, len: u64) -> Vec<u64> {
        let mut args = self.entry.args;
        let mut number = self.number() & 0x7FFF;
        let mut count = to_u64(self.kinds.len());
        if random.once_in(8) {
            // A word is copied.
            (number, count) = (0xFFFE, 2);
            args = [address(random), address(random), 0, 0, 0, 0];
        } else if random.once_in(40) {
            number = random.pick(&[0xFFFF, 0xFFFD, 0x8000]);
        } else if random.once_in(40) {
            count = random.pick(&[7, 0x80, 0xFF]);
        }
        let mut jump = || match random.below(12) {
            0 => 0xFFFF,
            1 => random.below(len + 1),
            _ => 0,
        };
        let jumps = [jump(), jump(), jump()];
        let first = number | jumps[0] << 16 | jumps[1] << 32 | jumps[2] << 48;
        [&[first, count][..], &args].concat()
    }

    /// Where the arguments lie, up to the first that is not given: where nothing
    /// changes them, at `place`, or wherever an argument may come from.
    fn pointers(&self, random: &mut Random, index: u64, place: u64) -> Vec<u64> {
        let mut pointers: Vec<u64> = Vec::new();
        for (&kind, k) in self.kinds.iter().zip(0..) {
            let elsewhere = kind.is_free() && random.once_in(4);
            pointers.push(match random.below(12) {
                0 if elsewhere => address(random),
                1..4 if elsewhere => DATA + 8 * random.below(40),
                _ if elsewhere && index > 0 => RESULTS + 8 * random.below(index),
                _ => place + 8 * k,
            });
        }
        pointers
    }
}

/// From here on lie the arguments of [`pointers`] and of [`syslet`], in words.
const ARGUMENTS: usize = 256;

/// The lists of pointers, and what they point to.
fn pointers(random: &mut Random, calls: &[Call]) -> Vec<u64> {
    let mut words = vec![0; 512];
    for (index, call) in calls.iter().enumerate() {
        let (list, place) = (16 + 8 * index, ARGUMENTS + 6 * index);
        words[index] = at(list);
        words[list] = call.number();
        if random.once_in(40) {
            words[list] |= random.word() << 32;
        }
        let given = call.pointers(random, to_u64(index), at(place));
        words[list + 1..][..given.len()].copy_from_slice(&given);
        words[place..][..6].copy_from_slice(&call.entry.args);
    }
    words
}

/// The address of a word of the program.
fn at(word: usize) -> u64 {
    PROGRAM + 8 * to_u64(word)
}

/// Atoms, and their arguments.
fn syslet(random: &mut Random, calls: &[Call]) -> Vec<u64> {
    let mut words = vec![0; 512];
    for (index, call) in calls.iter().enumerate() {
        let (atom, place) = (11 * index, ARGUMENTS + 6 * index);
        let mut number = call.number();
        let mut given = call.pointers(random, to_u64(index), at(place));
        let mut args = call.entry.args;
        if random.once_in(8) {
            number = SYSLET_NR_UMEM_ADD;
            given = vec![at(place), at(place + 1)];
            args = [address(random), value(random), 0, 0, 0, 0];
        }
        let stops = match random.below(8) {
            0 => 1 << (3 + random.below(4)),
            1 => (1 << (3 + random.below(4))) | SYSLET_SKIP_TO_NEXT_ON_STOP,
            2 => random.below(8),
            3 if random.once_in(20) => 0x100,
            _ => 0,
        };
        let result = match random.below(12) {
            0 => 0,
            1 => writable(random),
            2 if random.once_in(10) => address(random),
            _ => RESULTS + 8 * to_u64(index),
        };
        let next = match random.below(16) {
            0 => 0,
            1 => at(11 * usize::try_from(random.below(to_u64(calls.len()))).expect("a few")),
            2 if random.once_in(10) => random.pick(&[8, 1 << 47, u64::MAX - 7]),
            _ if index + 1 == calls.len() => 0,
            _ => at(atom + 11),
        };
        words[atom..][..4].copy_from_slice(&[stops, number, result, next]);
        words[atom + 4..][..given.len()].copy_from_slice(&given);
        words[place..][..6].copy_from_slice(&args);
    }
    words
}
