//! Bytes that are read and written, and places in files.

use super::{Scope, Statement, Writer};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement::of(3, read),
    Statement::of(3, write),
    Statement::of(1, stat),
    Statement::of(1, copy),
    Statement::of(1, seek),
    Statement::with_blocks(1, if_read),
];

fn read(writer: &mut Writer<'_>, scope: &mut Scope) {
    let descriptor = writer.descriptor(scope);
    let (buffer, argument) = writer.buffer(scope);
    let name = writer.name("length");
    let call = match writer.random.below(6) {
        3 => {
            let path = writer.path();
            format!("readlinkat_raw(dir, {path}, {argument})?")
        }
        4 => format!("fgetxattr({descriptor}, \"user.x\", {argument})?"),
        0 => {
            let number = writer.number(scope);
            format!("pread({descriptor}, {argument}, {number})?")
        }
        1 => format!(
            "match read({descriptor}, {argument}) {{ Ok(value) => value, Err(Errno::ISDIR) => {{ \
             log.push(3); return Ok(0) }} Err(error) => return Err(error{}) }}",
            writer.error
        ),
        _ => format!("read({descriptor}, {argument})?"),
    };
    writer.line(&format!("let {name} = {call};"));
    scope.add_length(name, buffer);
}

fn write(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (descriptor, bytes) = (writer.descriptor(scope), writer.bytes(scope));
    let call = if writer.random.one_in(3) {
        let number = writer.number(scope);
        format!("pwrite({descriptor}, {bytes}, {number})")
    } else {
        format!("write({descriptor}, {bytes})")
    };
    let ways = ["CALL?;", "let _ = CALL;", "CALL.ok();", "let _ = CALL?;"];
    let way = writer.random.of(&ways);
    writer.line(&way.replace("CALL", &call));
}

fn copy(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (from, to) = (writer.descriptor(scope), writer.descriptor(scope));
    let (name, number) = (writer.name("copied"), writer.random.below(9));
    let call = if writer.random.one_in(2) {
        format!("copy_file_range({from}, None, {to}, None, {number})")
    } else {
        format!("sendfile({from}, {to}, None, {number})")
    };
    writer.line(&format!("let {name} = {call}?;"));
    if let Some(sum) = scope.sums.last() {
        writer.line(&format!("{sum} += {name} as u64;"));
    }
}

fn stat(writer: &mut Writer<'_>, scope: &mut Scope) {
    let name = writer.name("stat");
    let call = if writer.random.one_in(2) {
        format!("fstat({})", writer.descriptor(scope))
    } else {
        format!("statat(dir, {}, AtFlags::SYMLINK_NOFOLLOW)", writer.path())
    };
    writer.line(&format!("let {name} = {call}?;"));
    scope.add_stat(name);
}

fn seek(writer: &mut Writer<'_>, scope: &mut Scope) {
    let descriptor = writer.descriptor(scope);
    let to = writer.random.of(&[
        "SeekFrom::Start(3)",
        "SeekFrom::End(-2)",
        "SeekFrom::Current(1)",
        "SeekFrom::Start(number)",
    ]);
    let name = writer.name("place");
    writer.line(&format!("let {name} = seek({descriptor}, {to})?;"));
    match writer.random.below(3) {
        0 => writer.line(&format!("ftruncate(&outside, {name}).ok();")),
        1 => {
            let limit = writer.random.of(&["number", "3", "5", "u64::MAX"]);
            writer.line(&format!("if {name} == {limit} {{ fsync(&outside)?; }}"));
        }
        _ => {}
    }
}

fn if_read(writer: &mut Writer<'_>, scope: &mut Scope) {
    let (descriptor, (buffer, argument)) = (writer.descriptor(scope), writer.buffer(scope));
    let name = writer.name("length");
    writer.line(&format!(
        "if let Ok({name}) = read({descriptor}, {argument}) {{"
    ));
    let mut inner = scope.clone();
    inner.add_length(name, buffer);
    writer.block(&inner, false);
    if writer.random.one_in(2) {
        writer.line("} else {");
        writer.block(scope, false);
    }
    writer.line("}");
}
