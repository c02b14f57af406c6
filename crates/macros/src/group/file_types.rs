//! Types of files, of entries of a directory and of modes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser as _;
use syn::{BinOp, Expr, Pat, Token};

use super::directories::TYPE;
use super::{Group, Kind};
use crate::ir::{Action, Label, Operand, Target};
use crate::pure::Reason;

/// The names that stand for one number, in the record of an entry and in a mode.
const NAMES: &[(&str, u64)] = &[
    ("Fifo", 1),
    ("CharacterDevice", 2),
    ("Directory", 4),
    ("BlockDevice", 6),
    ("RegularFile", 8),
    ("Symlink", 10),
    ("Socket", 12),
];

/// Methods that ask for one.
const METHODS: &[(&str, u64)] = &[
    ("is_fifo", 1),
    ("is_char_device", 2),
    ("is_dir", 4),
    ("is_block_device", 6),
    ("is_file", 8),
    ("is_symlink", 10),
    ("is_socket", 12),
];

/// The types of which there is a name, by their numbers.
const KNOWN: u64 = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 12;

fn find(table: &[(&str, u64)], name: &str) -> Option<u64> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number)
}

/// The name of a variant of `FileType`, if it is one.
fn variant(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else {
        return None;
    };
    let mut names = path.path.segments.iter().rev().map(|s| s.ident.to_string());
    let name = names.next()?;
    (names.next()? == "FileType").then_some(name)
}

impl Group {
    /// The number of the type that an expression with results of the batch has.
    pub(super) fn file_type(&mut self, expr: &Expr) -> Result<Option<Operand>, Reason> {
        if let Some(record) = self.record(expr, "file_type") {
            let place = [record, Operand::Constant(TYPE)];
            let slot = self.assembly.operation(Action::Load1, place);
            return Ok(Some(Operand::Slot(slot)));
        }
        match expr {
            Expr::Paren(inner) => self.file_type(&inner.expr),
            Expr::Path(path) => {
                let variable = path.path.get_ident().and_then(|name| self.variable(name));
                Ok(variable
                    .filter(|variable| variable.kind == Kind::FileType)
                    .map(|variable| Operand::Slot(variable.slot)))
            }
            Expr::Call(call) if call.args.len() == 1 && is_from_mode(&call.func) => {
                let Some(mode) = self.result(&call.args[0])? else {
                    return Ok(None);
                };
                let bits = [mode.operand, Operand::Constant(0o170_000)];
                let slot = self.assembly.operation(Action::And, bits);
                let number = [Operand::Slot(slot), Operand::Constant(12)];
                let slot = self.assembly.operation(Action::Shr, number);
                Ok(Some(Operand::Slot(slot)))
            }
            _ => Ok(None),
        }
    }

    /// A condition about a type, if it is one.
    pub(super) fn type_condition(
        &mut self,
        expr: &Expr,
        yes: Label,
        no: Label,
    ) -> Result<bool, Reason> {
        match expr {
            Expr::MethodCall(call) if call.args.is_empty() => {
                let Some(number) = find(METHODS, &call.method.to_string()) else {
                    return Ok(false);
                };
                let Some(found) = self.file_type(&call.receiver)? else {
                    return Ok(false);
                };
                self.is_number(found, number, yes, no);
                Ok(true)
            }
            Expr::Binary(binary) => {
                let (yes, no) = match binary.op {
                    BinOp::Eq(_) => (yes, no),
                    BinOp::Ne(_) => (no, yes),
                    _ => return Ok(false),
                };
                let (left, right) = (
                    self.file_type(&binary.left)?,
                    self.file_type(&binary.right)?,
                );
                let (found, other) = match (left, right) {
                    (Some(found), None) => (found, &binary.right),
                    (None, Some(found)) => (found, &binary.left),
                    (None, None) => return Ok(false),
                    (Some(_), Some(_)) => {
                        return Err(Reason::new(
                            binary,
                            "a batch can compare the type of a file with one that is known",
                        ));
                    }
                };
                self.is_type(found, other, yes, no)?;
                Ok(true)
            }
            Expr::Macro(called) if called.mac.path.is_ident("matches") => {
                let Some((value, pat)) = matches(called.mac.tokens.clone()) else {
                    return Ok(false);
                };
                let Some(found) = self.file_type(&value)? else {
                    return Ok(false);
                };
                for pat in super::matches::alternatives(&pat) {
                    let Pat::Path(path) = pat else {
                        return Err(Reason::new(
                            pat,
                            "a batch can compare the type of a file with `FileType::Directory` \
                             and the like",
                        ));
                    };
                    let next = self.assembly.label();
                    self.is_type(found, &Expr::Path(path.clone()), yes, next)?;
                    self.assembly.place(next);
                }
                self.assembly.jump(Target::To(no));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Leads to `yes` if a type is this one.
    fn is_type(&mut self, found: Operand, of: &Expr, yes: Label, no: Label) -> Result<(), Reason> {
        let number = variant(of).and_then(|name| find(NAMES, &name));
        if let Some(number) = number {
            self.is_number(found, number, yes, no);
            return Ok(());
        }
        // Each number without a name is that of `Unknown`.
        let wanted = quote!(::sysbatch::__private::type_bit(#of));
        let [wanted] = self.prepared(of, "type", &wanted, |name| [quote!(#name)])?;
        let bit = self
            .assembly
            .operation(Action::Shl, [Operand::Constant(1), found]);
        let bits = [Operand::Slot(bit), Operand::Constant(KNOWN)];
        let bit = self.assembly.operation(Action::And, bits);
        let [yes, no] = [yes, no].map(Target::To);
        self.test(vec![Operand::Slot(bit), wanted], Action::Sub, [no, yes, no]);
        Ok(())
    }

    fn is_number(&mut self, found: Operand, number: u64, yes: Label, no: Label) {
        let [yes, no] = [yes, no].map(Target::To);
        let operands = vec![found, Operand::Constant(number)];
        self.test(operands, Action::Sub, [no, yes, no]);
    }
}

/// Whether it is `FileType::from_raw_mode`.
fn is_from_mode(function: &Expr) -> bool {
    variant(function).is_some_and(|name| name == "from_raw_mode")
}

/// What is in `matches!(…)`, without a guard.
fn matches(tokens: TokenStream) -> Option<(Expr, Pat)> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        let value: Expr = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Option<Token![,]>>()?;
        Ok((value, pat))
    };
    parser.parse2(tokens).ok()
}
