//! Entries written field by field.

use sysbatch_abi::{ARGUMENT_COUNT, ENTRY_REPEAT, Entry, JUMP_EXIT};

use super::Assembler;
use super::evaluate::Value;
use crate::ast::{RawFields, Setting};
use crate::mistake::Mistake;
use crate::program::Place;

impl Assembler {
    /// Fills in the fields that are given; any value that fits is taken.
    pub(super) fn emit_raw(&mut self, index: usize, entry: &mut Entry, raw: &RawFields) {
        for (name, expression) in &raw.fields {
            let (lowest, highest) = match name.text.as_str() {
                "nr" => (i32::MIN.into(), i32::MAX as u64),
                "on_neg" | "on_zero" | "on_pos" => (i16::MIN.into(), i16::MAX as u64),
                _ => (0, u16::MAX.into()),
            };
            let what = "the value of the field";
            let Some(value) = self.number_within(expression, what, lowest, highest) else {
                continue;
            };
            match name.text.as_str() {
                "nr" => entry.nr = value as i32,
                "modes" => entry.modes = value as u16,
                "dst" => entry.dst = value as u16,
                "flags" => {
                    entry.flags = value as u16;
                    if entry.flags & ENTRY_REPEAT != 0 {
                        self.need_fuel_to_repeat(expression.span);
                    }
                }
                branch => {
                    let offset = value as i16;
                    let backward = offset < 0 && offset != JUMP_EXIT;
                    if backward && self.setting(Setting::Fuel).is_none() {
                        self.mistake(Mistake::NeedsFuel { repeated: false }, expression.span);
                    }
                    match branch {
                        "on_neg" => entry.on_neg = offset,
                        "on_zero" => entry.on_zero = offset,
                        _ => entry.on_pos = offset,
                    }
                }
            }
        }
        if let Some(extra) = raw.arguments.get(ARGUMENT_COUNT) {
            let given = raw.arguments.len();
            let mistake = Mistake::TooManyArguments {
                given,
                repeated: false,
            };
            self.mistake(mistake, extra.span);
        }
        for (k, argument) in raw.arguments.iter().enumerate().take(ARGUMENT_COUNT) {
            if let Some(Value { base, offset }) = self.evaluate(argument) {
                entry.args[k] = offset;
                let place = Place::Argument {
                    entry: index,
                    argument: k,
                };
                self.relocate(place, base);
            }
        }
    }
}
