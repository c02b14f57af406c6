//! Blocks within a batch.

use quote::{ToTokens, quote};
use syn::{Block, Stmt};

use super::{Flow, Group};
use crate::known::calls_in;
use crate::pure::{Reason, diverges, expr_diverges};

impl Group {
    pub(super) fn close_from(&mut self, depth: usize) {
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
    pub(super) fn block(
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
