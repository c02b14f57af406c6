//! Conditions.

use proc_macro2::Ident;
use quote::quote;
use syn::{BinOp, Expr, ExprBinary, UnOp};

use super::Group;
use super::numbers::{Number, Of, Size, literal};
use crate::ir::{Action, Entry, Label, Operand, Target};
use crate::pure::Reason;

impl Group {
    /// Leads to `yes` if a condition is true, else to `no`.
    pub(super) fn condition(&mut self, expr: &Expr, yes: Label, no: Label) -> Result<(), Reason> {
        match expr {
            Expr::Paren(inner) => self.condition(&inner.expr, yes, no),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
                self.condition(&unary.expr, no, yes)
            }
            other if self.type_condition(other, yes, no)? => Ok(()),
            other if self.content_condition(other, yes, no)? => Ok(()),
            other if self.is_outer(other) => {
                let flag = quote!(::core::primitive::bool::from(#other));
                let number = |name: &Ident| [quote!(::core::primitive::u64::from(#name))];
                let [operand] = self.prepared(other, "flag", &flag, number)?;
                let [yes, no] = [yes, no].map(Target::To);
                self.test(vec![operand], Action::Set, [no, no, yes]);
                Ok(())
            }
            Expr::Binary(binary) => self.binary(binary, yes, no),
            other => Err(Reason::new(
                other,
                "a batch can compare results with numbers; this is something else",
            )),
        }
    }

    fn binary(&mut self, binary: &ExprBinary, yes: Label, no: Label) -> Result<(), Reason> {
        let middle = |group: &mut Self| group.assembly.label();
        match binary.op {
            BinOp::And(_) => {
                let middle = middle(self);
                self.condition(&binary.left, middle, no)?;
                self.assembly.place(middle);
                return self.condition(&binary.right, yes, no);
            }
            BinOp::Or(_) => {
                let middle = middle(self);
                self.condition(&binary.left, yes, middle)?;
                self.assembly.place(middle);
                return self.condition(&binary.right, yes, no);
            }
            _ => {}
        }
        let [yes, no] = [yes, no].map(Target::To);
        // After a difference that is negative, zero, positive.
        let targets = match binary.op {
            BinOp::Eq(_) => [no, yes, no],
            BinOp::Ne(_) => [yes, no, yes],
            BinOp::Lt(_) => [yes, no, no],
            BinOp::Le(_) => [yes, yes, no],
            BinOp::Gt(_) => [no, no, yes],
            BinOp::Ge(_) => [no, yes, yes],
            _ => {
                return Err(Reason::new(
                    binary,
                    "a batch can compare results with numbers; this is something else",
                ));
            }
        };
        let (left, right) = (self.result(&binary.left)?, self.result(&binary.right)?);
        let of = left
            .iter()
            .chain(&right)
            .find_map(|number| number.of.clone());
        let any = left.iter().chain(&right).any(|n| n.size == Size::Any);
        let left = self.compared(left, &binary.left, of.as_ref(), any)?;
        let right = self.compared(right, &binary.right, of.as_ref(), any)?;
        let operands = [left.operand, right.operand];
        if any {
            self.compare(operands, of.is_some_and(|of| of.is_signed()), targets);
        } else {
            self.test(operands.to_vec(), Action::Sub, targets);
        }
        Ok(())
    }

    /// A number that is compared, a result or not. One that is known before and compared with
    /// what is below 2⁶³ is cut to that; else it is left as it is.
    fn compared(
        &mut self,
        result: Option<Number>,
        expr: &Expr,
        of: Option<&Of>,
        any: bool,
    ) -> Result<Number, Reason> {
        match (result, of) {
            (Some(number), _) => Ok(number),
            (None, Some(of)) if any || literal(expr).is_some() => self.or_known(None, expr, of),
            (None, of) => Ok(Number {
                operand: self.known_before(expr, of, &quote!(limit))?,
                size: Size::Half,
                of: None,
            }),
        }
    }

    /// Compares numbers of any size: leads to the first target if the left is below the right
    /// one, to the second if they are the same.
    pub(super) fn compare(
        &mut self,
        [left, right]: [Operand; 2],
        signed: bool,
        targets: [Target; 3],
    ) {
        if targets[0] == targets[2] {
            return self.test(vec![left, right], Action::Sub, targets);
        }
        let far = self.assembly.label();
        let to_far = [Target::To(far), Target::Next, Target::Next];
        self.test(vec![left, right], Action::Xor, to_far);
        // Their highest bits are the same, so the difference is small.
        self.test(vec![left, right], Action::Sub, targets);
        self.assembly.place(far);
        let [below, _, above] = targets;
        let highest = if signed { left } else { right };
        self.test(vec![highest], Action::Set, [below, above, above]);
    }

    /// Branches by the sign of a result.
    pub(super) fn test(&mut self, operands: Vec<Operand>, action: Action, targets: [Target; 3]) {
        let slot = self.assembly.slot();
        let mut entry = Entry::new(action, slot, operands);
        [entry.negative, entry.zero, entry.positive] = targets;
        self.assembly.push(entry);
    }
}
