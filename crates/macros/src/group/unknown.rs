//! What is said of an expression that is not understood.

use quote::ToTokens;
use syn::Expr;

use crate::pure::Reason;

/// Why an expression that is not understood ends a batch.
pub(super) fn not_understood(expr: &Expr) -> Reason {
    let between = "and that has to come between the calls";
    let text = match expr {
        Expr::Call(call) => format!(
            "`{}` is none of the functions that a batch knows, so it may do anything, {between}",
            text(&call.func)
        ),
        Expr::MethodCall(call) => format!(
            "what the method `{}` does is not known, {between}",
            call.method
        ),
        Expr::Macro(called) => format!(
            "what the macro `{}!` does is not known, {between}",
            text(&called.mac.path)
        ),
        Expr::Try(question) => return not_understood(&question.expr),
        Expr::Paren(inner) => return not_understood(&inner.expr),
        Expr::Assign(_) => format!("a variable is changed here, {between}"),
        Expr::Binary(binary) if is_assignment(&binary.op) => {
            format!("of changes of variables a batch can have `+=`; this is another, {between}")
        }
        Expr::Await(_) => "a batch does not wait for what is asynchronous".to_owned(),
        Expr::Unsafe(_) => "what is in an `unsafe` block is left as it is".to_owned(),
        Expr::Block(block) if block.label.is_some() => {
            "a block with a label is left as it is".to_owned()
        }
        Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::If(_) | Expr::Match(_) => {
            "a batch cannot have this here".to_owned()
        }
        _ => "this is no call that a batch knows".to_owned(),
    };
    Reason::new(expr, text)
}

fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp::{
        AddAssign, BitAndAssign, BitOrAssign, BitXorAssign, DivAssign, MulAssign, RemAssign,
        ShlAssign, ShrAssign, SubAssign,
    };
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// What is written, without the spaces between its words.
fn text(of: &impl ToTokens) -> String {
    of.to_token_stream().to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_what_is_not_known() {
        let said = |text: &str| not_understood(&syn::parse_str(text).unwrap()).text;
        for (text, word) in [
            ("helper(1)", "`helper`"),
            ("std::fs::read(path)?", "`std::fs::read`"),
            ("names.push(1)", "`push`"),
            ("eprintln!()", "`eprintln!`"),
            ("count = 1", "changed"),
            ("count -= 1", "`+=`"),
            ("future.await", "asynchronous"),
            ("unsafe { f() }", "`unsafe`"),
            ("1", "no call"),
        ] {
            let found = said(text);
            assert!(found.contains(word), "{text}: {found}");
        }
    }
}
