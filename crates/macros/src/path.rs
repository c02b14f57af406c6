//! What paths name.

use syn::{Expr, ExprCall, Path};

/// The names of a path, without what is between angle brackets.
pub(crate) fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

/// Whether it is `drop(…)`.
pub(crate) fn is_drop(call: &ExprCall) -> bool {
    let names = called(call);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    call.args.len() == 1 && matches!(names[..], ["drop"] | ["mem", "drop"] | [_, "mem", "drop"])
}

/// Whether it is `RawDir::new(…)`.
pub(crate) fn is_new(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let names = segments(&function.path);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let plain = function.path.segments.iter().all(|s| s.arguments.is_none());
    plain
        && matches!(
            names[..],
            ["RawDir", "new"] | ["fs", "RawDir", "new"] | [.., "rustix", "fs", "RawDir", "new"]
        )
}

/// The names of the function that is called, none if it is no path.
fn called(call: &ExprCall) -> Vec<String> {
    match &*call.func {
        Expr::Path(function) => segments(&function.path),
        _ => Vec::new(),
    }
}
