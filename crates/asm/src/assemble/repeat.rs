//! How calls are repeated.

use sysbatch_abi::{ARGUMENT_COUNT, Entry, Repeat};

use super::Assembler;
use crate::ast::{Expression, RepeatClause, Setting};
use crate::mistake::Mistake;
use crate::program::Origin;
use crate::span::Span;

/// The argument that says how the call is repeated.
const REPEAT: usize = ARGUMENT_COUNT - 1;

/// The highest index of an operand that a repeated call has.
const OPERAND_MAX: u64 = REPEAT as u64 - 1;

impl Assembler {
    /// Fills in what the clause of an entry says.
    pub(super) fn emit_repeat(
        &mut self,
        entry: &mut Entry,
        origin: &mut Origin,
        clause: &RepeatClause,
    ) {
        self.need_fuel_to_repeat(clause.span);
        let what = "the operand that points into a record";
        let chain = self.number_within(&clause.chain, what, 0, OPERAND_MAX);
        let length = self.number_within(
            &clause.length,
            "the offset of the length of a record",
            i8::MIN.into(),
            i8::MAX as u64,
        );
        let what = "the operand that advances by the stride";
        let advance = self.number_within(&clause.advance, what, 0, OPERAND_MAX);
        let stride = self.number_within(
            &clause.stride,
            "the stride",
            i32::MIN.into(),
            i32::MAX as u64,
        );
        let stop = match &clause.stop {
            Some(stop) => self.number_within(stop, "the byte that stops", 0, u8::MAX.into()),
            None => Some(0),
        };
        if advance.is_some() && advance == chain {
            self.mistake(Mistake::OperandTwice, clause.advance.span);
        }
        let (Some(chain), Some(length), Some(advance), Some(stride), Some(stop)) =
            (chain, length, advance, stride, stop)
        else {
            return;
        };
        *entry = entry.repeated(Repeat {
            chain: chain as u8,
            length: length as i8,
            advance: advance as u8,
            stop: stop as u8,
            stride: stride as i32,
        });
        if clause.parts().all(|part| self.is_constant(part)) {
            let parts: Vec<_> = clause.parts().map(Expression::to_string).collect();
            origin.written[REPEAT] = Some(parts.join(", "));
        }
    }

    /// Nobody knows how many records there will be.
    pub(super) fn need_fuel_to_repeat(&mut self, span: Span) {
        if self.setting(Setting::Fuel).is_none() {
            self.mistake(Mistake::NeedsFuel { repeated: true }, span);
        }
    }
}
