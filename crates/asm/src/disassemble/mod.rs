//! A program to text that assembles to the same program.

mod address;
mod data;
mod entry;
mod names;

use std::fmt::Write as _;

use sysbatch_abi::ENTRY_SIZE;

use self::names::Names;
use crate::image::words_of;
use crate::literal;
use crate::program::{Place, Program};

/// What to show besides what is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The bytes of each entry, as eight 64-bit words in comments.
    pub bytes: bool,
}

/// Writes a program as text: the settings, the data, the entries with their
/// indexes in comments.
///
/// Assembling the text gives the same entries, data, first values of result
/// slots, addresses, fuel and start. Names are kept; entries that are jumped to
/// and have none are called `L` and their index.
#[must_use]
pub fn disassemble(program: &Program, listing: Listing) -> String {
    Disassembler {
        program,
        names: Names::of(program),
    }
    .text(listing)
}

struct Disassembler<'a> {
    program: &'a Program,
    names: Names,
}

/// Where the text of an entry begins.
const INDENT: usize = 8;

/// Where the comment with the index of an entry begins.
const COMMENT: usize = 72;

impl Disassembler<'_> {
    fn text(&self, listing: Listing) -> String {
        let mut lines = vec![
            format!("fuel {}", self.program.fuel),
            format!("slots {}", self.program.results.len()),
        ];
        if self.program.start != 0 {
            lines.push(format!("start {}", self.program.start));
        }
        for block in &self.program.blocks {
            lines.extend(self.block(block));
        }
        self.slots(&mut lines);
        lines.push(String::new());
        for (index, entry) in self.program.entries.iter().enumerate() {
            if listing.bytes {
                lines.push(bytes_comment(words_of(entry)));
            }
            let mut line = self.labels(index as u64, &mut lines).unwrap_or_default();
            let column = if line.len() < INDENT {
                INDENT
            } else {
                line.len() + 1
            };
            let _ = write!(line, "{:1$}", "", column - line.len());
            line += &self.entry(index, entry);
            lines.push(format!("{line:<COMMENT$}  # {index}"));
        }
        let end = self.program.entries.len() as u64;
        let last = self.labels(end, &mut lines);
        lines.extend(last);
        lines.push(String::new());
        lines.join("\n")
    }

    /// The labels of an entry: the last is returned, those before it get
    /// lines of their own.
    fn labels(&self, index: u64, lines: &mut Vec<String>) -> Option<String> {
        let own = self
            .program
            .labels
            .iter()
            .filter(|label| label.index == index);
        let mut labels: Vec<_> = own.map(|label| format!("{}:", label.name)).collect();
        let last = match labels.pop() {
            Some(last) => Some(last),
            None => self.names.label(index).map(|label| format!("{label}:")),
        };
        lines.extend(labels);
        last
    }

    /// The slots that no entry names, and the first values that are not zero.
    fn slots(&self, lines: &mut Vec<String>) {
        for symbol in self.names.declared_slots() {
            lines.push(format!("slot {} %{}", symbol.name, symbol.index));
        }
        for (slot, &value) in self.program.results.iter().enumerate() {
            let base = self.program.relocation(Place::Result(slot));
            if value != 0 || base.is_some() {
                let value = match base {
                    Some(base) => self.address(base, value),
                    None => literal::value(value),
                };
                lines.push(format!("slot %{slot} = {value}"));
            }
        }
    }
}

fn bytes_comment(words: [u64; ENTRY_SIZE / 8]) -> String {
    let words = words.map(|word| format!("{word:016x}"));
    format!("# {}", words.join(" "))
}
