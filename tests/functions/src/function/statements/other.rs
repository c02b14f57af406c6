//! What is no call.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[Statement::of(1, log)];

/// Something that a batch cannot have in it.
fn log(writer: &mut Writer<'_>, scope: &mut Scope) {
    let text = match (scope.lengths.last(), writer.random.below(4)) {
        (Some(length), 0 | 1) => format!("log.push({} as u64);", length.name),
        (_, 2) => "helper(log, number);".to_owned(),
        _ => "let later = number.wrapping_add(1); log.push(later);".to_owned(),
    };
    writer.line(&text);
}
