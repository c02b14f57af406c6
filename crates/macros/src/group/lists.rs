//! Loops over lists.
//!
//! What the calls of each round have of its element is evaluated before: a row of numbers
//! for each element, which the batch goes through. Of a long list it is a part at a time; at
//! the end of a part the batch is left, the next one is made ready, and the batch goes on.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ExprForLoop, Pat};

use super::exits::Code;
use super::loops::name;
use super::{Flow, Group, Kind, Loop};
use crate::ir::{Action, Entry, Operand, Slot, Target};
use crate::pure::{Reason, identifiers};

/// A list that a loop goes through.
#[derive(Clone)]
pub(crate) struct List {
    /// The variable with the list.
    pub(crate) list: Ident,
    /// That with the rows.
    pub(crate) rows: Ident,
    /// What makes rows ready.
    pub(crate) fill: Ident,
    pub(crate) source: TokenStream,
    /// What an element is bound to.
    pub(crate) pat: TokenStream,
    /// What is evaluated for each element.
    pub(crate) setup: Vec<TokenStream>,
    /// The numbers of a row.
    pub(crate) columns: Vec<TokenStream>,
    /// How many of them are paths.
    pub(crate) paths: usize,
    /// The slots of the address of the row, of the end of the rows, and of the number of
    /// the part.
    pub(crate) row: Slot,
    pub(crate) end: Slot,
    pub(crate) part: Slot,
}

impl Group {
    /// `for element in list { … }`
    pub(super) fn for_(&mut self, for_: &ExprForLoop) -> Result<(), Reason> {
        let Some((source, by_value)) = self.source(&for_.expr) else {
            return Err(Reason::new(
                &for_.expr,
                "a batch can go through a list if it is a parameter, or a variable, that is \
                 declared as a slice, an array or a `Vec`, and borrowed here; or an array of \
                 constants",
            ));
        };
        self.outer(&for_.expr)?;
        let Some(names) = bound(&for_.pat) else {
            return Err(Reason::new(
                &for_.pat,
                "here a batch needs names, or references and tuples of them",
            ));
        };
        let at = self.lists.len();
        let pat = &for_.pat;
        let [row, end, part] = [(); 3].map(|()| self.assembly.slot());
        let list = List {
            list: self.name("list"),
            rows: self.name("rows"),
            fill: self.name("fill"),
            source,
            pat: if by_value {
                quote!(&#pat)
            } else {
                quote!(#pat)
            },
            setup: Vec::new(),
            columns: Vec::new(),
            paths: 0,
            row,
            end,
            part,
        };
        let rows = list.rows.clone();
        self.lists.push(list);
        let number = |group: &mut Self, name: &str| {
            let name = Ident::new(name, proc_macro2::Span::mixed_site());
            group.value(quote!(#rows.#name()))
        };
        let [start, last, parts, stride] =
            ["start", "end", "parts", "stride"].map(|name| number(self, name));
        // The first part, which is ready unless the loop was run before.
        let [begin, head, body, next, done] = [(); 5].map(|()| self.assembly.label());
        let first = self.refill(at, false, begin);
        let [begin_, body_, next_, done_] = [begin, body, next, done].map(Target::To);
        self.test(
            vec![Operand::Slot(part)],
            Action::Set,
            [begin_, begin_, first],
        );
        self.assembly.place(begin);
        for (slot, value) in [(row, start), (end, last)] {
            self.assembly
                .push(Entry::new(Action::Set, slot, vec![value]));
        }
        self.assembly.place(head);
        let position = Operand::Slot(row);
        let left = vec![position, Operand::Slot(end)];
        self.test(left, Action::Sub, [body_, Target::Next, Target::Next]);
        let another = [Operand::Slot(part), Operand::Constant(1)];
        let another = self.assembly.operation(Action::Add, another);
        let more = self.refill(at, true, head);
        let left = vec![Operand::Slot(another), parts];
        self.test(left, Action::Sub, [more, done_, done_]);
        self.assembly.place(body);
        self.loops.push(Loop {
            label: name(for_.label.as_ref()),
            again: next,
            end: done,
            depth: self.depth + 1,
            left: true,
        });
        let flow = self.block(&for_.body.stmts, |group| {
            for name in &names {
                group.declare(name.clone(), None, Kind::Element(at), row);
            }
            Ok(())
        })?;
        if flow == Flow::On {
            self.assembly.jump(next_);
        }
        self.assembly.place(next);
        let advance = Entry::new(Action::Add, row, vec![position, stride]);
        self.assembly.push(advance.always(Target::To(head)));
        self.leave();
        Ok(())
    }

    /// What a list is borrowed by, and whether its elements are values.
    fn source(&self, expr: &Expr) -> Option<(TokenStream, bool)> {
        if let Expr::Array(array) = expr {
            let constant = |expr: &Expr| matches!(expr, Expr::Lit(_) | Expr::Reference(_));
            return array
                .elems
                .iter()
                .all(constant)
                .then(|| (quote!(&#expr), true));
        }
        let place = match expr {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                match &*reference.expr {
                    Expr::Index(index) => whole(index)?,
                    other => other,
                }
            }
            Expr::MethodCall(call) if call.method == "iter" && call.args.is_empty() => {
                &call.receiver
            }
            // Its elements would be moved, but for a reference.
            other => {
                let name = named(other)?;
                let is_list = self.surroundings.references.contains(&name);
                return is_list.then(|| (quote!(#other), false));
            }
        };
        let name = named(place)?;
        let is_list =
            self.surroundings.owned.contains(&name) || self.surroundings.references.contains(&name);
        is_list.then(|| (quote!(&#place[..]), false))
    }

    /// A way out by which other elements are made ready.
    fn refill(&mut self, list: usize, next: bool, resume: crate::ir::Label) -> Target {
        self.resumed(Code::Refill { list, next, resume }, |_| false)
    }

    /// The list of which this mentions an element.
    pub(super) fn element(&self, expr: &Expr) -> Result<Option<usize>, Reason> {
        let found = identifiers(expr);
        let mut lists = BTreeSet::new();
        for variable in &self.variables {
            if let Kind::Element(list) = variable.kind
                && found.contains(&variable.name.to_string())
            {
                lists.insert(list);
            }
        }
        let mut lists = lists.into_iter();
        match (lists.next(), lists.next()) {
            (list, None) => Ok(list),
            _ => Err(Reason::new(
                expr,
                "a batch can have the elements of one list in an argument",
            )),
        }
    }

    /// Values that are evaluated before the batch, once or for each element: `tokens` make
    /// something of this name, and the values are made of that.
    pub(super) fn prepared<const N: usize>(
        &mut self,
        expr: &Expr,
        what: &str,
        tokens: &TokenStream,
        values: impl Fn(&Ident) -> [TokenStream; N],
    ) -> Result<[Operand; N], Reason> {
        self.outer(expr)?;
        let Some(list) = self.element(expr)? else {
            let name = self.evaluated(what, tokens);
            return Ok(values(&name).map(|value| self.value(value)));
        };
        let name = self.name(what);
        self.lists[list].setup.push(quote!(let #name = #tokens;));
        Ok(values(&name).map(|value| Operand::Slot(self.column(list, value).0)))
    }

    /// Has another number in each row; gives the slot that it is read to, and the index of
    /// the entry that does so.
    fn column(&mut self, list: usize, value: TokenStream) -> (Slot, usize) {
        let list = &mut self.lists[list];
        let offset = 8 * list.columns.len() as u64;
        list.columns.push(value);
        let place = [Operand::Slot(list.row), Operand::Constant(offset)];
        let entry = self.assembly.entries.len();
        (self.assembly.operation(Action::Load8, place), entry)
    }

    /// A path that an element is, or has: the slot of its address, and the entry that has an
    /// error in its place.
    pub(super) fn element_path(
        &mut self,
        expr: &Expr,
        list: usize,
    ) -> Result<(Slot, usize), Reason> {
        self.outer(expr)?;
        self.lists[list].paths += 1;
        let rows = rows();
        let name = self.name("path");
        self.lists[list]
            .setup
            .push(quote!(let #name = #rows.path(&#expr);));
        Ok(self.column(list, quote!(#name)))
    }
}

/// The rows, in what makes them ready.
pub(crate) fn rows() -> Ident {
    Ident::new("__rows", proc_macro2::Span::mixed_site())
}

/// The place of which `place[..]` is all.
fn whole(index: &syn::ExprIndex) -> Option<&Expr> {
    match &*index.index {
        Expr::Range(range) if range.start.is_none() && range.end.is_none() => Some(&index.expr),
        _ => None,
    }
}

fn named(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The names in a pattern that matches always.
fn bound(pat: &Pat) -> Option<Vec<Ident>> {
    match pat {
        Pat::Wild(_) => Some(Vec::new()),
        Pat::Reference(inner) if inner.mutability.is_none() => bound(&inner.pat),
        Pat::Paren(inner) => bound(&inner.pat),
        Pat::Tuple(tuple) => {
            let names: Option<Vec<Vec<Ident>>> = tuple.elems.iter().map(bound).collect();
            Some(names?.concat())
        }
        Pat::Ident(_) => match super::outcomes::binding(pat)? {
            super::outcomes::Binding::Name(name, None) => Some(vec![name.clone()]),
            _ => None,
        },
        _ => None,
    }
}
