//! Directories that are read.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[Statement::with_blocks(2, entries)];

/// What asks about an entry.
const CONDITIONS: &[&str] = &[
    "entry.file_type() == FileType::RegularFile",
    "entry.file_type() != FileType::Directory",
    "entry.file_type().is_symlink()",
    "matches!(entry.file_type(), FileType::Directory | FileType::Unknown)",
    "entry.file_name() == c\".\" || entry.file_name().to_bytes() == b\"..\"",
    "entry.file_name().to_bytes().starts_with(b\".\")",
    "entry.file_name() != c\"link\" && entry.ino() != 0",
    "entry.file_name() == c\"a\"",
];

/// What is done with one.
const CALLS: &[&str] = &[
    "let _ = unlinkat(dir, entry.file_name(), AtFlags::empty());",
    "statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW).ok();",
    "renameat(dir, entry.file_name(), dir, \"other\").ok();",
    "let _ = linkat(dir, entry.file_name(), dir, \"new\", AtFlags::empty());",
    "symlinkat(entry.file_name(), dir, \"soft\").ok();",
    "let inner = openat(dir, entry.file_name(), OFlags::RDONLY, Mode::empty())?;",
    "let Ok(inner) = openat(dir, entry.file_name(), OFlags::RDWR, Mode::empty()) else { continue };",
    "log.push(entry.file_name().to_bytes().len() as u64);",
    "if let Err(error) = fsync(outside) { log.push(entry.file_name().to_bytes().len() as u64); return Ok(5); }",
];

/// A loop over the entries of a directory. Names that it makes may come again, so it counts.
fn entries(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (memory, entries) = (writer.name("records"), writer.name("entries"));
    let counter = writer.name("count");
    // Where memory is allocated is the same alignment in both programs.
    let size = writer.random.of(&["40", "64", "200", "1000"]);
    writer.line(&format!("let mut {memory} = Vec::with_capacity({size});"));
    let directory = if writer.random.one_in(2) {
        "dir".to_owned()
    } else {
        writer.descriptor(scope)
    };
    writer.line(&format!(
        "let mut {entries} = RawDir::new({directory}, {memory}.spare_capacity_mut());"
    ));
    writer.line(&format!("let mut {counter} = 0_u64;"));
    let mut inner = scope.clone();
    inner.add_counter(counter.clone());
    let label = writer.label(&mut inner);
    let head = writer.random.of(&[
        "Some(entry) = NEXT { let entry = entry?;",
        "Some(entry) = NEXT { let entry = entry?;",
        "Some(Ok(entry)) = NEXT {",
        "Some(entry) = NEXT.transpose()? {",
        "Some(entry) = NEXT { let Ok(entry) = entry else { break };",
        "Some(entry) = NEXT { let Ok(entry) = entry else { log.push(6); return Ok(6) };",
    ]);
    let head = head.replace("NEXT", &format!("{entries}.next()"));
    writer.line(&format!(
        "{label}while let {head} {counter} += 1; if {counter} > 12 {{ break; }}"
    ));
    if writer.random.one_in(2) {
        let condition = writer.random.of(CONDITIONS);
        let leave = writer
            .random
            .of(&["continue", "continue", "break", "return Ok(8)"]);
        writer.line(&format!("if {condition} {{ {leave}; }}"));
    }
    if writer.random.one_in(2) {
        let condition = writer.random.of(CONDITIONS);
        writer.line(&format!("if {condition} {{"));
        writer.block(&inner, false);
        writer.line("}");
    }
    if !writer.random.one_in(4) {
        let call = writer.random.of(CALLS);
        writer.line(call);
    }
    if writer.random.one_in(2) {
        writer.block(&inner, true);
    }
    writer.line("}");
    if writer.random.one_in(2) {
        writer.line(&format!("log.push({counter});"));
    }
}
