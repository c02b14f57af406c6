//! Blocks within a batch: branches, loops, and what leaves them.

use quote::{ToTokens, quote};
use syn::{Block, Expr, Stmt};

use super::{Flow, Group, Loop};
use crate::ir::Target;
use crate::known::calls_in;
use crate::pure::{Reason, diverges, expr_diverges};

impl Group {
    /// A loop; whether it is ever left to what follows it.
    pub(super) fn loop_(&mut self, condition: Option<&Expr>, body: &Block) -> Result<bool, Reason> {
        let [again, end] = [(); 2].map(|()| self.assembly.label());
        self.assembly.place(again);
        self.loops.push(Loop {
            again,
            end,
            depth: self.depth + 1,
            left: condition.is_some(),
        });
        if let Some(condition) = condition {
            let inside = self.assembly.label();
            self.condition(condition, inside, end)?;
            self.assembly.place(inside);
        }
        if self.block(&body.stmts, |_| Ok(()))? == Flow::On {
            self.assembly.jump(Target::To(again));
        }
        self.assembly.place(end);
        Ok(self.loops.pop().is_some_and(|ended| ended.left))
    }

    /// `return`, `break` and `continue`.
    pub(super) fn way_out(&mut self, whole: &Stmt, expr: &Expr) -> Result<Flow, Reason> {
        let target = match (expr, self.loops.last()) {
            (Expr::Return(return_), _) => self.leaving(whole, return_.expr.as_deref())?,
            (Expr::Break(break_), Some(around)) if break_.label.is_none() => {
                let (end, depth) = (around.end, around.depth);
                if let Some(value) = &break_.expr {
                    return Err(Reason::new(value, "a loop of a batch has no value"));
                }
                if let Some(around) = self.loops.last_mut() {
                    around.left = true;
                }
                self.close_from(depth);
                Target::To(end)
            }
            (Expr::Continue(continue_), Some(around)) if continue_.label.is_none() => {
                let (again, depth) = (around.again, around.depth);
                self.close_from(depth);
                Target::To(again)
            }
            (Expr::Break(break_), None) => self.leaving(whole, break_.expr.as_deref())?,
            (Expr::Continue(_), None) => self.leaving(whole, None)?,
            _ => {
                return Err(Reason::new(
                    expr,
                    "a loop of a batch is left without a label",
                ));
            }
        };
        self.assembly.jump(target);
        Ok(Flow::Never)
    }

    fn close_from(&mut self, depth: usize) {
        for slot in self.descriptors(depth) {
            self.assembly.close(slot);
        }
    }

    /// A block in a branch: its statements, or if they are not understood, and it never comes
    /// to its end, a way out to it.
    pub(super) fn scope(
        &mut self,
        statements: &[Stmt],
        whole: impl ToTokens,
        bind: impl Fn(&mut Self) -> Result<(), Reason>,
    ) -> Result<Flow, Reason> {
        let before = self.clone();
        let reason = match self.block(statements, &bind) {
            Ok(flow) => return Ok(flow),
            Err(reason) => reason,
        };
        *self = before;
        let last = statements.last();
        let leaves = last.is_some_and(|last| match last {
            Stmt::Expr(expr, _) => expr_diverges(expr),
            other => diverges_alone(other),
        });
        if !leaves {
            return Err(reason);
        }
        if calls_in(statements) {
            self.left.push(reason);
        }
        self.depth += 1;
        let declared = self.variables.len();
        bind(self)?;
        let exit = self.written(quote!(#whole), false)?;
        self.assembly.jump(exit);
        self.variables.truncate(declared);
        self.depth -= 1;
        Ok(Flow::Never)
    }

    /// The statements of a block, and what is dropped at its end.
    fn block(
        &mut self,
        statements: &[Stmt],
        bind: impl Fn(&mut Self) -> Result<(), Reason>,
    ) -> Result<Flow, Reason> {
        self.depth += 1;
        let declared = self.variables.len();
        bind(self)?;
        let mut flow = Flow::On;
        for statement in statements {
            if flow == Flow::Never {
                return Err(Reason::new(statement, "control never comes here"));
            }
            flow = self.statement(statement)?;
        }
        if flow == Flow::On {
            self.close_from(self.depth);
        }
        self.variables.truncate(declared);
        self.depth -= 1;
        Ok(flow)
    }
}

pub(super) fn diverges_alone(statement: &Stmt) -> bool {
    let block = Block {
        brace_token: syn::token::Brace::default(),
        stmts: vec![statement.clone()],
    };
    diverges(&block)
}

pub(super) fn unlabelled(label: Option<&syn::Label>) -> Result<(), Reason> {
    match label {
        None => Ok(()),
        Some(label) => Err(Reason::new(label, "a loop of a batch has no label")),
    }
}
