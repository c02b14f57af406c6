//! Loops over lists.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::with_blocks(1, names),
    Statement::with_blocks(1, numbers),
];

/// What is done with a name.
const CALLS: &[&str] = &[
    "let _ = statat(dir, part, AtFlags::empty());",
    "unlinkat(dir, part, AtFlags::empty()).ok();",
    "let inner = openat(dir, part, OFlags::RDWR, Mode::empty())?;",
    "let Ok(inner) = openat(dir, part, OFlags::RDONLY, Mode::empty()) else { continue };",
    "let _ = renameat(dir, part, dir, \"other\");",
    "let _ = renameat(dir, \"a\", dir, part);",
    "let _ = linkat(dir, part, dir, part, AtFlags::empty());",
    "mkdirat(dir, part, Mode::RWXU).ok();",
    "write(outside, part.as_bytes()).ok();",
    "if let Err(error) = fsync(outside) { log.push(part.len() as u64); break; }",
    "match unlinkat(dir, part, AtFlags::REMOVEDIR) { Ok(()) => {} Err(Errno::NOTDIR) => continue, \
     Err(_) => { log.push(part.len() as u64); return Ok(7) } }",
    "log.push(part.len() as u64);",
];

/// What comes round for round.
const LISTS: &[&str] = &[
    "[\"a\", \"b\", \"link\"]",
    "[\"sub\", \"missing\", \"bad\\0\", \"b\"]",
    "[\"new\"]",
    "[\"other\", \"sub/c\"]",
];

fn names(writer: &mut Writer<'_>, scope: &mut Scope) {
    let list = writer.random.of(LISTS);
    let mut inner = scope.clone();
    let list = if writer.random.one_in(2) {
        let name = writer.name("list");
        let of = writer.random.of(&["[&str; N]", "&[&str]", "Vec<&str>"]);
        let length = (list.split(',').count()).to_string();
        let of = of.replace('N', &length);
        let (value, source) = match of.as_bytes()[0] {
            b'[' => (list.to_owned(), format!("&{name}")),
            b'&' => (format!("&{list}"), name.clone()),
            _ => (format!("vec!{list}"), format!("{name}.iter()")),
        };
        writer.line(&format!("let {name}: {of} = {value};"));
        format!("&part in {source}")
    } else {
        format!("part in {list}")
    };
    let label = writer.label(&mut inner);
    writer.line(&format!("{label}for {list} {{"));
    for _ in 0..1 + writer.random.below(2) {
        let call = writer.random.of(CALLS);
        writer.line(call);
    }
    if writer.random.one_in(2) {
        writer.block(&inner, true);
    }
    writer.line("}");
}

fn numbers(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (descriptor, (buffer, argument)) = (writer.descriptor(scope), writer.buffer(scope));
    let length = writer.name("length");
    let mut inner = scope.clone();
    let label = writer.label(&mut inner);
    let list = writer.random.of(&["[0, 5, 2]", "[3, 40]", "[7; 1]"]);
    writer.line(&format!("{label}for at in {list} {{"));
    if writer.random.one_in(2) {
        let leave = writer.leave(&inner);
        writer.line(&format!("if at > number {{ {leave} }}"));
    }
    writer.line(&format!(
        "let {length} = pread({descriptor}, {argument}, at)?;"
    ));
    inner.add_length(length, buffer);
    if writer.random.one_in(2) {
        writer.block(&inner, true);
    }
    if let (true, Some(sum)) = (writer.random.one_in(2), scope.sums.last()) {
        writer.line(&format!("{sum} += at;"));
    }
    writer.line("}");
}
