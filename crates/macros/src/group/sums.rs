//! Sums, and what is counted.
//!
//! A sum that could overflow is looked at after it is made. If it has, the batch is left, it
//! is made as it is written, which may be a panic, and if it is none the batch goes on. What
//! is counted by results of calls starts below 2⁶² and grows by less than 2³² each time; it
//! would take years to come to 2⁶³, and nobody looks.

use quote::ToTokens;
use syn::{Expr, ExprBinary};

use super::exits::Code;
use super::numbers::{Number, Of, Size};
use super::{Group, Kind};
use crate::ir::{Action, Entry, Operand, Slot, Target};
use crate::known::{Returned, Width};
use crate::pure::Reason;

impl Group {
    /// A sum of a result and something else.
    pub(super) fn sum(
        &mut self,
        at: &ExprBinary,
        left: Number,
        right: Number,
        of: Of,
    ) -> Result<Number, Reason> {
        let slot = self.assembly.slot();
        let larger = left.size.max(right.size);
        let is_safe = larger < Size::Any && left.size.min(right.size) == Size::Small;
        let operands = [left.operand, right.operand];
        if is_safe && wide(&of).is_some() {
            let add = Entry::new(Action::Add, slot, operands.to_vec());
            self.assembly.push(add);
        } else {
            self.looked_at(at, slot, operands, &of)?;
        }
        Ok(Number {
            operand: Operand::Slot(slot),
            // A further sum is looked at.
            size: Size::Any,
            of: Some(of),
        })
    }

    /// `total += length as u64`
    pub(super) fn add_assign(&mut self, binary: &ExprBinary) -> Result<(), Reason> {
        let (slot, size, of) = self.counter(&binary.left)?;
        let addend = self.result(&binary.right)?;
        let addend = self.or_known(addend, &binary.right, &of)?;
        let operands = [Operand::Slot(slot), addend.operand];
        if size == Size::Any {
            return self.looked_at(binary, slot, operands, &of);
        }
        if addend.size != Size::Small {
            return Err(Reason::new(
                binary,
                "this number may be larger than another of the same name, and overflow; give them \
                 names of their own",
            ));
        }
        let add = Entry::new(Action::Add, slot, operands.to_vec());
        self.assembly.push(add);
        Ok(())
    }

    /// What a number is added to.
    fn counter(&self, expr: &Expr) -> Result<(Slot, Size, Of), Reason> {
        let variable = match expr {
            Expr::Path(path) => path.path.get_ident().and_then(|name| self.variable(name)),
            _ => None,
        };
        match variable.map(|variable| (variable.slot, &variable.kind)) {
            Some((slot, Kind::Number { of, size })) if wide(of).is_some() => {
                Ok((slot, *size, of.clone()))
            }
            _ => Err(Reason::new(
                expr,
                "a batch can count in a variable that is declared among its calls with a number \
                 and a type, as `let mut count = 0_u64`",
            )),
        }
    }

    /// A sum that may overflow.
    fn looked_at(
        &mut self,
        at: impl ToTokens,
        slot: Slot,
        [left, right]: [Operand; 2],
        of: &Of,
    ) -> Result<(), Reason> {
        let Some(width) = wide(of) else {
            return Err(Reason::new(
                at,
                "this may overflow, and a batch adds numbers of 64 bits only; cast them before",
            ));
        };
        let sum = Operand::Slot(slot);
        self.assembly
            .push(Entry::new(Action::Add, slot, vec![left, right]));
        let done = self.assembly.label();
        let done_ = Target::To(done);
        let code = Code::Overflow {
            sum: slot,
            addend: right,
            width,
            resume: done,
        };
        // A panic drops them.
        let overflow = self.resumed(code, |kind| {
            matches!(
                kind,
                Kind::Descriptor | Kind::Outcome(Returned::Descriptor, _)
            )
        });
        if width == Width::I64 {
            // It has if its sign is neither that of the one nor that of the other.
            let left = self.assembly.operation(Action::Sub, [sum, right]);
            let one = self
                .assembly
                .operation(Action::Xor, [sum, Operand::Slot(left)]);
            let other = self.assembly.operation(Action::Xor, [sum, right]);
            let operands = vec![Operand::Slot(one), Operand::Slot(other)];
            self.test(operands, Action::And, [overflow, done_, done_]);
        } else {
            // It has if it is below what was added.
            self.compare([sum, right], false, [overflow, done_, done_]);
        }
        self.assembly.place(done);
        Ok(())
    }
}

/// The type, if it is one of 64 bits.
fn wide(of: &Of) -> Option<Width> {
    match of {
        Of::Width(width) => Some(*width),
        _ => None,
    }
}
