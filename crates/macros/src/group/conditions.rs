//! Conditions.

use quote::quote;
use syn::{BinOp, Expr, ExprBinary, UnOp};

use super::Group;
use super::numbers::{Number, Size};
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
            other if self.is_outer(other) => {
                self.outer(other)?;
                let flag = self.evaluated("flag", &quote!(::core::primitive::bool::from(#other)));
                let operand = self.value(quote!(::core::primitive::u64::from(#flag)));
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
        let (left, right) = (self.result(&binary.left)?, self.result(&binary.right)?);
        let any = |number: &Number| number.size == Size::Any;
        let as_it_is = left.iter().chain(&right).any(any);
        let width = left.iter().chain(&right).find_map(|number| number.width);
        let left = self.compared(left, &binary.left, (width, as_it_is))?;
        let right = self.compared(right, &binary.right, (width, as_it_is))?;
        let [yes, no] = [yes, no].map(Target::To);
        // After a difference that is negative, zero, positive.
        let (targets, signs) = match binary.op {
            BinOp::Eq(_) => ([no, yes, no], false),
            BinOp::Ne(_) => ([yes, no, yes], false),
            BinOp::Lt(_) => ([yes, no, no], true),
            BinOp::Le(_) => ([yes, yes, no], true),
            BinOp::Gt(_) => ([no, no, yes], true),
            BinOp::Ge(_) => ([no, yes, yes], true),
            _ => {
                return Err(Reason::new(
                    binary,
                    "a batch can compare results with numbers; this is something else",
                ));
            }
        };
        if signs && as_it_is {
            return Err(Reason::new(
                binary,
                "the size of a file, a place in one, or a sum can be compared by `==` and `!=` in a \
                 batch",
            ));
        }
        self.test(vec![left.operand, right.operand], Action::Sub, targets);
        Ok(())
    }

    /// Branches by the sign of a result.
    pub(super) fn test(&mut self, operands: Vec<Operand>, action: Action, targets: [Target; 3]) {
        let slot = self.assembly.slot();
        let mut entry = Entry::new(action, slot, operands);
        [entry.negative, entry.zero, entry.positive] = targets;
        self.assembly.push(entry);
    }
}
