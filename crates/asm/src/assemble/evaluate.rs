//! Expressions to numbers and addresses.

use std::mem::offset_of;

use sysbatch_abi::{ARGUMENT_COUNT, ENTRY_SIZE, Entry};

use super::{Assembler, Definition, Meaning, SIZE_MAX};
use crate::ast::{BinaryOperator, Expression, ExpressionKind, Name, UnaryOperator};
use crate::constants;
use crate::mistake::Mistake;
use crate::program::Base;
use crate::span::Span;

/// A number, or an address as a base and the distance from it in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) base: Option<Base>,
    pub(super) offset: u64,
}

impl Value {
    pub(super) const fn number(offset: u64) -> Self {
        Self { base: None, offset }
    }

    const fn address(base: Base, offset: u64) -> Self {
        Self {
            base: Some(base),
            offset,
        }
    }
}

impl Assembler {
    /// Evaluates an expression that has to be a number.
    pub(super) fn number(&mut self, expression: &Expression) -> Option<u64> {
        let value = self.evaluate(expression)?;
        match value.base {
            None => Some(value.offset),
            Some(_) => self.fail(Mistake::NotANumber, expression.span),
        }
    }

    /// Evaluates an expression. Arithmetic wraps modulo 2⁶⁴.
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Option<Value> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Number { value, .. } => Some(Value::number(*value)),
            ExpressionKind::Name(name) => self.named(name, span),
            ExpressionKind::Text(bytes) => {
                let block = self.text(bytes, span)?;
                Some(Value::address(Base::Block(block), 0))
            }
            ExpressionKind::SizeOf(name) => self.size_of(name),
            ExpressionKind::OffsetOf { structure, field } => {
                self.offset_of(structure, field).map(Value::number)
            }
            ExpressionKind::AddressOf { name, field } => self.address_of(name, field.as_ref()),
            ExpressionKind::AddressOfSlot(number) => {
                let slot = self.slot_number(number)?;
                Some(Value::address(Base::Results, slot * 8))
            }
            ExpressionKind::Unary(operator, operand) => {
                let value = self.number(operand)?;
                Some(Value::number(match operator {
                    UnaryOperator::Negate => value.wrapping_neg(),
                    UnaryOperator::Not => !value,
                }))
            }
            ExpressionKind::Binary(operator, left, right) => {
                let (left, right_value) = (self.evaluate(left), self.evaluate(right));
                self.combine(*operator, left?, right_value?, right.span)
            }
        }
    }

    fn combine(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        span: Span,
    ) -> Option<Value> {
        let (a, b) = (left.offset, right.offset);
        let offset = match operator {
            BinaryOperator::Or => a | b,
            BinaryOperator::Xor => a ^ b,
            BinaryOperator::And => a & b,
            BinaryOperator::Add => a.wrapping_add(b),
            BinaryOperator::Subtract => a.wrapping_sub(b),
            BinaryOperator::Multiply => a.wrapping_mul(b),
            BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => {
                let count = u32::try_from(b).ok().filter(|&count| count < 64);
                let Some(count) = count else {
                    return self.fail(Mistake::ShiftTooFar, span);
                };
                match operator {
                    BinaryOperator::ShiftLeft => a << count,
                    _ => a >> count,
                }
            }
        };
        let base = match (operator, left.base, right.base) {
            (_, None, None) => None,
            (BinaryOperator::Add, Some(base), None)
            | (BinaryOperator::Add, None, Some(base))
            | (BinaryOperator::Subtract, Some(base), None) => Some(base),
            (BinaryOperator::Subtract, Some(a), Some(b)) => {
                let Some(distance) = self.distance(a, b) else {
                    return self.fail(Mistake::AddressArithmetic, span);
                };
                return Some(Value::number(offset.wrapping_add(distance)));
            }
            _ => return self.fail(Mistake::AddressArithmetic, span),
        };
        Some(Value { base, offset })
    }

    /// How far base `a` lies behind base `b`, if that is known before the run.
    /// Where strings without a name lie is nobody's business.
    fn distance(&self, a: Base, b: Base) -> Option<u64> {
        let named = |index: usize| {
            let block = &self.program.blocks[index];
            block.name.as_ref().map(|_| block.offset)
        };
        match (a, b) {
            (Base::Program, Base::Program) | (Base::Results, Base::Results) => Some(0),
            (Base::Block(a), Base::Block(b)) => Some(named(a)?.wrapping_sub(named(b)?)),
            _ => None,
        }
    }

    /// A name standing for a value.
    fn named(&mut self, name: &str, span: Span) -> Option<Value> {
        if let Some(value) = constants::value(name) {
            return Some(Value::number(value));
        }
        let Some(&Definition {
            span: definition,
            meaning,
        }) = self.definitions.get(name)
        else {
            return self.unknown(name, span, "constant, data or result");
        };
        match meaning {
            Meaning::Constant(Some(value)) => Some(Value::number(value)),
            Meaning::Block(Some(index)) => Some(Value::address(Base::Block(index), 0)),
            Meaning::Constant(None) | Meaning::Block(None) => {
                self.used_early(name, span, definition)
            }
            Meaning::Slot(_) => {
                let name = name.into();
                self.fail(Mistake::ResultInExpression { name }, span)
            }
            Meaning::Label(_) => self.wrong_kind(name, span, meaning, "a value"),
            Meaning::Broken => None,
        }
    }

    /// Reports something that is defined too late; nothing is said if its
    /// definition is itself a mistake.
    fn used_early<T>(&mut self, name: &str, span: Span, definition: Span) -> Option<T> {
        if definition < span {
            return None;
        }
        let name = name.into();
        self.fail(Mistake::UsedBeforeDefinition { name, definition }, span)
    }

    fn size_of(&mut self, name: &Name) -> Option<Value> {
        let Name { text, span } = name;
        match self.definitions.get(text).copied() {
            Some(Definition {
                span: definition,
                meaning,
            }) => match meaning {
                Meaning::Block(Some(index)) => Some(Value::number(self.program.blocks[index].size)),
                Meaning::Block(None) => self.used_early(text, *span, definition),
                _ => self.wrong_kind(text, *span, meaning, "data or a structure"),
            },
            None => match constants::structure_size(text) {
                Some(size) => Some(Value::number(size)),
                None => self.unknown(text, *span, "data or structure"),
            },
        }
    }

    fn offset_of(&mut self, structure: &Name, field: &Name) -> Option<u64> {
        let Some(fields) = constants::fields(&structure.text) else {
            let known: Vec<_> = constants::structure_names().collect();
            let mistake = Mistake::UnknownField {
                name: structure.text.clone(),
                known: known.join(", "),
            };
            return self.fail(mistake, structure.span);
        };
        if let Some(offset) = constants::field_offset(&structure.text, &field.text) {
            return Some(offset);
        }
        let mistake = Mistake::UnknownField {
            name: field.text.clone(),
            known: fields.join(", "),
        };
        self.fail(mistake, field.span)
    }

    fn address_of(&mut self, name: &Name, field: Option<&Name>) -> Option<Value> {
        let Some(&Definition { meaning, .. }) = self.definitions.get(&name.text) else {
            return self.unknown(&name.text, name.span, "label, data or result");
        };
        let wanted = "a label";
        let value = match (meaning, field) {
            (Meaning::Label(index), _) => {
                let offset = match field {
                    Some(field) => self.entry_field(field)?,
                    None => 0,
                };
                Value::address(Base::Program, index * ENTRY_SIZE as u64 + offset)
            }
            (_, Some(_)) => return self.wrong_kind(&name.text, name.span, meaning, wanted),
            (Meaning::Slot(Some(slot)), None) => Value::address(Base::Results, slot * 8),
            (Meaning::Block(_), None) => return self.named(&name.text, name.span),
            (Meaning::Slot(None) | Meaning::Broken, None) => return None,
            (Meaning::Constant(_), None) => {
                let wanted = "a label, data or a result";
                return self.wrong_kind(&name.text, name.span, meaning, wanted);
            }
        };
        Some(value)
    }

    /// The offset of a field in an entry, in bytes.
    fn entry_field(&mut self, field: &Name) -> Option<u64> {
        let known = ENTRY_FIELDS.iter().find(|(name, _)| *name == field.text);
        if let Some(&(_, offset)) = known {
            return Some(offset as u64);
        }
        let names: Vec<_> = ENTRY_FIELDS.iter().map(|&(name, _)| name).collect();
        let mistake = Mistake::UnknownField {
            name: field.text.clone(),
            known: names.join(", "),
        };
        self.fail(mistake, field.span)
    }

    /// Evaluates the number of a result slot.
    pub(super) fn slot_number(&mut self, expression: &Expression) -> Option<u64> {
        let slot = self.number_within(expression, "the number of a slot", 0, SIZE_MAX / 8)?;
        self.slots_used = self.slots_used.max(slot + 1);
        Some(slot)
    }
}

/// The fields of an entry by name, with their offsets in bytes.
pub(crate) const ENTRY_FIELDS: [(&str, usize); 7 + ARGUMENT_COUNT] = {
    let args = offset_of!(Entry, args);
    [
        ("nr", offset_of!(Entry, nr)),
        ("modes", offset_of!(Entry, modes)),
        ("dst", offset_of!(Entry, dst)),
        ("on_neg", offset_of!(Entry, on_neg)),
        ("on_zero", offset_of!(Entry, on_zero)),
        ("on_pos", offset_of!(Entry, on_pos)),
        ("flags", offset_of!(Entry, flags)),
        ("arg0", args),
        ("arg1", args + 8),
        ("arg2", args + 16),
        ("arg3", args + 24),
        ("arg4", args + 32),
        ("arg5", args + 40),
    ]
};
