//! Descriptors that are opened and closed.

use super::super::operands::FLAGS;
use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::of(5, open),
    Statement::of(2, close),
    Statement::of(1, duplicate),
    Statement::of(1, pipe),
    Statement::of(1, open_or_leave),
    Statement::of(1, open_by_match),
    Statement::with_blocks(1, match_open),
];

fn open(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (path, flags) = (writer.path(), writer.random.of(FLAGS));
    let name = writer.name("file");
    let directory = if writer.random.one_in(5) {
        writer.descriptor(scope)
    } else {
        "dir".to_owned()
    };
    writer.line(&format!(
        "let {name} = openat({directory}, {path}, {flags}, Mode::RUSR | Mode::WUSR)?;"
    ));
    scope.add_descriptor(name);
}

fn close(writer: &mut Writer<'_>, scope: &mut Scope) {
    let own = scope
        .descriptors
        .iter()
        .filter(|descriptor| descriptor.depth == scope.depth);
    let own: Vec<String> = own.map(|descriptor| descriptor.name.clone()).collect();
    if own.is_empty() {
        return;
    }
    let name = &own[writer.random.below(own.len())];
    writer.line(&format!("drop({name});"));
    scope.remove_descriptor(name);
}

fn duplicate(writer: &mut Writer<'_>, scope: &mut Scope) {
    let name = writer.name("file");
    let descriptor = writer.descriptor(scope);
    writer.line(&format!("let {name} = dup({descriptor})?;"));
    scope.add_descriptor(name);
}

fn pipe(writer: &mut Writer<'_>, scope: &mut Scope) {
    let ends = [writer.name("reader"), writer.name("writer")];
    let [reader, other] = &ends;
    writer.line(&format!(
        "let ({reader}, {other}) = pipe_with(PipeFlags::NONBLOCK)?;"
    ));
    for name in ends {
        scope.add_descriptor(name);
    }
}

fn open_or_leave(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (path, leave) = (writer.path(), writer.leave(scope));
    let name = writer.name("file");
    writer.line(&format!(
        "let Ok({name}) = openat(dir, {path}, OFlags::RDWR, Mode::empty()) else {{ {leave} }};"
    ));
    scope.add_descriptor(name);
}

fn open_by_match(writer: &mut Writer<'_>, scope: &mut Scope) {
    let name = writer.name("file");
    let (path, error) = (writer.path(), writer.error);
    writer.line(&format!(
        "let {name} = match openat(dir, {path}, OFlags::RDONLY, Mode::empty()) {{ \
         Ok(file) => file, Err(Errno::NOENT) => return Ok(1), \
         Err(error) => {{ log.push(4); return Err(error{error}) }} }};"
    ));
    scope.add_descriptor(name);
}

fn match_open(writer: &mut Writer<'_>, scope: &mut Scope) {
    let path = writer.path();
    let name = writer.name("file");
    writer.line(&format!(
        "match openat(dir, {path}, OFlags::RDWR, Mode::empty()) {{ Ok({name}) => {{"
    ));
    let mut inner = scope.clone();
    inner.add_descriptor_at(name, scope.depth + 1);
    writer.block(&inner, false);
    let leave = writer.leave(scope);
    writer.line(&format!(
        "}} Err(Errno::NOENT | Errno::ISDIR) => {{}} Err(_) => {{ {leave} }} }}"
    ));
}
