//! Branches and loops.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::with_blocks(1, branch),
    Statement::with_blocks(1, count),
    Statement::with_blocks(1, list),
    Statement::with_blocks(1, read_all),
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
    let label = writer.label(&mut inner);
    if writer.random.one_in(2) {
        writer.line(&format!(
            "{label}while {counter} < {end} {{ {counter} += 1;"
        ));
    } else {
        writer.line(&format!(
            "{label}loop {{ if {counter} == {end} {{ break; }} {counter} += 1;"
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
    let mut inner = scope.clone();
    let label = writer.label(&mut inner);
    writer.line(&format!(
        "{label}for part in [\"a\", \"sub\", \"missing\"] {{"
    ));
    writer.line(
        "let inner = statat(dir, part, AtFlags::empty()); log.push(u64::from(inner.is_ok()));",
    );
    writer.block(&inner, true);
    writer.line("}");
}

/// A loop that reads until there is an error, or no more.
fn read_all(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (descriptor, (buffer, argument)) = (writer.descriptor(scope), writer.buffer(scope));
    let (counter, length) = (writer.name("count"), writer.name("length"));
    writer.line(&format!("let mut {counter} = 0_u64;"));
    let mut inner = scope.clone();
    inner.add_counter(counter.clone());
    let label = writer.label(&mut inner);
    writer.line(&format!(
        "{label}while let Ok({length}) = read({descriptor}, {argument}) {{ \
         if {length} == 0 || {counter} > 3 {{ break; }} {counter} += 1;"
    ));
    inner.add_length(length, buffer);
    writer.block(&inner, true);
    writer.line("}");
    scope.add_counter(counter);
}
