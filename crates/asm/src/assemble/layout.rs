//! Second pass: constants, the numbers of result slots, and where data lies.

use super::{Assembler, Definition, Meaning, SIZE_MAX};
use crate::ast::{
    Action, Contents, EntryStatement, Expression, ExpressionKind, Item, Name, Operand,
    RepeatClause, Setting, Statement,
};
use crate::mistake::Mistake;
use crate::program::{Block, BlockKind, Symbol};
use crate::span::Span;

/// The alignment of data that is not text: that of a 64-bit word.
const WORD: u64 = 8;

/// The largest alignment that may be asked for: a page.
const ALIGNMENT_MAX: u64 = 4096;

impl Assembler {
    pub(super) fn layout(&mut self, statements: &[Statement]) {
        self.slots_used = self.entry_count;
        let mut index = 0;
        for statement in statements {
            match statement {
                Statement::Constant { name, value } => {
                    let value = self.number(value);
                    self.set(name, Meaning::Constant(value));
                }
                Statement::Data {
                    name,
                    alignment,
                    contents,
                } => {
                    self.place(name, alignment.as_ref(), contents);
                    self.mentioned_in_data(contents);
                }
                Statement::Slot {
                    name,
                    number: Some(number),
                    ..
                } => {
                    let slot = self.slot_number(number);
                    if let Some(name) = name {
                        self.name_slot(name, slot);
                    }
                }
                Statement::Entry(entry) => {
                    self.result_slot(entry, index);
                    self.mentioned_slots(&entry.action);
                    for part in entry.repeat.iter().flat_map(RepeatClause::parts) {
                        self.mentioned_in(part);
                    }
                    index += 1;
                }
                Statement::Setting {
                    setting,
                    span,
                    value,
                } => self.note_setting(*setting, *span, value),
                Statement::Label(name) => self.note_label(name),
                _ => {}
            }
        }
        self.free_slots(statements);
    }

    /// Counts the slots that operands mention by number.
    fn mentioned_slots(&mut self, action: &Action) {
        match action {
            Action::Jump => {}
            Action::Raw(raw) => {
                for argument in &raw.arguments {
                    self.mentioned_in(argument);
                }
            }
            Action::Call { operands, .. } => {
                for operand in operands {
                    match operand {
                        Operand::Slot { number, .. } => {
                            self.slot_number(number);
                        }
                        Operand::Plain(expression) => self.mentioned_in(expression),
                        Operand::Memory { address, .. } => self.mentioned_in(address),
                    }
                }
            }
        }
    }

    fn mentioned_in_data(&mut self, contents: &Contents) {
        match contents {
            Contents::Words(words) => {
                for word in words {
                    self.mentioned_in(word);
                }
            }
            Contents::Items(items) => {
                for item in items {
                    if let Item::Integer { value, .. } = item {
                        self.mentioned_in(value);
                    }
                }
            }
            Contents::Buffer(_) | Contents::Text(_) => {}
        }
    }

    fn mentioned_in(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::AddressOfSlot(number) => {
                self.slot_number(number);
            }
            ExpressionKind::Unary(_, operand) => self.mentioned_in(operand),
            ExpressionKind::Binary(_, left, right) => {
                self.mentioned_in(left);
                self.mentioned_in(right);
            }
            _ => {}
        }
    }

    /// Slots that no entry owns follow those of the entries and those that are
    /// mentioned by number.
    fn free_slots(&mut self, statements: &[Statement]) {
        for statement in statements {
            if let Statement::Slot {
                name: Some(name),
                number: None,
                ..
            } = statement
            {
                let slot = self.slots_used;
                self.slots_used += 1;
                self.name_slot(name, Some(slot));
            }
        }
    }

    fn name_slot(&mut self, name: &Name, slot: Option<u64>) {
        self.set(name, Meaning::Slot(slot));
        if let Some(index) = slot {
            let name = name.text.clone();
            self.program.slots.push(Symbol { name, index });
        }
    }

    fn note_label(&mut self, name: &Name) {
        if let Some(&Definition {
            span,
            meaning: Meaning::Label(index),
        }) = self.definitions.get(&name.text)
            && span == name.span
        {
            let name = name.text.clone();
            self.program.labels.push(Symbol { name, index });
        }
    }

    /// The slot that the name of a result stands for: the own slot of the
    /// entry that has it first, or the one it says.
    fn result_slot(&mut self, entry: &EntryStatement, index: u64) {
        let slot = entry.slot.as_ref().map(|number| self.slot_number(number));
        let Some(name) = &entry.result else {
            return;
        };
        let Some(definition) = self.definitions.get(&name.text) else {
            return;
        };
        if definition.span == name.span {
            self.name_slot(name, slot.unwrap_or(Some(index)));
        } else if slot.is_some() {
            self.mistake(Mistake::DestinationTwice, name.span);
        }
    }

    fn note_setting(&mut self, setting: Setting, span: Span, value: &Expression) {
        let (what, highest) = match setting {
            Setting::Fuel => ("fuel", u64::MAX),
            Setting::Slots => ("slots", SIZE_MAX / 8),
        };
        let known = self.settings.iter().find(|(known, ..)| *known == setting);
        if let Some(&(_, first, _)) = known {
            return self.mistake(Mistake::Repeated { what, first }, span);
        }
        let value = self.number_within(value, what, 0, highest);
        // A bad value is noted too, so that nobody asks for one again.
        self.settings.push((setting, span, value.unwrap_or(0)));
    }

    /// Lays out a declared block.
    fn place(&mut self, name: &Name, alignment: Option<&Expression>, contents: &Contents) {
        let (kind, natural) = match contents {
            Contents::Buffer(_) => (BlockKind::Buffer, WORD),
            Contents::Text(_) => (BlockKind::Text, 1),
            Contents::Words(_) => (BlockKind::Words, WORD),
            Contents::Items(_) => (BlockKind::Bytes, WORD),
        };
        let size = self.size_of_contents(contents);
        let alignment = match alignment {
            Some(expression) => self.alignment(expression),
            None => Some(natural),
        };
        let (Some(size), Some(alignment)) = (size, alignment) else {
            return self.set(name, Meaning::Broken);
        };
        let block = Block {
            name: Some(name.text.clone()),
            kind,
            offset: 0,
            size,
            alignment,
        };
        match self.append(block, name.span) {
            Some(index) => self.set(name, Meaning::Block(Some(index))),
            None => self.set(name, Meaning::Broken),
        }
    }

    fn alignment(&mut self, expression: &Expression) -> Option<u64> {
        let alignment = self.number(expression)?;
        if alignment.is_power_of_two() && alignment <= ALIGNMENT_MAX {
            Some(alignment)
        } else {
            self.fail(Mistake::BadAlignment, expression.span)
        }
    }

    /// Appends a block to the data, zeroed: its index.
    pub(super) fn append(&mut self, block: Block, span: Span) -> Option<usize> {
        let offset = (self.program.data.len() as u64).next_multiple_of(block.alignment);
        let end = offset
            .checked_add(block.size)
            .filter(|&end| end <= SIZE_MAX);
        let Some(end) = end else {
            let mistake = Mistake::OutOfRange {
                what: "the size of all data",
                lowest: 0,
                highest: SIZE_MAX,
            };
            return self.fail(mistake, span);
        };
        self.program.data.resize(end as usize, 0);
        self.program.blocks.push(Block { offset, ..block });
        Some(self.program.blocks.len() - 1)
    }

    fn size_of_contents(&mut self, contents: &Contents) -> Option<u64> {
        match contents {
            Contents::Buffer(size) => self.number_within(size, "the size of a buffer", 0, SIZE_MAX),
            Contents::Text(bytes) => Some(bytes.len() as u64 + 1),
            Contents::Words(words) => Some(words.len() as u64 * WORD),
            Contents::Items(items) => {
                let mut size = 0;
                for item in items {
                    size += match item {
                        Item::Integer { width, .. } => *width as u64,
                        Item::Bytes(bytes) => bytes.len() as u64,
                        Item::Zero(count) => {
                            self.number_within(count, "a number of bytes", 0, SIZE_MAX)?
                        }
                    };
                }
                Some(size)
            }
        }
    }
}
