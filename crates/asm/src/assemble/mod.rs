//! Statements to a program.
//!
//! Three passes over the statements: `names` finds what is defined and numbers
//! the entries, `layout` works out constants, the numbers of result slots and
//! where data lies, `emit` writes everything. A mistake is noted and the rest
//! goes on.

mod branch;
mod emit;
mod evaluate;
mod layout;
mod names;
mod raw;
mod repeat;

use std::collections::HashMap;

pub(crate) use evaluate::ENTRY_FIELDS;

use crate::ast::{Expression, Setting, Statement};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::mistake::Mistake;
use crate::parse::parse;
use crate::program::Program;
use crate::span::{Lines, Span};

/// Assembles the text of a program.
///
/// `file` is the name by which mistakes call the source.
///
/// # Errors
/// Every mistake that was found.
pub fn assemble(file: &str, source: &str) -> Result<Program, Diagnostics> {
    let (statements, diagnostics) = parse(source);
    let mut assembler = Assembler {
        lines: Lines::of(source),
        diagnostics,
        definitions: HashMap::new(),
        settings: Vec::new(),
        program: Program::default(),
        entry_count: entries(&statements).count() as u64,
        slots_used: 0,
    };
    assembler.names(&statements);
    assembler.layout(&statements);
    assembler.emit(&statements);
    assembler.finish(source);
    if assembler.diagnostics.is_empty() {
        Ok(assembler.program)
    } else {
        Err(Diagnostics::new(file, source, assembler.diagnostics))
    }
}

/// What a name stands for, as far as it is known yet.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// An entry, by index.
    Label(u64),
    /// A result slot, by index.
    Slot(Option<u64>),
    /// A block, by its index in the program's list.
    Block(Option<usize>),
    /// A number.
    Constant(Option<u64>),
    /// Something in a line that could not be read.
    Broken,
}

/// A name's meaning and the place that defines it.
#[derive(Clone, Copy, Debug)]
struct Definition {
    span: Span,
    meaning: Meaning,
}

struct Assembler {
    lines: Lines,
    diagnostics: Vec<Diagnostic>,
    definitions: HashMap<String, Definition>,
    settings: Vec<(Setting, Span, u64)>,
    program: Program,
    /// How many entries there are.
    entry_count: u64,
    /// One more than the highest result slot that is mentioned.
    slots_used: u64,
}

/// The most result slots a program may have, and the largest size of all its
/// data in bytes: far above any use, and low enough to be allocated.
const SIZE_MAX: u64 = 1 << 30;

impl Assembler {
    /// Notes a mistake.
    fn mistake(&mut self, mistake: Mistake, span: Span) {
        self.diagnostics.push(Diagnostic { span, mistake });
    }

    /// Notes a mistake where a value was wanted.
    fn fail<T>(&mut self, mistake: Mistake, span: Span) -> Option<T> {
        self.mistake(mistake, span);
        None
    }

    fn setting(&self, wanted: Setting) -> Option<u64> {
        self.settings
            .iter()
            .find(|(setting, ..)| *setting == wanted)
            .map(|&(_, _, value)| value)
    }

    /// A number within bounds, as a signed or an unsigned one.
    fn number_within(
        &mut self,
        expression: &Expression,
        what: &'static str,
        lowest: i64,
        highest: u64,
    ) -> Option<u64> {
        let value = self.number(expression)?;
        let fits = match value.cast_signed() {
            negative @ ..0 if lowest < 0 => negative >= lowest,
            _ => value <= highest && (lowest <= 0 || value >= lowest.cast_unsigned()),
        };
        if fits {
            return Some(value);
        }
        let mistake = Mistake::OutOfRange {
            what,
            lowest,
            highest,
        };
        self.fail(mistake, expression.span)
    }

    /// What needs the whole program to be known.
    fn finish(&mut self, source: &str) {
        let len = self.program.entries.len() as u64;
        if len == 0 && self.diagnostics.is_empty() {
            // Marks the end of the text: there is nothing else to mark.
            let end = source.trim_end().len();
            self.mistake(Mistake::NoEntries, Span { start: end, end });
        }
        self.program.relocations.sort_unstable();
        self.program.fuel = self.setting(Setting::Fuel).unwrap_or(len);
    }
}

/// The statements that make entries, each with its index.
fn entries(statements: &[Statement]) -> impl Iterator<Item = (usize, &crate::ast::EntryStatement)> {
    statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Entry(entry) => Some(&**entry),
            _ => None,
        })
        .enumerate()
}
