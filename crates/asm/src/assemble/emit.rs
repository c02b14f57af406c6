//! Third pass: everything is written.

use sysbatch_abi::{ARGUMENT_COUNT, BuiltIn, DST_OWN_INDEX, Entry, Mode};

use super::evaluate::Value;
use super::names::similar;
use super::{Assembler, Definition, Meaning};
use crate::ast::{
    Action, Contents, EntryStatement, Expression, ExpressionKind, Item, Name, Operand, Setting,
    Statement,
};
use crate::calls::{call_names, call_number};
use crate::constants;
use crate::mistake::Mistake;
use crate::program::{Base, Block, BlockKind, Origin, Place, Relocation};
use crate::span::Span;

impl Assembler {
    pub(super) fn emit(&mut self, statements: &[Statement]) {
        // Data before entries, so that strings without a name lie in this
        // order however the two are mixed.
        let mut started = None;
        for statement in statements {
            match statement {
                Statement::Data { name, contents, .. } => self.emit_data(name, contents),
                Statement::Start { span, at } => self.emit_start(*span, at, &mut started),
                _ => {}
            }
        }
        for (index, entry) in super::entries(statements) {
            self.emit_entry(index, entry);
        }
        let count = self.setting(Setting::Slots).unwrap_or(self.slots_used);
        self.program.results.resize(count as usize, 0);
        for statement in statements {
            if let Statement::Slot {
                name,
                number,
                initial: Some(initial),
                span,
            } = statement
            {
                self.emit_slot(name.as_ref(), number.as_ref(), initial, *span);
            }
        }
    }

    fn emit_data(&mut self, name: &Name, contents: &Contents) {
        let Some(&Definition {
            meaning: Meaning::Block(Some(index)),
            span,
        }) = self.definitions.get(&name.text)
        else {
            return;
        };
        if span != name.span {
            return;
        }
        let mut at = self.program.blocks[index].offset as usize;
        match contents {
            Contents::Buffer(_) => {}
            Contents::Text(bytes) => self.write(at, bytes),
            Contents::Words(words) => {
                for word in words {
                    self.emit_integer(at, 8, false, word);
                    at += 8;
                }
            }
            Contents::Items(items) => {
                for item in items {
                    at += self.emit_item(at, item);
                }
            }
        }
    }

    /// Writes a part of a data block: its size.
    fn emit_item(&mut self, at: usize, item: &Item) -> usize {
        match item {
            Item::Integer {
                width,
                big_endian,
                value,
            } => {
                self.emit_integer(at, *width, *big_endian, value);
                *width
            }
            Item::Bytes(bytes) => {
                self.write(at, bytes);
                bytes.len()
            }
            Item::Zero(count) => self.number(count).unwrap_or(0) as usize,
        }
    }

    fn emit_integer(&mut self, at: usize, width: usize, big_endian: bool, value: &Expression) {
        if width == 8 && !big_endian {
            let Some(Value { base, offset }) = self.evaluate(value) else {
                return;
            };
            self.relocate(Place::Data(at), base);
            return self.write(at, &offset.to_le_bytes());
        }
        let bits = 8 * width as u32;
        let highest = u64::MAX >> (64 - bits);
        let lowest = i64::MIN >> (64 - bits);
        if let Some(value) = self.number_within(value, "the value of an item", lowest, highest) {
            if big_endian {
                self.write(at, &value.to_be_bytes()[8 - width..]);
            } else {
                self.write(at, &value.to_le_bytes()[..width]);
            }
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.program.data[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn relocate(&mut self, place: Place, base: Option<Base>) {
        if let Some(base) = base {
            self.program.relocations.push(Relocation { place, base });
        }
    }

    /// Puts a string that stands where it is used into the data: its block.
    pub(super) fn text(&mut self, bytes: &[u8], span: Span) -> Option<usize> {
        let block = Block {
            name: None,
            kind: BlockKind::Text,
            offset: 0,
            size: bytes.len() as u64 + 1,
            alignment: 1,
        };
        let index = self.append(block, span)?;
        self.write(self.program.blocks[index].offset as usize, bytes);
        Some(index)
    }

    fn emit_slot(
        &mut self,
        name: Option<&Name>,
        number: Option<&Expression>,
        initial: &Expression,
        span: Span,
    ) {
        let slot = match (number, name) {
            (Some(number), _) => self.slot_number(number),
            (None, Some(name)) => match self.definitions.get(&name.text) {
                Some(Definition {
                    meaning: Meaning::Slot(slot),
                    ..
                }) => *slot,
                _ => None,
            },
            (None, None) => None,
        };
        let (Some(slot), Some(value)) = (slot, self.evaluate(initial)) else {
            return;
        };
        let index = slot as usize;
        match self.program.results.get_mut(index) {
            Some(word) => {
                *word = value.offset;
                self.relocate(Place::Result(index), value.base);
            }
            None => {
                let mistake = Mistake::OutOfRange {
                    what: "the number of the slot",
                    lowest: 0,
                    highest: (self.program.results.len() as u64).saturating_sub(1),
                };
                self.mistake(mistake, span);
            }
        }
    }

    fn emit_start(&mut self, span: Span, at: &Expression, started: &mut Option<Span>) {
        if let Some(first) = *started {
            let what = "start";
            return self.mistake(Mistake::Repeated { what, first }, span);
        }
        *started = Some(span);
        let label = match &at.kind {
            ExpressionKind::Name(name) => self.definitions.get(name).copied(),
            _ => None,
        };
        let index = match label {
            Some(Definition {
                meaning: Meaning::Label(index),
                ..
            }) => Some(index),
            _ => self.number(at),
        };
        self.program.start = index.unwrap_or(0);
    }

    fn emit_entry(&mut self, index: usize, statement: &EntryStatement) {
        let mut entry = Entry {
            dst: DST_OWN_INDEX,
            ..Entry::default()
        };
        let mut origin = Origin {
            line: self.lines.number(statement.span.start),
            ..Origin::default()
        };
        match &statement.action {
            Action::Call { name, operands } => {
                let repeated = statement.repeat.as_ref().map(|clause| clause.span);
                let number = self.call_number(name, operands.len(), repeated);
                entry.nr = number.unwrap_or(-1);
                for (k, operand) in operands.iter().enumerate().take(ARGUMENT_COUNT) {
                    self.emit_operand(index, &mut entry, &mut origin, k, operand);
                }
                if let Some(clause) = &statement.repeat {
                    self.emit_repeat(&mut entry, &mut origin, clause);
                }
            }
            Action::Jump => entry.nr = BuiltIn::Set.number(),
            Action::Raw(raw) => self.emit_raw(index, &mut entry, raw),
        }
        self.emit_destination(index, &mut entry, statement);
        if !matches!(statement.action, Action::Raw(_)) {
            self.emit_branches(index, &mut entry, &statement.branches);
        }
        self.program.entries.push(entry);
        self.program.origins.push(origin);
    }

    /// The number of a call, checked against the number of its operands and
    /// the clause that repeats it.
    fn call_number(&mut self, call: &Name, given: usize, repeated: Option<Span>) -> Option<i32> {
        let Name { text: name, span } = call;
        let builtin = BuiltIn::ALL.into_iter().find(|known| known.name() == name);
        if let Some(builtin) = builtin {
            let takes = builtin.operand_count();
            if given != takes {
                let name = builtin.name();
                let mistake = Mistake::OperandCount { name, takes, given };
                return self.fail(mistake, *span);
            }
            if let Some(clause) = repeated {
                let name = builtin.name();
                return self.fail(Mistake::BuiltInRepeated { name }, clause);
            }
            return Some(builtin.number());
        }
        let number = name
            .strip_prefix("syscall_")
            .and_then(|number| number.parse().ok())
            .filter(|&number: &i32| number >= 0)
            .or_else(|| call_number(name));
        let Some(number) = number else {
            let builtins = BuiltIn::ALL.iter().map(|builtin| builtin.name());
            let similar = similar(name, builtins.chain(call_names()));
            let name = name.clone();
            return self.fail(Mistake::UnknownCall { name, similar }, *span);
        };
        let repeated = repeated.is_some();
        if given > ARGUMENT_COUNT - usize::from(repeated) {
            return self.fail(Mistake::TooManyArguments { given, repeated }, *span);
        }
        Some(number)
    }

    fn emit_operand(
        &mut self,
        index: usize,
        entry: &mut Entry,
        origin: &mut Origin,
        k: usize,
        operand: &Operand,
    ) {
        let (mode, value) = match operand {
            Operand::Slot { number, .. } => {
                (Mode::Result, self.slot_number(number).map(Value::number))
            }
            Operand::Memory { address, .. } => (Mode::Memory, self.memory_address(address)),
            Operand::Plain(expression) => match self.result(expression) {
                Some(slot) => (Mode::Result, slot.map(Value::number)),
                None => {
                    if self.is_constant(expression) {
                        origin.written[k] = Some(expression.to_string());
                    }
                    (Mode::Immediate, self.evaluate(expression))
                }
            },
        };
        let Some(Value { base, offset }) = value else {
            return;
        };
        entry.modes |= mode.bits(k);
        entry.args[k] = offset;
        let place = Place::Argument {
            entry: index,
            argument: k,
        };
        self.relocate(place, base);
    }

    /// The slot of an expression that is just the name of a result.
    fn result(&self, expression: &Expression) -> Option<Option<u64>> {
        let ExpressionKind::Name(name) = &expression.kind else {
            return None;
        };
        match self.definitions.get(name)?.meaning {
            Meaning::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    fn memory_address(&mut self, address: &Expression) -> Option<Value> {
        if self.result(address).is_some() {
            let ExpressionKind::Name(name) = &address.kind else {
                return None;
            };
            let meaning = Meaning::Slot(None);
            return self.wrong_kind(name, address.span, meaning, "a constant address");
        }
        self.evaluate(address)
    }

    /// Whether an expression says the same in any program: it has no names
    /// but the system's.
    pub(super) fn is_constant(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Number { .. } | ExpressionKind::OffsetOf { .. } => true,
            ExpressionKind::Name(name) => constants::value(name).is_some(),
            ExpressionKind::SizeOf(name) => {
                self.definitions.contains_key(&name.text)
                    || constants::structure_size(&name.text).is_some()
            }
            ExpressionKind::Text(_)
            | ExpressionKind::AddressOf { .. }
            | ExpressionKind::AddressOfSlot(_) => false,
            ExpressionKind::Unary(_, operand) => self.is_constant(operand),
            ExpressionKind::Binary(_, left, right) => {
                self.is_constant(left) && self.is_constant(right)
            }
        }
    }
}
