//! Blocks of data as declarations.

use super::Disassembler;
use crate::literal;
use crate::program::{Block, BlockKind, Place};

/// Zero bytes in a row from which on they are counted instead of written.
const ZEROS_MIN: usize = 8;

/// The 64-bit word at an offset in the data.
pub(super) fn word(data: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&data[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}

impl Disassembler<'_> {
    /// The declaration of a block; a string without a name needs none.
    pub(super) fn block(&self, block: &Block) -> Option<String> {
        let name = block.name.as_ref()?;
        let natural = match block.kind {
            BlockKind::Text => 1,
            _ => 8,
        };
        let alignment = if block.alignment == natural {
            String::new()
        } else {
            format!(" align {}", block.alignment)
        };
        Some(match block.kind {
            BlockKind::Buffer => format!("buffer {name} {}{alignment}", block.size),
            BlockKind::Text => {
                let text = literal::quote(self.text_of(block));
                format!("string {name} {text}{alignment}")
            }
            BlockKind::Words => {
                let keyword = if block.size == 8 { "word" } else { "words" };
                format!("{keyword} {name}{alignment} = {}", self.words(block))
            }
            BlockKind::Bytes => format!("data {name}{alignment} = {}", self.items(block)),
        })
    }

    fn words(&self, block: &Block) -> String {
        let start = block.offset as usize;
        let offsets = (start..start + block.size as usize).step_by(8);
        let words: Vec<_> = offsets.map(|offset| self.word_at(offset)).collect();
        words.join(", ")
    }

    fn word_at(&self, offset: usize) -> String {
        let value = word(&self.program.data, offset);
        match self.program.relocation(Place::Data(offset)) {
            Some(base) => self.address(base, value),
            None => literal::value(value),
        }
    }

    /// The parts of a block: addresses, runs of zero bytes, and other bytes.
    fn items(&self, block: &Block) -> String {
        let mut at = block.offset as usize;
        let end = at + block.size as usize;
        let mut items = Vec::new();
        while at < end {
            if self.program.relocation(Place::Data(at)).is_some() {
                items.push(format!("u64 {}", self.word_at(at)));
                at += 8;
                continue;
            }
            let next_address = (at..end)
                .find(|&offset| self.program.relocation(Place::Data(offset)).is_some())
                .unwrap_or(end);
            let rest = &self.program.data[at..next_address];
            let zeros = zeros_at_start(rest);
            if zeros >= ZEROS_MIN {
                items.push(format!("zero {zeros}"));
                at += zeros;
                continue;
            }
            let length = (0..rest.len())
                .find(|&offset| zeros_at_start(&rest[offset..]) >= ZEROS_MIN)
                .unwrap_or(rest.len());
            items.push(literal::quote(&rest[..length]));
            at += length;
        }
        if items.is_empty() {
            items.push("\"\"".into());
        }
        items.join(", ")
    }
}

fn zeros_at_start(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| byte == 0).count()
}
