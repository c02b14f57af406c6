//! Loops, and what leaves or repeats them.

use syn::{Block, Expr, ExprLet, Label, Lifetime, Stmt};

use super::outcomes::{known_call, result_pattern};
use super::unknown::not_understood;
use super::{Flow, Group, Loop};
use crate::ir::Target;
use crate::known::Returned;
use crate::pure::Reason;

/// What a loop is to be known by.
pub(super) fn name(label: Option<&Label>) -> Option<String> {
    label.map(|label| label.name.ident.to_string())
}

impl Group {
    /// A loop; whether it is ever left to what follows it.
    pub(super) fn loop_(
        &mut self,
        label: Option<&Label>,
        condition: Option<&Expr>,
        body: &Block,
    ) -> Result<bool, Reason> {
        let around = self.enter(label);
        let (again, end) = (around.again, around.end);
        if let Some(condition) = condition {
            let inside = self.assembly.label();
            self.condition(condition, inside, end)?;
            self.assembly.place(inside);
        }
        if self.block(&body.stmts, |_| Ok(()))? == Flow::On {
            self.assembly.jump(Target::To(again));
        }
        Ok(self.leave() || condition.is_some())
    }

    /// `while let Ok(value) = call { … }`, or with `Err`.
    pub(super) fn while_let(
        &mut self,
        label: Option<&Label>,
        let_: &ExprLet,
        body: &Block,
    ) -> Result<(), Reason> {
        if self.is_over_entries(let_) {
            return self.entries(label, let_, body);
        }
        let Some((call, known)) = known_call(&let_.expr) else {
            return Err(not_understood(&let_.expr));
        };
        let (is_ok, inner) = result_pattern(&let_.pat)?;
        if !is_ok && known.returned == Returned::Descriptor
            || known.returned == Returned::Descriptors
        {
            return Err(Reason::new(
                &let_.pat,
                "the descriptor is dropped at the end of this loop; bind it by `match` or `?`",
            ));
        }
        let around = self.enter(label);
        let (again, end) = (around.again, around.end);
        let called = self.call(call, known)?;
        let inside = self.assembly.label();
        if is_ok {
            self.fails(&called, Target::To(end));
        } else {
            self.fails(&called, Target::To(inside));
            self.assembly.jump(Target::To(end));
        }
        self.assembly.place(inside);
        let bind = |group: &mut Self| group.bind_result(&called, is_ok, inner, &let_.pat);
        if self.block(&body.stmts, bind)? == Flow::On {
            self.assembly.jump(Target::To(again));
        }
        self.leave();
        Ok(())
    }

    /// Begins a loop.
    pub(super) fn enter(&mut self, label: Option<&Label>) -> Loop {
        let [again, end] = [(); 2].map(|()| self.assembly.label());
        self.assembly.place(again);
        let around = Loop {
            label: name(label),
            again,
            end,
            depth: self.depth + 1,
            left: false,
        };
        self.loops.push(around.clone());
        around
    }

    /// Ends the innermost loop; whether something in it leads to its end.
    pub(super) fn leave(&mut self) -> bool {
        let Some(ended) = self.loops.pop() else {
            return false;
        };
        self.assembly.place(ended.end);
        ended.left
    }

    /// `return`, `break` and `continue`.
    pub(super) fn way_out(&mut self, whole: &Stmt, expr: &Expr) -> Result<Flow, Reason> {
        let target = match expr {
            Expr::Break(break_) => match self.around(break_.label.as_ref()) {
                Some(at) => {
                    if let Some(value) = &break_.expr {
                        return Err(Reason::new(value, "a loop of a batch has no value"));
                    }
                    self.loops[at].left = true;
                    self.close_from(self.loops[at].depth);
                    Target::To(self.loops[at].end)
                }
                None => self.leaving(whole, break_.expr.as_deref())?,
            },
            Expr::Continue(continue_) => match self.around(continue_.label.as_ref()) {
                Some(at) => {
                    self.close_from(self.loops[at].depth);
                    Target::To(self.loops[at].again)
                }
                None => self.leaving(whole, None)?,
            },
            Expr::Return(return_) => self.leaving(whole, return_.expr.as_deref())?,
            other => return Err(not_understood(other)),
        };
        self.assembly.jump(target);
        Ok(Flow::Never)
    }

    /// The loop of the batch that this label names, or the innermost.
    fn around(&self, label: Option<&Lifetime>) -> Option<usize> {
        match label {
            None => self.loops.len().checked_sub(1),
            Some(label) => {
                let name = label.ident.to_string();
                self.loops
                    .iter()
                    .rposition(|around| around.label.as_ref() == Some(&name))
            }
        }
    }
}
