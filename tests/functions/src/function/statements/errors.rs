//! Calls of which only the error matters, and what is done with it.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::of(3, call),
    Statement::of(1, outcome),
    Statement::with_blocks(1, look),
];

fn call(writer: &mut Writer<'_>, scope: &mut Scope) {
    let call = writer.plain_call(scope);
    let ways = ["CALL?;", "let _ = CALL;", "CALL.ok();", "_ = CALL;"];
    let way = writer.random.of(&ways);
    writer.line(&way.replace("CALL", &call));
}

/// A `Result` that is kept.
fn outcome(writer: &mut Writer<'_>, scope: &mut Scope) {
    let name = writer.name("outcome");
    let call = if writer.random.one_in(2) {
        let path = writer.path();
        format!("openat(dir, {path}, OFlags::RDONLY, Mode::empty())")
    } else {
        writer.plain_call(scope)
    };
    writer.line(&format!("let {name} = {call};"));
    if writer.random.one_in(2) {
        writer.line(&format!("log.push(u64::from({name}.is_ok()));"));
    }
}

/// `if let` or `match` of an error.
fn look(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (call, leave) = (writer.plain_call(scope), writer.leave(scope));
    match writer.random.below(4) {
        0 => writer.line(&format!(
            "if let Err(error) = {call} {{ log.push(error.raw_os_error() as u64); {leave} }}"
        )),
        1 => {
            writer.line(&format!("if let Err(_) = {call} {{"));
            writer.block(scope, false);
            writer.line("}");
        }
        2 => writer.line(&format!(
            "match {call} {{ Ok(()) | Err(Errno::NOENT) => {{}} \
             Err(error) => return Err(error{}) }}",
            writer.error
        )),
        _ => {
            writer.line(&format!("match {call} {{ Ok(()) => {{"));
            writer.block(scope, false);
            writer.line("} Err(Errno::EXIST) => {");
            writer.block(scope, false);
            writer.line(&format!("}} Err(_) => {{ {leave} }} }}"));
        }
    }
}
