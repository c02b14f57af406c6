//! Memory that calls fill.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[Statement::of(1, array)];

fn array(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (name, size) = (writer.name("bytes"), 1 + writer.random.below(40));
    writer.line(&format!("let mut {name} = [0_u8; {size}];"));
    scope.add_buffer(name);
}
