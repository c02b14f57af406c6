//! The calls of a workload in the memory layouts of the formats (sections 4 and
//! 11 of `docs/abi.md`).

use sysbatch::abi::{
    BuiltIn, DST_OWN_INDEX, Entry, FLAG_CONTINUE_ON_FAILURE, Format, Mode, RUN_SIZE, Run, Status,
};

use super::workload::{Action, Call, Calls};

/// Result slots beyond those of the entries, with the operands of
/// [`Action::Add`].
pub(super) const CONSTANTS: [i64; 2] = [1, 2];

/// The name of a format on the command line and in figures.
pub(super) const fn name(format: Format) -> &'static str {
    match format {
        Format::Native => "native",
        Format::Supersyscall => "supersyscall",
        Format::SysBatch => "batch",
        Format::Pointers => "pointers",
        Format::Syslet => "syslet",
    }
}

/// All formats.
pub(super) const FORMATS: [Format; 5] = [
    Format::Native,
    Format::Supersyscall,
    Format::SysBatch,
    Format::Pointers,
    Format::Syslet,
];

/// A program in memory, and the header that runs it.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) run: Run,
    /// How a run of all of it ends.
    pub(super) end: Status,
    /// What the header's addresses lead to; it must not be moved.
    words: Vec<u64>,
    /// What the addresses in a program of [`Format::Pointers`] lead to.
    lists: Vec<u64>,
}

impl Program {
    /// The calls, `units` times over. The results go to `results`, the address
    /// of a slot for each entry and of [`CONSTANTS`] after them.
    ///
    /// Other formats than the native one take workloads that are in every
    /// format.
    pub(super) fn new(calls: &Calls<'_>, format: Format, units: usize, results: u64) -> Self {
        let len = units * calls.len();
        let actions = || calls.actions.iter().cycle().take(len).enumerate();
        let plain = || {
            actions().filter_map(|(index, action)| match action {
                Action::Call(call) => Some((index, call)),
                _ => None,
            })
        };
        let mut lists = Vec::new();
        let mut words: Vec<u64> = match format {
            Format::Native => actions()
                .flat_map(|(index, action)| {
                    let first = index - index % calls.len();
                    entry_words(&entry(action, first, len))
                })
                .collect(),
            Format::Supersyscall => plain().flat_map(|(_, call)| supersyscall(call)).collect(),
            Format::SysBatch => plain().flat_map(|(_, call)| sys_batch(call)).collect(),
            Format::Pointers => {
                lists.extend(plain().flat_map(|(_, call)| [call.number.into(), 0]));
                let base = expose(&mut lists);
                (0..len).map(|index| base + 16 * index as u64).collect()
            }
            Format::Syslet => vec![0; 11 * len],
        };
        let program = expose(&mut words);
        if format == Format::Syslet {
            for ((index, call), atom) in plain().zip(words.chunks_exact_mut(11)) {
                let next = program + 88 * (index as u64 + 1);
                atom[1] = call.number.into();
                atom[2] = results + 8 * index as u64;
                atom[3] = if index + 1 < len { next } else { 0 };
            }
        }
        let run = Run {
            size: RUN_SIZE as u32,
            format: format.raw(),
            flags: match format {
                Format::Supersyscall => FLAG_CONTINUE_ON_FAILURE,
                _ => 0,
            },
            program,
            len: len as u64,
            results,
            results_len: (len + CONSTANTS.len()) as u64,
            ..Run::default()
        };
        let end = match format {
            Format::SysBatch | Format::Syslet if len > 0 => Status::Exit,
            _ => Status::Done,
        };
        let mut new = Self {
            run,
            end,
            words,
            lists,
        };
        new.rewind();
        new
    }

    /// The header as it is to be before a run.
    pub(super) fn rewind(&mut self) {
        self.run.pc = if self.run.format == Format::Syslet.raw() && self.run.len > 0 {
            self.run.program
        } else {
            0
        };
        self.run.fuel = self.run.len;
    }

    /// Gives the addresses in it their meaning again, after it was used.
    pub(super) fn expose(&mut self) {
        expose(&mut self.words);
        expose(&mut self.lists);
    }
}

fn expose(words: &mut [u64]) -> u64 {
    words.as_mut_ptr().expose_provenance() as u64
}

/// An entry of the native format. `first` is the index of the unit's first entry,
/// `constants` that of the first of [`CONSTANTS`].
fn entry(action: &Action, first: usize, constants: usize) -> Entry {
    let mut entry = Entry {
        dst: DST_OWN_INDEX,
        ..Entry::default()
    };
    match action {
        Action::Call(call) => {
            let [a, b, c, d, e] = call.args;
            entry.nr = call.number.cast_signed();
            entry.args = [a, b, c, d, e, 0];
            if call.on_first {
                entry.modes = Mode::Result.bits(0);
                entry.args[0] = first as u64;
            }
            if call.jumps {
                (entry.on_neg, entry.on_zero, entry.on_pos) = (1, 1, 1);
            }
        }
        Action::Add { from_slots: false } => {
            entry.nr = BuiltIn::Add.number();
            entry.args = [1, 2, 0, 0, 0, 0];
        }
        Action::Add { from_slots: true } => {
            entry.nr = BuiltIn::Add.number();
            entry.modes = Mode::Result.bits(0) | Mode::Result.bits(1);
            entry.args = [constants as u64, constants as u64 + 1, 0, 0, 0, 0];
        }
        Action::Skipped => entry.nr = BuiltIn::Set.number(),
    }
    entry
}

/// An entry as it lies in memory.
fn entry_words(entry: &Entry) -> [u64; 8] {
    let [a, b, c, d, e, f] = entry.args;
    let half = |value: i16| u64::from(value.cast_unsigned());
    [
        u64::from(entry.nr.cast_unsigned())
            | u64::from(entry.modes) << 32
            | u64::from(entry.dst) << 48,
        half(entry.on_neg)
            | half(entry.on_zero) << 16
            | half(entry.on_pos) << 32
            | u64::from(entry.flags) << 48,
        a,
        b,
        c,
        d,
        e,
        f,
    ]
}

/// `struct supersyscall_args`.
fn supersyscall(call: &Call) -> [u64; 7] {
    let [a, b, c, d, e] = call.args;
    [call.number.into(), a, b, c, d, e, 0]
}

/// `struct syscall`, without jumps.
fn sys_batch(call: &Call) -> [u64; 8] {
    let [a, b, c, d, e] = call.args;
    [call.number.into(), 0, a, b, c, d, e, 0]
}

#[cfg(test)]
mod tests {
    use sysbatch::abi::{BuiltIn, DST_OWN_INDEX, Entry, Mode};

    use super::entry_words;

    #[test]
    fn entries_are_laid_out_as_the_structure_is() {
        let entry = Entry {
            nr: BuiltIn::Add.number(),
            modes: Mode::Result.bits(1),
            dst: DST_OWN_INDEX,
            on_neg: -1,
            on_zero: 2,
            on_pos: -3,
            flags: 0,
            args: [1, 2, 3, 4, 5, 6],
        };
        let words = entry_words(&entry);
        assert_eq!(words[0] as u32 as i32, entry.nr);
        assert_eq!((words[0] >> 32) as u16, entry.modes);
        assert_eq!((words[0] >> 48) as u16, entry.dst);
        assert_eq!(words[1] as u16 as i16, entry.on_neg);
        assert_eq!((words[1] >> 16) as u16 as i16, entry.on_zero);
        assert_eq!((words[1] >> 32) as u16 as i16, entry.on_pos);
        assert_eq!(words[1] >> 48, 0);
        assert_eq!(words[2..], entry.args);
    }
}
