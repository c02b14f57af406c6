//! Entries as statements.

use std::fmt::Write as _;

use sysbatch_abi::{
    ARGUMENT_COUNT, BuiltIn, DST_OWN_INDEX, ENTRY_FLAGS, ENTRY_REPEAT, Entry, JUMP_EXIT,
    MODES_USED, Mode, Repeat,
};

use super::Disassembler;
use crate::calls;
use crate::literal;
use crate::program::{Place, Program};
use crate::signature::signature;

/// Whether an entry has something that only its fields can tell.
pub(super) fn needs_raw(program: &Program, index: usize, entry: &Entry) -> bool {
    let shown = match u32::try_from(entry.nr) {
        Ok(_) => ARGUMENT_COUNT,
        Err(_) => match BuiltIn::from_number(entry.nr) {
            Some(builtin) => builtin.operand_count(),
            None => return true,
        },
    };
    if entry.flags & !ENTRY_FLAGS != 0 || entry.modes & !MODES_USED != 0 {
        return true;
    }
    if is_repeated(entry) && !is_clause(program, index, entry) {
        return true;
    }
    (0..operand_count_max(entry)).any(|k| {
        let relocated = program.relocation(argument(index, k)).is_some();
        let hidden = k >= shown && (entry.args[k] != 0 || relocated);
        match Mode::of(entry.modes, k) {
            None => true,
            Some(Mode::Immediate) => hidden,
            // A slot is a number, and one that the text can hold.
            Some(Mode::Result) => k >= shown || relocated || entry.args[k] >= 1 << 27,
            Some(Mode::Memory) => k >= shown,
        }
    })
}

/// The index of the argument that says how a call is repeated.
const REPEAT: usize = ARGUMENT_COUNT - 1;

const fn is_repeated(entry: &Entry) -> bool {
    entry.flags & ENTRY_REPEAT != 0
}

/// How many of the arguments may be operands.
const fn operand_count_max(entry: &Entry) -> usize {
    if is_repeated(entry) {
        REPEAT
    } else {
        ARGUMENT_COUNT
    }
}

/// Whether a clause can tell how an entry is repeated.
fn is_clause(program: &Program, index: usize, entry: &Entry) -> bool {
    entry.nr >= 0
        && Mode::of(entry.modes, REPEAT) == Some(Mode::Immediate)
        && Repeat::from_word(entry.args[REPEAT]).is_valid()
        && program.relocation(argument(index, REPEAT)).is_none()
}

const fn argument(entry: usize, argument: usize) -> Place {
    Place::Argument { entry, argument }
}

impl Disassembler<'_> {
    pub(super) fn entry(&self, index: usize, entry: &Entry) -> String {
        if needs_raw(self.program, index, entry) {
            return self.raw(index, entry);
        }
        let branches = self.branches(index, entry);
        let named = self.names.written(index as u64, entry.dst);
        // The first block is at offset zero: its address looks like no argument.
        let has_address = self.program.relocation(argument(index, 0)).is_some();
        if let (None, false, Some(jump)) = (named, has_address, plain_jump(entry, &branches)) {
            return jump;
        }
        let mut text = String::new();
        if let Some(name) = named {
            let _ = write!(text, "{name} = ");
        }
        let _ = write!(
            text,
            "{}({})",
            call_name(entry.nr),
            self.operands(index, entry)
        );
        if named.is_none() && entry.dst != DST_OWN_INDEX {
            let _ = write!(text, " -> %{}", entry.dst);
        }
        if is_repeated(entry) {
            let _ = write!(text, " repeat({})", self.repeat(index, entry));
        }
        let clauses = clauses(&branches);
        if !clauses.is_empty() {
            let _ = write!(text, "  {clauses}");
        }
        text
    }

    fn operands(&self, index: usize, entry: &Entry) -> String {
        let count = match BuiltIn::from_number(entry.nr) {
            Some(builtin) => builtin.operand_count(),
            None => self.operand_count(index, entry),
        };
        let operands: Vec<_> = (0..count).map(|k| self.operand(index, entry, k)).collect();
        operands.join(", ")
    }

    /// How many arguments of a call have to be written: the others are zero.
    fn operand_count(&self, index: usize, entry: &Entry) -> usize {
        let matters = |&k: &usize| {
            entry.args[k] != 0
                || Mode::of(entry.modes, k) != Some(Mode::Immediate)
                || self.program.relocation(argument(index, k)).is_some()
                || self.written(index, k).is_some()
        };
        (0..operand_count_max(entry))
            .rfind(matters)
            .map_or(0, |last| last + 1)
    }

    fn written(&self, index: usize, k: usize) -> Option<&String> {
        self.program.origins.get(index)?.written[k].as_ref()
    }

    fn operand(&self, index: usize, entry: &Entry, k: usize) -> String {
        let value = entry.args[k];
        let base = self.program.relocation(argument(index, k));
        match (Mode::of(entry.modes, k), base) {
            (Some(Mode::Result), _) => match self.names.slot(value) {
                Some(name) => name.into(),
                None => format!("%{value}"),
            },
            (Some(Mode::Memory), Some(base)) => format!("[{}]", self.address(base, value)),
            (Some(Mode::Memory), None) => format!("[{}]", literal::value(value)),
            (_, Some(base)) => self.address(base, value),
            (_, None) => self.constant(index, entry.nr, k, value),
        }
    }

    /// A constant as it was written, or as the call would have it written.
    fn constant(&self, index: usize, nr: i32, k: usize, value: u64) -> String {
        if let Some(written) = self.written(index, k) {
            return written.clone();
        }
        u32::try_from(nr)
            .ok()
            .and_then(signature)
            .and_then(|arguments| arguments.get(k)?.exact(value))
            .unwrap_or_else(|| literal::value(value))
    }

    /// How an entry is repeated, as it was written or in numbers.
    fn repeat(&self, index: usize, entry: &Entry) -> String {
        if let Some(written) = self.written(index, REPEAT) {
            return written.clone();
        }
        let Repeat {
            chain,
            length,
            advance,
            stop,
            stride,
        } = Repeat::from_word(entry.args[REPEAT]);
        let mut text = format!("{chain}, {length}, {advance}, {stride}");
        if stop != 0 {
            let _ = write!(text, ", {}", literal::quote_byte(stop));
        }
        text
    }

    /// Where an entry goes after a negative, a zero and a positive result;
    /// `None` is on to the next entry.
    fn branches(&self, index: usize, entry: &Entry) -> [Option<String>; 3] {
        [entry.on_neg, entry.on_zero, entry.on_pos].map(|offset| match offset {
            0 => None,
            JUMP_EXIT => Some("exit".into()),
            _ => {
                let target = index as i64 + 1 + i64::from(offset);
                let end = self.program.entries.len() as i64;
                Some(match u64::try_from(target) {
                    Ok(target) if target.cast_signed() < end => {
                        self.names.label(target).unwrap_or_default().into()
                    }
                    Ok(target) if target.cast_signed() == end => "end".into(),
                    _ => format!("{offset:+}"),
                })
            }
        })
    }

    fn raw(&self, index: usize, entry: &Entry) -> String {
        let args: Vec<_> = (0..ARGUMENT_COUNT)
            .map(|k| {
                let value = entry.args[k];
                match self.program.relocation(argument(index, k)) {
                    Some(base) => self.address(base, value),
                    None => literal::value(value),
                }
            })
            .collect();
        format!(
            "entry nr={} modes={:#x} dst={:#x} on_neg={} on_zero={} on_pos={} flags={:#x} args={}",
            entry.nr,
            entry.modes,
            entry.dst,
            entry.on_neg,
            entry.on_zero,
            entry.on_pos,
            entry.flags,
            args.join(", ")
        )
    }
}

/// The statement for an entry that does nothing but jump.
fn plain_jump(entry: &Entry, branches: &[Option<String>; 3]) -> Option<String> {
    let idle = Entry {
        nr: BuiltIn::Set.number(),
        dst: DST_OWN_INDEX,
        on_neg: entry.on_neg,
        on_zero: entry.on_neg,
        on_pos: entry.on_neg,
        ..Entry::default()
    };
    let target = branches[0].as_deref().filter(|_| *entry == idle)?;
    Some(match target {
        "exit" => "exit".into(),
        target => format!("goto {target}"),
    })
}

fn call_name(nr: i32) -> String {
    let Ok(number) = u32::try_from(nr) else {
        return BuiltIn::from_number(nr)
            .map_or_else(|| nr.to_string(), |builtin| builtin.name().into());
    };
    calls::call_name(number).map_or_else(|| format!("syscall_{number}"), Into::into)
}

fn clauses(branches: &[Option<String>; 3]) -> String {
    let [negative, zero, positive] = branches;
    if let Some(target) = negative
        && negative == zero
        && zero == positive
    {
        return format!("goto {target}");
    }
    let mut clauses = Vec::new();
    if let Some(target) = negative {
        clauses.push(format!("neg {target}"));
        if zero == positive {
            clauses.extend(zero.iter().map(|target| format!("goto {target}")));
            return clauses.join(", ");
        }
    }
    clauses.extend(zero.iter().map(|target| format!("zero {target}")));
    clauses.extend(positive.iter().map(|target| format!("pos {target}")));
    clauses.join(", ")
}
