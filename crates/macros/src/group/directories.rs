//! Reading a directory: `RawDir` and its entries.
//!
//! The batch has the address of the record that is looked at, where the records end that are
//! in memory, and the length of the record. What rustix has of it does not come to be.

use quote::quote;
use syn::{Expr, ExprCall, ExprLet, ExprMethodCall, Label, Local, Pat, Stmt, Token};

use super::numbers::{Number, Of, Size};
use super::outcomes::{Binding, binding, result_pattern};
use super::{Flow, Group, Kind};
use crate::ir::{Action, Entry, Operand, Slot, Target};
use crate::known::Width;
use crate::path::is_new;
use crate::pure::Reason;

/// Where things are in a record: `struct linux_dirent64`.
const COOKIE: u64 = 8;
const LENGTH: u64 = 16;
pub(super) const TYPE: u64 = 18;
pub(super) const NAME: u64 = 19;

/// A directory that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    /// What `getdents64` has.
    operands: Vec<Operand>,
    at: Slot,
    end: Slot,
    length: Slot,
}

/// The name of a declaration like `let mut entries = RawDir::new(…)`.
pub(crate) fn declared(statement: &Stmt) -> Option<String> {
    let Stmt::Local(local) = statement else {
        return None;
    };
    let (Some(init), Some(Binding::Name(name, _))) = (&local.init, binding(&local.pat)) else {
        return None;
    };
    match &*init.expr {
        Expr::Call(call) if is_new(call) => Some(name.to_string()),
        _ => None,
    }
}

impl Group {
    /// `let mut entries = RawDir::new(directory, memory);`
    pub(super) fn directory(&mut self, local: &Local, call: &ExprCall) -> Result<(), Reason> {
        let (Some(descriptor), Some(memory), 2) =
            (call.args.get(0), call.args.get(1), call.args.len())
        else {
            return Err(Reason::new(call, "`RawDir::new` of rustix has 2 arguments"));
        };
        let Some(Binding::Name(name, mutability)) = binding(&local.pat) else {
            return Err(Reason::new(&local.pat, "here a batch needs a name"));
        };
        let mut operands = vec![self.descriptor(descriptor)?];
        operands.extend(self.records(memory)?);
        let nothing = [Operand::Constant(0)];
        let [at, end, length] = [(); 3].map(|()| self.assembly.operation(Action::Set, nothing));
        let directory = Directory {
            operands,
            at,
            end,
            length,
        };
        self.declare(name.clone(), mutability, Kind::Directory(directory), at);
        Ok(())
    }

    /// The directory that `entries.next()` is about.
    fn next_of(&self, expr: &Expr) -> Option<&Directory> {
        let Expr::MethodCall(call) = expr else {
            return None;
        };
        match self.receiver(call) {
            Some(Kind::Directory(directory)) if call.method == "next" => Some(directory),
            _ => None,
        }
    }

    /// What the variable is that a method without arguments is called on.
    pub(super) fn receiver(&self, call: &ExprMethodCall) -> Option<&Kind> {
        let Expr::Path(path) = &*call.receiver else {
            return None;
        };
        let variable = self.variable(path.path.get_ident()?)?;
        call.args.is_empty().then_some(&variable.kind)
    }

    /// Whether a loop is one over the entries of a directory of the batch.
    pub(super) fn is_over_entries(&self, let_: &ExprLet) -> bool {
        let (inner, _) = transposed(&let_.expr);
        self.next_of(inner).is_some()
    }

    /// `while let Some(entry) = entries.next() { let entry = entry?; … }`
    pub(super) fn entries(
        &mut self,
        label: Option<&Label>,
        let_: &ExprLet,
        body: &syn::Block,
    ) -> Result<(), Reason> {
        let (next, is_transposed) = transposed(&let_.expr);
        let Some(directory) = self.next_of(next).cloned() else {
            return Err(Reason::new(&let_.expr, "this is no directory of the batch"));
        };
        let Some(inner) = in_some(&let_.pat) else {
            return Err(Reason::new(&let_.pat, "here a batch needs `Some(…)`"));
        };
        let around = self.enter(label);
        let (again, end) = (around.again, around.end);
        let (getdents, result) = self.next_record(&directory, end);
        let mut statements = &body.stmts[..];
        let name = if is_transposed {
            let exit = self.question(result);
            self.assembly.entries[getdents].negative = exit;
            inner
        } else if let Ok((true, name)) = result_pattern(inner) {
            // An error is the end.
            self.assembly.entries[getdents].negative = Target::To(end);
            name
        } else {
            let Some(((name, failure), rest)) = statements
                .split_first()
                .and_then(|(first, rest)| Some((opened(first, inner)?, rest)))
            else {
                return Err(Reason::new(
                    inner,
                    "the first statement of this loop has to be `let entry = entry?;`, or with \
                     `let Ok(entry) = entry else { … };`",
                ));
            };
            statements = rest;
            let target = match failure {
                None => self.question(result),
                Some(otherwise) => {
                    let [failure, past] = [(); 2].map(|()| self.assembly.label());
                    self.assembly.jump(Target::To(past));
                    self.assembly.place(failure);
                    self.depth += 1;
                    let flow = self.branch(otherwise);
                    self.depth -= 1;
                    if flow? == Flow::On {
                        return Err(Reason::new(otherwise, "here a batch needs a way out"));
                    }
                    self.assembly.place(past);
                    Target::To(failure)
                }
            };
            self.assembly.entries[getdents].negative = target;
            name
        };
        let (name, mutability): (_, Option<Token![mut]>) = match binding(name) {
            Some(Binding::Name(name, mutability)) => (name.clone(), mutability),
            Some(Binding::Nothing) if matches!(name, Pat::Wild(_)) => (self.name("entry"), None),
            _ => return Err(Reason::new(name, "here a batch needs a name")),
        };
        let at = directory.at;
        let flow = self.block(statements, |group| {
            group.declare(name.clone(), mutability, Kind::Record, at);
            Ok(())
        })?;
        if flow == Flow::On {
            self.assembly.jump(Target::To(again));
        }
        self.leave();
        Ok(())
    }

    /// Has the batch look at the next record, or go to `none`; gives the index of the entry
    /// that may fail and the slot of its result.
    fn next_record(&mut self, directory: &Directory, none: crate::ir::Label) -> (usize, Slot) {
        let Directory {
            operands,
            at,
            end,
            length,
        } = directory;
        let (at, end, length) = (*at, *end, *length);
        let [fill, have] = [(); 2].map(|()| self.assembly.label());
        let position = Operand::Slot(at);
        let push = |group: &mut Self, action, slot, operands| {
            group.assembly.push(Entry::new(action, slot, operands));
        };
        push(self, Action::Add, at, vec![position, Operand::Slot(length)]);
        let [filled, past] = [have, fill].map(Target::To);
        self.test(
            vec![position, Operand::Slot(end)],
            Action::Sub,
            [filled, past, past],
        );
        self.assembly.place(fill);
        let result = self.assembly.slot();
        let getdents = self.assembly.entries.len();
        push(self, Action::Call("getdents64"), result, operands.clone());
        self.assembly.entries[getdents].zero = Target::To(none);
        push(self, Action::Set, at, vec![operands[1]]);
        let filled = vec![operands[1], Operand::Slot(result)];
        push(self, Action::Add, end, filled);
        self.assembly.place(have);
        let place = vec![position, Operand::Constant(LENGTH)];
        push(self, Action::Load2, length, place);
        (getdents, result)
    }

    /// The address of something in the record that a name stands for.
    fn in_record(&self, call: &ExprMethodCall) -> Option<Slot> {
        let Expr::Path(path) = &*call.receiver else {
            return None;
        };
        let variable = self.variable(path.path.get_ident()?)?;
        let is_record = call.args.is_empty() && variable.kind == Kind::Record;
        is_record.then_some(variable.slot)
    }

    /// The record of `entry.file_name()`, and the like.
    pub(super) fn record(&self, expr: &Expr, method: &str) -> Option<Operand> {
        match expr {
            Expr::Paren(inner) => self.record(&inner.expr, method),
            Expr::MethodCall(call) if call.method == method => {
                self.in_record(call).map(Operand::Slot)
            }
            _ => None,
        }
    }

    /// `entry.file_name()` as a path.
    pub(super) fn record_name(&mut self, expr: &Expr) -> Option<Operand> {
        let expr = match expr {
            Expr::Reference(reference) => &reference.expr,
            other => other,
        };
        let record = self.record(expr, "file_name")?;
        let name = self
            .assembly
            .operation(Action::Add, [record, Operand::Constant(NAME)]);
        Some(Operand::Slot(name))
    }

    /// `entry.ino()` and `entry.next_entry_cookie()`.
    pub(super) fn record_number(&mut self, call: &ExprMethodCall) -> Option<Number> {
        let offset = match call.method.to_string().as_str() {
            "ino" => 0,
            "next_entry_cookie" => COOKIE,
            _ => return None,
        };
        let record = Operand::Slot(self.in_record(call)?);
        let slot = self
            .assembly
            .operation(Action::Load8, [record, Operand::Constant(offset)]);
        Some(Number {
            operand: Operand::Slot(slot),
            size: Size::Any,
            of: Some(Of::Width(Width::U64)),
        })
    }

    /// The operands of memory for records.
    fn records(&mut self, expr: &Expr) -> Result<Vec<Operand>, Reason> {
        let (place, borrowed) = match expr {
            Expr::MethodCall(call)
                if call.method == "spare_capacity_mut" && call.args.is_empty() =>
            {
                (&*call.receiver, quote!(#expr))
            }
            Expr::Reference(_) => (super::buffers::place(expr), quote!(#expr)),
            other => (other, quote!(&mut *#other)),
        };
        self.own_memory(expr, place, quote!(records(#borrowed)))
    }
}

/// `entries.next()` without `.transpose()?` after it, and whether that is there.
fn transposed(expr: &Expr) -> (&Expr, bool) {
    if let Expr::Try(question) = expr
        && let Expr::MethodCall(call) = &*question.expr
        && call.method == "transpose"
        && call.args.is_empty()
    {
        return (&call.receiver, true);
    }
    (expr, false)
}

/// What is in `Some(…)`.
fn in_some(pat: &Pat) -> Option<&Pat> {
    match pat {
        Pat::TupleStruct(some) if some.path.is_ident("Some") && some.elems.len() == 1 => {
            some.elems.first()
        }
        _ => None,
    }
}

/// `let name = entry?;` or `let Ok(name) = entry else { … };` of this entry: the name and what
/// is after `else`.
fn opened<'a>(statement: &'a Stmt, entry: &Pat) -> Option<(&'a Pat, Option<&'a Expr>)> {
    let Some(Binding::Name(entry, _)) = binding(entry) else {
        return None;
    };
    let Stmt::Local(local) = statement else {
        return None;
    };
    let init = local.init.as_ref().filter(|_| local.attrs.is_empty())?;
    let is_entry = |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.is_ident(entry));
    match (&*init.expr, &init.diverge) {
        (Expr::Try(question), None) if is_entry(&question.expr) => Some((&local.pat, None)),
        (expr, Some((_, otherwise))) if is_entry(expr) => match result_pattern(&local.pat) {
            Ok((true, name)) => Some((name, Some(otherwise))),
            _ => None,
        },
        _ => None,
    }
}
