//! `match` on what a call comes to.

use proc_macro2::Ident;
use quote::quote;
use syn::{Arm, Expr, Pat, Stmt, Token};

use super::arguments::Called;
use super::outcomes::{Binding, binding, known_call, result_pattern};
use super::unknown::not_understood;
use super::{Flow, Group, Kind};
use crate::ir::{Action, Label, Operand, Target};
use crate::known::Returned;
use crate::pure::Reason;

impl Group {
    /// `match call { Ok(value) => …, Err(…) => … }`. With a `name`, the arm of `Ok` has to be
    /// that of a value that is bound to it.
    pub(super) fn matched(
        &mut self,
        match_: &syn::ExprMatch,
        bound: Option<(&Ident, Option<Token![mut]>)>,
    ) -> Result<Flow, Reason> {
        let Some((call, known)) = known_call(&match_.expr) else {
            return Err(not_understood(&match_.expr));
        };
        if matches!(known.returned, Returned::Descriptors | Returned::Received) {
            return Err(Reason::new(
                call,
                "two results of a call can be had with `?` in a batch",
            ));
        }
        let called = self.call(call, known)?;
        let [failure, end] = [(); 2].map(|()| self.assembly.label());
        self.fails(&called, Target::To(failure));
        let mut flow = Flow::Never;
        let mut done = false;
        // The arm of success comes first.
        for arm in &match_.arms {
            for pat in alternatives(&arm.pat) {
                let (true, inner) = result_pattern(pat)? else {
                    continue;
                };
                if done {
                    return Err(Reason::new(pat, "a batch can have one arm of `Ok`"));
                }
                done = true;
                let arm_flow = match bound {
                    None => self.arm(arm, |group| group.bind_result(&called, true, inner, pat))?,
                    Some(_) => self.same(inner, &arm.body)?,
                };
                if arm_flow == Flow::On {
                    flow = Flow::On;
                    self.assembly.jump(Target::To(end));
                }
            }
        }
        self.assembly.place(failure);
        for arm in &match_.arms {
            let [body, next] = [(); 2].map(|()| self.assembly.label());
            let mut name = None;
            let mut errors = 0;
            for pat in alternatives(&arm.pat) {
                let (false, inner) = result_pattern(pat)? else {
                    continue;
                };
                errors += 1;
                for inner in alternatives(inner) {
                    name = self.error_pattern(&called, inner, body)?.or(name);
                }
            }
            if errors == 0 {
                continue;
            }
            self.assembly.jump(Target::To(next));
            self.assembly.place(body);
            let slot = called.slot;
            let arm_flow = self.arm(arm, |group| {
                if let Some((name, mutability)) = name {
                    group.declare(name.clone(), mutability, Kind::Errno, slot);
                }
                Ok(())
            })?;
            if arm_flow == Flow::On {
                if bound.is_some() {
                    return Err(Reason::new(
                        &arm.body,
                        "here a batch needs a way out: `return`, `break` or `continue`",
                    ));
                }
                flow = Flow::On;
                self.assembly.jump(Target::To(end));
            }
            self.assembly.place(next);
        }
        // The compiler knows that one of the arms fits.
        self.assembly.jump(Target::Leave);
        self.assembly.place(end);
        if let Some((name, mutability)) = bound {
            self.bind(&called, &Binding::Name(name, mutability), name)?;
        }
        Ok(flow)
    }

    /// Leads to `body` if the error fits a pattern; gives the name that it is bound to.
    fn error_pattern<'a>(
        &mut self,
        called: &Called,
        pat: &'a Pat,
        body: Label,
    ) -> Result<Option<(&'a Ident, Option<Token![mut]>)>, Reason> {
        if let Pat::Path(path) = pat {
            let value = self.value(quote!(::sysbatch::__private::negated(#path)));
            let next = self.assembly.label();
            let [hit, miss] = [body, next].map(Target::To);
            let operands = vec![Operand::Slot(called.slot), value];
            self.test(operands, Action::Sub, [miss, hit, miss]);
            self.assembly.place(next);
            return Ok(None);
        }
        match binding(pat) {
            Some(Binding::Nothing) if matches!(pat, Pat::Wild(_)) => {
                self.assembly.jump(Target::To(body));
                Ok(None)
            }
            Some(Binding::Name(name, mutability)) => {
                self.assembly.jump(Target::To(body));
                Ok(Some((name, mutability)))
            }
            _ => Err(Reason::new(
                pat,
                "a batch can compare an error with constants like `Errno::NOENT`, or bind it",
            )),
        }
    }

    /// The body of an arm.
    fn arm(
        &mut self,
        arm: &Arm,
        bind: impl Fn(&mut Self) -> Result<(), Reason>,
    ) -> Result<Flow, Reason> {
        let body = &*arm.body;
        match body {
            Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
                self.scope(&block.block.stmts, &block.block, bind)
            }
            Expr::Tuple(tuple) if tuple.elems.is_empty() => self.scope(&[], body, bind),
            Expr::Try(question)
                if known_call(&question.expr)
                    .is_some_and(|(_, of)| of.returned != Returned::Unit) =>
            {
                Err(Reason::new(body, "the value of an arm is left as it is"))
            }
            other => {
                let statement = Stmt::Expr(other.clone(), Some(<Token![;]>::default()));
                self.scope(&[statement], other, bind)
            }
        }
    }

    /// `Ok(value) => value`.
    fn same(&self, inner: &Pat, body: &Expr) -> Result<Flow, Reason> {
        let name = match binding(inner) {
            Some(Binding::Name(name, _)) => Some(name),
            _ => None,
        };
        match body {
            Expr::Path(path) if path.path.get_ident() == name && name.is_some() => Ok(Flow::On),
            _ => Err(Reason::new(
                body,
                "here a batch needs the value that is in `Ok`",
            )),
        }
    }
}

pub(super) fn alternatives(pat: &Pat) -> Vec<&Pat> {
    match pat {
        Pat::Or(or) => or.cases.iter().flat_map(alternatives).collect(),
        Pat::Paren(inner) => alternatives(&inner.pat),
        other => vec![other],
    }
}
