//! Whether a batch leaves the thread that runs it as it was.
//!
//! Credentials, name spaces, the signal mask, the scheduling and more belong to the
//! thread that changes them. A worker that has run a call which may change any of it
//! is not used again. This is determined from the entries before they run: all of their
//! calls are known not to, and nothing of the batch is seen to write over them. What
//! is not shown to be so counts as changing its thread; a thread more is made then.

use sysbatch_abi::{BuiltIn, ENTRY_SIZE, Format, LIST_REQUEST, Mode, RUN_REQUEST, Run};
use syscalls::Sysno;

use super::calls::changes_nothing;
use crate::Memory;

/// How many entries are looked at.
const ENTRIES: u64 = 4096;

/// The longest read there is (`MAX_RW_COUNT`, `read(2)`), in bytes.
const LONGEST: u64 = 0x7FFF_F000;

/// Whether all of a batch leaves its thread as it was.
pub(super) fn keeps_thread<M: Memory>(run: &Run, memory: &mut M) -> bool {
    if run.format != Format::Native.raw() || run.len > ENTRIES {
        return false;
    }
    let Some(program) = Region::new(run.program, run.len, ENTRY_SIZE as u64) else {
        return false;
    };
    let results = Region::new(run.results, run.results_len, 8);
    if results.is_none_or(|results| program.meets(results)) {
        return false;
    }
    (0..run.len).all(|index| {
        let words = memory.load_words::<8>(run.program + index * ENTRY_SIZE as u64);
        words.is_ok_and(|words| Looked::at(words).keeps_thread(program))
    })
}

/// Consecutive bytes of memory.
#[derive(Clone, Copy)]
struct Region {
    start: u64,
    end: u64,
}

impl Region {
    fn new(start: u64, count: u64, size: u64) -> Option<Self> {
        let end = start.checked_add(count.checked_mul(size)?)?;
        Some(Self { start, end })
    }

    const fn meets(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// An entry.
struct Looked {
    number: i32,
    modes: u64,
    args: [u64; 6],
}

impl Looked {
    const fn at(words: [u64; 8]) -> Self {
        let [first, _, args @ ..] = words;
        Self {
            number: first as u32 as i32,
            modes: first >> 32,
            args,
        }
    }

    /// An operand that is in the entry itself.
    fn immediate(&self, index: usize) -> Option<u64> {
        let mode = self.modes >> (2 * index) & 0b11;
        (mode == Mode::Immediate as u64).then(|| self.args[index])
    }

    fn keeps_thread(&self, program: Region) -> bool {
        match u32::try_from(self.number) {
            Ok(number) => self.call_keeps_thread(number, program),
            Err(_) => match BuiltIn::from_number(self.number) {
                Some(BuiltIn::Copy | BuiltIn::UserMemoryAdd) => {
                    self.immediate(0).is_some_and(|to| is_apart(to, program))
                }
                Some(BuiltIn::Store(_)) => match (self.immediate(0), self.immediate(1)) {
                    (Some(base), Some(offset)) => is_apart(base.wrapping_add(offset), program),
                    _ => false,
                },
                // Whatever else there is writes nothing, or is refused.
                _ => true,
            },
        }
    }

    fn call_keeps_thread(&self, number: u32, program: Region) -> bool {
        let Some(sysno) = Sysno::new(number as usize) else {
            return false;
        };
        if sysno == Sysno::ioctl {
            // A batch by itself makes any call.
            let request = self.immediate(1).map(|request| request as u32);
            if request.is_none_or(|request| matches!(request, RUN_REQUEST | LIST_REQUEST)) {
                return false;
            }
        } else if !changes_nothing(sysno) {
            return false;
        }
        self.is_told_no_place_in(program)
    }

    /// Whether none of the arguments is an address in the program, or one before it
    /// with a length that may be another argument.
    fn is_told_no_place_in(&self, program: Region) -> bool {
        let arguments = || (0..6).filter_map(|index| self.immediate(index));
        arguments().all(|start| {
            let lengths = arguments().filter(|&length| length <= LONGEST).chain([1]);
            lengths
                .filter_map(|length| Region::new(start, length, 1))
                .all(|place| !place.meets(program))
        })
    }
}

/// Whether a word that is written lies apart from the program.
fn is_apart(address: u64, program: Region) -> bool {
    Region::new(address, 1, 8).is_some_and(|word| !word.meets(program))
}
