//! Blocks, in which consecutive statements that are understood become batches.

use std::collections::BTreeSet;
use std::mem;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprCall, ExprPath, Item, Stmt, parse_quote};

use crate::generate::generate;
use crate::group::{Group, declared};
use crate::known::{called, calls_in};
use crate::path::is_new;
use crate::pure::{Reason, identifiers};
use crate::surroundings::Surroundings;

/// What became of a statement.
#[derive(Debug)]
pub(crate) enum Event {
    /// These calls, by their names, are one batch.
    Combined {
        at: Span,
        end: Span,
        calls: Vec<String>,
    },
    /// One call by itself, which needs no batch.
    Alone(Span),
    /// A batch ends here, and there are calls after it.
    Split(Reason),
    /// A call was left as it is written.
    Left(Reason),
}

/// What rewrites blocks.
#[derive(Debug)]
pub(crate) struct Rewriter {
    surroundings: Surroundings,
    pub(crate) events: Vec<Event>,
    /// Why the statement that is looked at was left as it is.
    reason: Option<Reason>,
    names: usize,
}

impl Rewriter {
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            events: Vec::new(),
            reason: None,
            names: 0,
        }
    }

    /// Rewrites a block.
    pub(crate) fn block(&mut self, block: &mut Block) {
        let statements = mem::take(&mut block.stmts);
        let mut out = Vec::new();
        let mut group = Group::new(self.surroundings.clone());
        // Why the group before was ended, and how many groups and calls there are.
        let mut ended: Option<Reason> = None;
        let count = statements.len();
        for (at, mut statement) in statements.clone().into_iter().enumerate() {
            let after = &statements[at + 1..];
            if at + 1 == count
                && let Some([call, rest]) = self.split_value(&statement)
            {
                let mut longer = group.clone();
                if longer.add(&call).is_ok() && longer.pays() {
                    (group, statement) = (longer, rest);
                }
            }
            let reason = match longer(&group, &statement, after) {
                Ok(longer) => {
                    group = longer;
                    if group.ended {
                        self.flush(&mut group, &mut out, &mut ended);
                    }
                    continue;
                }
                Err(reason) => reason,
            };
            let mut why = reason.clone();
            if !group.statements.is_empty() {
                if let (true, Some(value)) = (at + 1 == count, value(&statement))
                    && value.is_none_or(|value| group.is_apart(value))
                {
                    group.close_at_end(&value.map(identifiers).unwrap_or_default());
                }
                let calls = self.flush(&mut group, &mut out, &mut ended);
                if calls {
                    ended = Some(reason);
                }
                match longer(&group, &statement, after) {
                    Ok(longer) => {
                        group = longer;
                        if group.ended {
                            self.flush(&mut group, &mut out, &mut ended);
                        }
                        continue;
                    }
                    Err(reason) => {
                        group = Group::new(self.surroundings.clone());
                        why = reason;
                    }
                }
            }
            if calls_in(std::slice::from_ref(&statement)) {
                self.events.extend(ended.take().map(Event::Split));
                ended = Some(why.clone());
            }
            let outer = self.reason.replace(why);
            self.visit_stmt_mut(&mut statement);
            self.reason = outer;
            out.push(statement);
        }
        group.close_at_end(&BTreeSet::new());
        self.flush(&mut group, &mut out, &mut ended);
        block.stmts = out;
    }

    /// Ends a group; whether there were calls in it.
    fn flush(
        &mut self,
        group: &mut Group,
        out: &mut Vec<Stmt>,
        ended: &mut Option<Reason>,
    ) -> bool {
        let mut group = mem::replace(group, Group::new(self.surroundings.clone()));
        let Some(first) = group.statements.first() else {
            return false;
        };
        let at = syn::spanned::Spanned::span(first);
        let end = group
            .statements
            .last()
            .map_or(at, syn::spanned::Spanned::span);
        let any = group.assembly.calls() > 0;
        if any {
            self.events.extend(ended.take().map(Event::Split));
        }
        self.events.extend(group.left.drain(..).map(Event::Left));
        let pays = group.pays();
        let calls = group.names();
        group.finish();
        match pays.then(|| generate(&group)).flatten() {
            Some(code) => {
                self.events.push(Event::Combined { at, end, calls });
                out.push(Stmt::Expr(Expr::Verbatim(code), None));
            }
            None => {
                self.events.extend(any.then_some(Event::Alone(at)));
                out.extend(group.statements);
            }
        }
        any
    }

    /// A call that is the value of a block, as a statement and what is left of the value.
    fn split_value(&mut self, statement: &Stmt) -> Option<[Stmt; 2]> {
        let Stmt::Expr(value, None) = statement else {
            return None;
        };
        self.names += 1;
        let name = Ident::new(
            &format!("__value{}", self.names),
            // An error of its type is one of the value.
            Span::mixed_site().located_at(syn::spanned::Spanned::span(value)),
        );
        let Expr::Call(call) = value else {
            return None;
        };
        if called(&call.func).is_some() {
            let rest = Stmt::Expr(parse_quote!(#name), None);
            return Some([parse_quote!(let #name = #value;), rest]);
        }
        let (Some(Expr::Try(question)), function) = (call.args.first(), &call.func) else {
            return None;
        };
        let is_known = matches!(&*question.expr, Expr::Call(call) if called(&call.func).is_some());
        if !is_known || !is_ok(function) || call.args.len() != 1 {
            return None;
        }
        let rest = Stmt::Expr(parse_quote!(#function(#name)), None);
        Some([parse_quote!(let #name = #question;), rest])
    }
}

/// A group with one more statement. If that declares what cannot be had outside of a batch,
/// the statements that mention it have to be in it, too.
fn longer(group: &Group, statement: &Stmt, after: &[Stmt]) -> Result<Group, Reason> {
    let mut longer = group.clone();
    longer.add(statement)?;
    if let Some(name) = declared(statement)
        && let Some(last) = after.iter().rposition(|s| identifiers(s).contains(&name))
    {
        let mut trial = longer.clone();
        for statement in &after[..=last] {
            if trial.ended {
                break;
            }
            trial.add(statement)?;
        }
    }
    Ok(longer)
}

fn is_ok(function: &Expr) -> bool {
    matches!(function, Expr::Path(ExprPath { path, .. }) if path.is_ident("Ok"))
}

/// What a block comes to by its last statement: nothing for `return;`.
fn value(statement: &Stmt) -> Option<Option<&Expr>> {
    match statement {
        Stmt::Expr(Expr::Return(return_), _) => Some(return_.expr.as_deref()),
        Stmt::Expr(expr, None) => Some(Some(expr)),
        _ => None,
    }
}

impl VisitMut for Rewriter {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block);
    }

    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        if called(&call.func).is_some() || is_new(call) {
            let reason = self.reason.clone();
            let text = reason.map_or_else(|| "it is left as it is".to_owned(), |why| why.text);
            self.events.push(Event::Left(Reason::new(&*call, text)));
        }
        visit_mut::visit_expr_call_mut(self, call);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.within("closures are left as they are", quote!(#closure));
    }

    fn visit_expr_async_mut(&mut self, block: &mut syn::ExprAsync) {
        self.within("asynchronous blocks are left as they are", quote!(#block));
    }

    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

impl Rewriter {
    /// Notes the calls in what is left as it is.
    fn within(&mut self, why: &str, tokens: TokenStream) {
        struct Note<'a>(&'a mut Vec<Event>, &'a str);
        impl<'ast> Visit<'ast> for Note<'_> {
            fn visit_expr_call(&mut self, call: &'ast ExprCall) {
                if called(&call.func).is_some() {
                    self.0.push(Event::Left(Reason::new(call, self.1)));
                }
                visit::visit_expr_call(self, call);
            }
        }
        if let Ok(expr) = syn::parse2::<Expr>(tokens) {
            Note(&mut self.events, why).visit_expr(&expr);
        }
    }
}
