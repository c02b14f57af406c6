//! What an expression may do when it is evaluated.
//!
//! The arguments of all calls of a batch are evaluated before the first of them is made.
//! Nobody can tell if that has no effect, cannot panic, and gives the same value.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{BinOp, Block, Expr, Lit, Stmt, UnOp};

use crate::path::segments;

/// Why something is left as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) span: Span,
    pub(crate) text: String,
}

impl Reason {
    pub(crate) fn new(at: impl ToTokens, text: impl Into<String>) -> Self {
        Self {
            span: at.span(),
            text: text.into(),
        }
    }
}

/// What evaluating an expression without effects can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purity {
    /// A value.
    Value,
    /// A value or a panic.
    MayPanic,
}

/// Methods that by convention have no effect and do not panic.
const METHODS: &[&str] = &[
    "as_bytes",
    "as_c_str",
    "as_fd",
    "as_mut_slice",
    "as_os_str",
    "as_path",
    "as_ref",
    "as_slice",
    "as_str",
    "bits",
    "is_empty",
    "iter",
    "len",
    "union",
];

/// Associated functions of sets of flags and the like, of which the same is true.
const FUNCTIONS: &[&str] = &[
    "all",
    "empty",
    "from_bits_retain",
    "from_bits_truncate",
    "from_raw_mode",
    "uninit",
];

/// Variants that are written like calls.
const VARIANTS: &[&str] = &[
    "Current", "Data", "End", "Err", "Hole", "Ok", "Some", "Start",
];

/// What evaluating this can come to.
pub(crate) fn purity(expr: &Expr) -> Result<Purity, Reason> {
    let all = |exprs: &mut dyn Iterator<Item = &Expr>| {
        let mut worst = Purity::Value;
        for expr in exprs {
            worst = worst.max(purity(expr)?);
        }
        Ok(worst)
    };
    match expr {
        Expr::Lit(_) | Expr::Path(_) => Ok(Purity::Value),
        Expr::Reference(inner) => purity(&inner.expr),
        Expr::Paren(inner) => purity(&inner.expr),
        Expr::Group(inner) => purity(&inner.expr),
        Expr::Field(inner) => purity(&inner.base),
        Expr::Cast(inner) => purity(&inner.expr),
        Expr::Array(array) => all(&mut array.elems.iter()),
        Expr::Tuple(tuple) => all(&mut tuple.elems.iter()),
        Expr::Repeat(repeat) => all(&mut [&*repeat.expr, &*repeat.len].into_iter()),
        Expr::Unary(unary) => {
            let inner = purity(&unary.expr)?;
            let literal = matches!(&*unary.expr, Expr::Lit(_));
            Ok(match unary.op {
                UnOp::Neg(_) if !literal => Purity::MayPanic,
                _ => inner,
            })
        }
        Expr::Binary(binary) => {
            let sides = all(&mut [&*binary.left, &*binary.right].into_iter())?;
            Ok(match binary.op {
                BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::BitXor(_) => sides,
                BinOp::And(_) | BinOp::Or(_) => sides,
                BinOp::Eq(_) | BinOp::Ne(_) => sides,
                BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => sides,
                BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) if is_constant(expr) => sides,
                BinOp::Add(_)
                | BinOp::Sub(_)
                | BinOp::Mul(_)
                | BinOp::Div(_)
                | BinOp::Rem(_)
                | BinOp::Shl(_)
                | BinOp::Shr(_) => Purity::MayPanic,
                _ => return Err(Reason::new(expr, "it changes a variable")),
            })
        }
        Expr::Index(index) => {
            purity(&index.expr)?;
            match &*index.index {
                Expr::Range(range) if range.start.is_none() && range.end.is_none() => {
                    Ok(Purity::Value)
                }
                Expr::Range(range) => {
                    all(&mut range.start.iter().chain(&range.end).map(|end| &**end))?;
                    Ok(Purity::MayPanic)
                }
                other => purity(other).map(|_| Purity::MayPanic),
            }
        }
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else {
                return Err(effect(expr));
            };
            let segments = &function.path.segments;
            let name = segments
                .last()
                .map_or(String::new(), |s| s.ident.to_string());
            let known = VARIANTS.contains(&name.as_str())
                || is_widening(function)
                || segments.len() > 1 && FUNCTIONS.contains(&name.as_str());
            if !known {
                return Err(effect(expr));
            }
            all(&mut call.args.iter())
        }
        Expr::MethodCall(call) if METHODS.contains(&call.method.to_string().as_str()) => {
            let receiver = purity(&call.receiver)?;
            Ok(receiver.max(all(&mut call.args.iter())?))
        }
        other => Err(effect(other)),
    }
}

/// `u64::from` and the like.
fn is_widening(function: &syn::ExprPath) -> bool {
    let names = segments(&function.path);
    let numbers = ["u16", "u32", "u64", "i32", "i64"];
    matches!(&names[..], [of, from] if numbers.contains(&of.as_str()) && from == "from")
}

/// Whether it is a `Vec` that is empty.
fn is_empty_vec(call: &syn::ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let mut names = function.path.segments.iter().map(|s| s.ident.to_string());
    let (of, name) = (names.next(), names.next());
    let is_new = of.as_deref() == Some("Vec")
        && matches!(name.as_deref(), Some("new" | "with_capacity"))
        && names.next().is_none();
    is_new && call.args.iter().all(is_constant_or_path)
}

fn effect(expr: &Expr) -> Reason {
    Reason::new(
        expr,
        "evaluating this may have effects of its own, which have to come between the calls; \
         bind it to a variable before the calls",
    )
}

/// Whether an expression consists of literals alone, so that the compiler evaluates it.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(lit.lit, Lit::Int(_)),
        Expr::Paren(inner) => is_constant(&inner.expr),
        Expr::Binary(binary) => is_constant(&binary.left) && is_constant(&binary.right),
        _ => false,
    }
}

/// Whether a value of this expression is one without anything that happens when it is
/// dropped, whatever its type: what it is made of is in sight.
pub(crate) fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Reference(inner) => {
            purity(&inner.expr) == Ok(Purity::Value) && is_place_or_plain(&inner.expr)
        }
        Expr::Paren(inner) => is_plain(&inner.expr),
        Expr::Array(array) => array.elems.iter().all(is_plain),
        Expr::Repeat(repeat) => is_plain(&repeat.expr) && is_constant_or_path(&repeat.len),
        Expr::Cast(inner) => purity(&inner.expr) == Ok(Purity::Value),
        Expr::Binary(_) => purity(expr) == Ok(Purity::Value),
        Expr::Path(path) => {
            let segments = &path.path.segments;
            let name = segments
                .last()
                .map_or(String::new(), |s| s.ident.to_string());
            // A constant, by its name.
            name.chars().all(|c| !c.is_ascii_lowercase()) && name.len() > 1
        }
        Expr::Call(call) if is_empty_vec(call) => true,
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return false;
            };
            let name = path
                .path
                .segments
                .last()
                .map_or(String::new(), |s| s.ident.to_string());
            FUNCTIONS.contains(&name.as_str()) && purity(expr) == Ok(Purity::Value)
        }
        _ => false,
    }
}

fn is_place_or_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(_) | Expr::Field(_)) || is_plain(expr)
}

fn is_constant_or_path(expr: &Expr) -> bool {
    is_constant(expr) || matches!(expr, Expr::Path(_)) && is_plain(expr)
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The identifiers in these tokens, whatever they stand for.
pub(crate) fn identifiers(tokens: impl ToTokens) -> BTreeSet<String> {
    fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    found.insert(ident.to_string());
                }
                TokenTree::Group(group) => collect(group.stream(), found),
                // A format string names variables, too.
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    found.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(tokens.into_token_stream(), &mut found);
    found
}

/// Whether control never leaves this block at its end, by what its last statement is.
pub(crate) fn diverges(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => expr_diverges(expr),
        Some(Stmt::Macro(last)) => panics(&last.mac),
        _ => false,
    }
}

/// Whether this is a `return`, `break` or `continue`, or a block that ends with one.
pub(crate) fn expr_diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => block.label.is_none() && diverges(&block.block),
        Expr::Macro(last) => panics(&last.mac),
        _ => false,
    }
}

fn panics(called: &syn::Macro) -> bool {
    let panics = ["panic", "unreachable", "todo", "unimplemented", "bail"];
    panics.iter().any(|name| called.path.is_ident(name))
}

/// Whether a `break` or `continue` in these tokens may be of a loop around them.
pub(crate) fn leaves_loop(tokens: impl ToTokens) -> bool {
    let found = identifiers(tokens);
    found.contains("break") || found.contains("continue")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Purity> {
        purity(&syn::parse_str(text).unwrap()).ok()
    }

    #[test]
    fn expressions_are_told_apart() {
        for text in [
            "1",
            "&buffer",
            "&mut self.buffer[..]",
            "OFlags::RDONLY | OFlags::CLOEXEC",
            "Mode::empty()",
            "fd.as_fd()",
            "buffer.len()",
            "4 * 1024",
            "n as u64",
            "!x",
            "Some(c\"a\")",
            "SeekFrom::Start(4)",
            "-1",
        ] {
            assert_eq!(of(text), Some(Purity::Value), "{text}");
        }
        for text in ["&buffer[..n]", "a + 1", "a[0]", "-a", "a / b", "1 << n"] {
            assert_eq!(of(text), Some(Purity::MayPanic), "{text}");
        }
        for text in [
            "f()",
            "a.next()",
            "format!(\"\")",
            "a += 1",
            "{ 1 }",
            "a = 1",
            "empty()",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn plain_values_are_told_from_others() {
        let plain = |text| is_plain(&syn::parse_str(text).unwrap());
        for text in [
            "[0_u8; 4096]",
            "c\"name\"",
            "&other",
            "OFlags::RDONLY | OFlags::CREATE",
            "[0; SIZE]",
            "Mode::empty()",
            "CWD",
            "Vec::with_capacity(4096)",
            "[MaybeUninit::uninit(); 512]",
        ] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "guard",
            "guard.inner",
            "f()",
            "Some(guard)",
            "[guard]",
            "&f()",
            "A",
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}
