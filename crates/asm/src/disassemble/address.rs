//! Addresses as expressions.

use sysbatch_abi::ENTRY_SIZE;

use super::Disassembler;
use crate::assemble::ENTRY_FIELDS;
use crate::literal;
use crate::program::{Block, Section};

impl Disassembler<'_> {
    /// The expression for an offset in a section.
    pub(super) fn address(&self, section: Section, offset: u64) -> String {
        match section {
            Section::Program => self.entry_address(offset),
            Section::Results => self.slot_address(offset),
            Section::Data => self.data_address(offset),
        }
    }

    fn entry_address(&self, offset: u64) -> String {
        let size = ENTRY_SIZE as u64;
        let (mut index, mut rest) = (offset / size, offset % size);
        if index > self.program.entries.len() as u64 {
            (index, rest) = (0, offset);
        }
        let label = self.names.label(index).unwrap_or_default();
        let field = ENTRY_FIELDS
            .iter()
            .find(|&&(_, at)| at as u64 == rest && rest != 0);
        match field {
            Some((field, _)) => format!("&{label}.{field}"),
            None => plus(format!("&{label}"), rest),
        }
    }

    fn slot_address(&self, offset: u64) -> String {
        let count = self.program.results.len() as u64;
        let (mut slot, mut rest) = (offset / 8, offset % 8);
        if slot >= count {
            (slot, rest) = (0, offset);
        }
        match self.names.slot(slot) {
            Some(name) => plus(format!("&{name}"), rest),
            None => plus(format!("&%{slot}"), rest),
        }
    }

    fn data_address(&self, offset: u64) -> String {
        let blocks = &self.program.blocks;
        let within =
            |block: &&Block| offset >= block.offset && offset - block.offset < block.size.max(1);
        let before = |block: &&Block| block.offset <= offset;
        let block = blocks
            .iter()
            .find(within)
            .or_else(|| blocks.iter().rfind(before))
            .or_else(|| blocks.first());
        let Some(block) = block else {
            return literal::value(offset);
        };
        let name = match &block.name {
            Some(name) => name.clone(),
            None => literal::quote(self.text_of(block)),
        };
        plus(name, offset.wrapping_sub(block.offset))
    }

    /// The bytes of a string without the zero byte that ends it.
    pub(super) fn text_of(&self, block: &Block) -> &[u8] {
        let start = block.offset as usize;
        let end = start + block.size as usize;
        &self.program.data[start..end.saturating_sub(1).max(start)]
    }
}

/// An address and an offset from it.
fn plus(address: String, offset: u64) -> String {
    match offset.cast_signed() {
        0 => address,
        back @ i64::MIN..0 => format!("{address} - {}", back.unsigned_abs()),
        1.. => format!("{address} + {offset}"),
    }
}
