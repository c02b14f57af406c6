//! Branches and loops.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::with_blocks(1, branch),
    Statement::with_blocks(1, count),
    Statement::with_blocks(1, list),
];

fn branch(writer: &mut Writer<'_>, scope: &mut Scope) {
    let condition = writer.condition(scope);
    writer.line(&format!("if {condition} {{"));
    writer.block(scope, false);
    if writer.random.one_in(3) {
        writer.line("} else {");
        writer.block(scope, false);
    }
    writer.line("}");
}

/// A loop that counts its rounds.
fn count(writer: &mut Writer<'_>, scope: &mut Scope) {
    let counter = writer.name("count");
    let end = 1 + writer.random.below(4);
    writer.line(&format!("let mut {counter} = 0_u64;"));
    let mut inner = scope.clone();
    inner.add_counter(counter.clone());
    if writer.random.one_in(2) {
        writer.line(&format!("while {counter} < {end} {{ {counter} += 1;"));
    } else {
        writer.line(&format!(
            "loop {{ if {counter} == {end} {{ break; }} {counter} += 1;"
        ));
    }
    writer.block(&inner, true);
    writer.line("}");
    if writer.random.one_in(2) {
        writer.line(&format!("log.push({counter});"));
    }
    scope.add_counter(counter);
}

/// A loop over a list.
fn list(writer: &mut Writer<'_>, scope: &mut Scope) {
    writer.line("for part in [\"a\", \"sub\", \"missing\"] {");
    writer.line(
        "let inner = statat(dir, part, AtFlags::empty()); log.push(u64::from(inner.is_ok()));",
    );
    writer.block(scope, true);
    writer.line("}");
}
