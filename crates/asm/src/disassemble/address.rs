//! Addresses as expressions.

use sysbatch_abi::ENTRY_SIZE;

use super::Disassembler;
use crate::assemble::ENTRY_FIELDS;
use crate::literal;
use crate::program::{Base, Block};

impl Disassembler<'_> {
    /// The expression for an address at a distance from a base.
    pub(super) fn address(&self, base: Base, offset: u64) -> String {
        match base {
            Base::Program => self.entry_address(offset),
            Base::Results => self.slot_address(offset),
            Base::Block(index) => {
                let block = &self.program.blocks[index];
                let name = match &block.name {
                    Some(name) => name.clone(),
                    None => literal::quote(self.text_of(block)),
                };
                plus(name, offset)
            }
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
