//! What is no call, and sums.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::of(1, log),
    Statement::of(1, sum),
    Statement::of(1, add),
];

/// Something that a batch cannot have in it.
fn log(writer: &mut Writer<'_>, scope: &mut Scope) {
    let text = match (scope.lengths.last(), writer.random.below(4)) {
        (Some(length), 0 | 1) => format!("log.push({} as u64);", length.name),
        (_, 2) => "helper(log, number);".to_owned(),
        _ => "let later = number.wrapping_add(1); log.push(later);".to_owned(),
    };
    writer.line(&text);
}

/// A number that is added up.
fn sum(writer: &mut Writer<'_>, scope: &mut Scope) {
    let name = writer.name("sum");
    writer.line(&format!("let mut {name} = 0_u64;"));
    scope.add_sum(name);
}

fn add(writer: &mut Writer<'_>, scope: &mut Scope) {
    let Some(sum) = scope.sums.last().cloned() else {
        return;
    };
    let number = writer.number(scope);
    writer.line(&format!("{sum} += {number};"));
    if writer.random.one_in(4) {
        writer.line(&format!("log.push({sum});"));
    }
}
