//! What is known of the function around a batch.

use std::collections::BTreeSet;
use std::rc::Rc;

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprBinary, ExprLet, ExprMatch, Local, Pat};

use crate::known::{Returned, called};
use crate::pure::identifiers;

/// What the function around a group is like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// Whether `?` makes an error by a conversion that is known to do nothing else.
    pub(crate) plain_errors: bool,
    /// The names of variables to which something is added that may be large.
    pub(crate) large: Rc<BTreeSet<String>>,
}

impl Surroundings {
    pub(crate) fn new(plain_errors: bool, block: &Block) -> Self {
        let mut names = Names::default();
        names.visit_block(block);
        let mut large = names.large;
        for (counter, addend) in names.added {
            if !names.results.contains(&addend) {
                large.insert(counter);
            }
        }
        Self {
            plain_errors,
            large: Rc::new(large),
        }
    }
}

#[derive(Default)]
struct Names {
    /// The names of lengths, which are small.
    results: BTreeSet<String>,
    /// What is added to what.
    added: Vec<(String, String)>,
    large: BTreeSet<String>,
}

impl Names {
    /// What a value is bound to, if that is how much a call has read or written.
    fn bound(&mut self, pat: &Pat, value: &Expr) {
        let value = match value {
            Expr::Try(question) => &question.expr,
            Expr::Match(match_) => &match_.expr,
            other => other,
        };
        let is_length = matches!(value, Expr::Call(call)
            if called(&call.func).is_some_and(|known| known.returned == Returned::Length));
        if is_length {
            self.results.extend(identifiers(pat));
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            self.bound(&local.pat, &init.expr);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_let(&mut self, let_: &'ast ExprLet) {
        self.bound(&let_.pat, &let_.expr);
        visit::visit_expr_let(self, let_);
    }

    fn visit_expr_match(&mut self, match_: &'ast ExprMatch) {
        for arm in &match_.arms {
            self.bound(&arm.pat, &match_.expr);
        }
        visit::visit_expr_match(self, match_);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if let (BinOp::AddAssign(_), Some(counter)) = (&binary.op, name(&binary.left)) {
            match added(&binary.right) {
                Added::Constant => {}
                Added::Name(addend) => self.added.push((counter, addend)),
                Added::Other => {
                    self.large.insert(counter);
                }
            }
        }
        visit::visit_expr_binary(self, binary);
    }
}

enum Added {
    Constant,
    Name(String),
    Other,
}

fn added(expr: &Expr) -> Added {
    match expr {
        Expr::Paren(inner) => added(&inner.expr),
        Expr::Cast(cast) => added(&cast.expr),
        Expr::Lit(_) => Added::Constant,
        other => name(other).map_or(Added::Other, Added::Name),
    }
}

fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_large_is_known() {
        let large = |text: &str| {
            let block = syn::parse_str(&format!("{{ {text} }}")).unwrap();
            !Surroundings::new(true, &block).large.is_empty()
        };
        for text in [
            "sum += 1;",
            "let n = read(f, b)?; sum += n as u64;",
            "let n = match write(f, b) { Ok(n) => n, Err(_) => return }; sum += n;",
            "if let Ok(n) = read(f, b) { sum += n; }",
            "match read(f, b) { Ok(n) => sum += n, Err(_) => {} }",
        ] {
            assert!(!large(text), "{text}");
        }
        for text in [
            "sum += stat.st_size as u64;",
            "sum += number;",
            "let n = seek(f, to)?; sum += n;",
            "let n = stat.st_size; sum += n;",
            "sum += (n + 1);",
        ] {
            assert!(large(text), "{text}");
        }
    }
}
