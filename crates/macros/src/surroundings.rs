//! What is known of the function around a batch.

use std::collections::BTreeSet;
use std::rc::Rc;

use syn::visit::{self, Visit};
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprLet, ExprMatch, FnArg, Local, Pat, PatIdent, PatType,
    Signature, Type,
};

use crate::known::{Returned, called};
use crate::pure::identifiers;

/// What the function around a group is like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// Whether `?` makes an error by a conversion that is known to do nothing else.
    pub(crate) plain_errors: bool,
    /// The names of variables to which something is added that may be large.
    pub(crate) large: Rc<BTreeSet<String>>,
    /// The names of variables that are declared as references to slices, arrays or `Vec`s.
    pub(crate) references: Rc<BTreeSet<String>>,
    /// Those of variables that are declared as arrays or `Vec`s.
    pub(crate) owned: Rc<BTreeSet<String>>,
}

impl Surroundings {
    pub(crate) fn new(plain_errors: bool, signature: Option<&Signature>, block: &Block) -> Self {
        let mut names = Names::default();
        let parameters = signature.iter().flat_map(|signature| &signature.inputs);
        for parameter in parameters {
            if let FnArg::Typed(typed) = parameter {
                names.visit_pat_type(typed);
            }
        }
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
            references: Rc::new(once(&names.declared, &names.references)),
            owned: Rc::new(once(&names.declared, &names.owned)),
        }
    }
}

/// The names that are declared once.
fn once(declared: &[String], names: &BTreeSet<String>) -> BTreeSet<String> {
    let is_once = |name: &&String| declared.iter().filter(|other| other == name).count() == 1;
    names.iter().filter(is_once).cloned().collect()
}

#[derive(Default)]
struct Names {
    /// The names of lengths, which are small.
    results: BTreeSet<String>,
    /// What is added to what.
    added: Vec<(String, String)>,
    large: BTreeSet<String>,
    references: BTreeSet<String>,
    owned: BTreeSet<String>,
    /// What is declared, as often as it is.
    declared: Vec<String>,
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
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.declared.push(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_pat_type(&mut self, typed: &'ast PatType) {
        if let Pat::Ident(ident) = &*typed.pat {
            let name = ident.ident.to_string();
            match &*typed.ty {
                Type::Reference(reference)
                    if reference.mutability.is_none()
                        && (is_list(&reference.elem)
                            || matches!(&*reference.elem, Type::Slice(_))) =>
                {
                    self.references.insert(name);
                }
                other if is_list(other) => {
                    self.owned.insert(name);
                }
                _ => {}
            }
        }
        visit::visit_pat_type(self, typed);
    }

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

/// Whether it is an array or a `Vec`.
fn is_list(of: &Type) -> bool {
    match of {
        Type::Array(_) => true,
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "Vec" && !last.arguments.is_none())
        }
        _ => false,
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
            !Surroundings::new(true, None, &block).large.is_empty()
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

    #[test]
    fn lists_are_known_by_their_types() {
        let function: syn::ItemFn = syn::parse_str(
            "fn f(a: &[u8], b: &Vec<u8>, c: Vec<u8>, d: [u8; 3], e: &mut [u8], f: &str, g: &[u8]) {
                 let h: &[&str] = &[]; let g = g.iter(); let i: HashMap<u8, u8>;
             }",
        )
        .unwrap();
        let found = Surroundings::new(true, Some(&function.sig), &function.block);
        let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<String>();
        assert_eq!(names(&found.references), "abh");
        assert_eq!(names(&found.owned), "cd");
    }
}
