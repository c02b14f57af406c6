//! What statements are as entries.

use syn::Block;

use super::Group;
use crate::ir::{Action, Operand, Target};
use crate::pure::Reason;
use crate::surroundings::Surroundings;

fn group(text: &str, plain_errors: bool) -> Result<Group, Reason> {
    let block = syn::parse_str::<Block>(&format!("{{ {text} }}")).unwrap();
    let mut group = Group::new(Surroundings::new(plain_errors, None, &block));
    for statement in &block.stmts {
        group.add(statement)?;
    }
    Ok(group)
}

/// The entries as text: what each does, with which slots, and where it leads that is not the
/// next. `!` is out of the batch.
fn entries(group: &Group) -> Vec<String> {
    let assembly = &group.assembly;
    let lines = assembly.entries.iter().enumerate().map(|(at, entry)| {
        let name = match entry.action {
            Action::Call(name) => name.to_owned(),
            Action::Load(_) => "load".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        let operands = entry.operands.iter().map(|operand| match operand {
            Operand::Constant(value) => format!(" {value}"),
            Operand::Slot(slot) => format!(" s{slot}"),
            Operand::Value(_) => " v".to_owned(),
        });
        let target = |target| match assembly.offset(at, target).unwrap() {
            i16::MIN => "!".to_owned(),
            offset => (at as i64 + 1 + i64::from(offset)).to_string(),
        };
        let (negative, zero, positive) = (entry.negative, entry.zero, entry.positive);
        let branches = if negative == Target::Next && zero == negative && positive == zero {
            String::new()
        } else if negative == zero && zero == positive {
            format!(" -> {}", target(zero))
        } else {
            format!(
                " -> {},{},{}",
                target(negative),
                target(zero),
                target(positive)
            )
        };
        format!("{name}{}{branches}", operands.collect::<String>())
    });
    lines.collect()
}

fn finished(text: &str, plain_errors: bool) -> Vec<String> {
    let mut group = group(text, plain_errors).unwrap_or_else(|why| panic!("{}", why.text));
    group.close_at_end(&Default::default());
    group.finish();
    entries(&group)
}

const OPEN: &str = "let file = openat(CWD, path, flags, mode)?;";

#[test]
fn descriptors_are_closed_at_the_end_and_on_the_way_out() {
    let found = finished(
        &format!("{OPEN} let length = read(&file, &mut buffer)?;"),
        true,
    );
    assert_eq!(
        found,
        [
            "openat v v v v -> 4,1,1",
            "read s2 v v -> 5,2,2",
            "close s2",
            "set 0 -> !",
            // Nothing to close when the file could not be opened.
            "set 1 -> !",
            "close s2",
            "set 2 -> !",
        ]
    );
}

#[test]
fn an_error_that_is_converted_leaves_closing_to_the_function() {
    let found = finished(
        &format!("{OPEN} let length = read(&file, &mut buffer)?;"),
        false,
    );
    assert_eq!(
        found
            .iter()
            .filter(|line| line.starts_with("close"))
            .count(),
        1
    );
}

#[test]
fn the_order_of_closing_is_that_of_dropping() {
    let text = "let a = dup(x)?; let b = dup(x)?; let c = dup(x)?; drop(a); fsync(y)?;";
    let found = finished(text, true);
    let closes = found.iter().filter(|line| line.starts_with("close"));
    let closes: Vec<&str> = closes.map(String::as_str).collect();
    // Dropped; the end; no way out with none, one, two open, then with the two that are left.
    let expected = ["s2", "s4", "s3", "s2", "s3", "s2", "s4", "s3"];
    let expected: Vec<String> = expected
        .iter()
        .map(|slot| format!("close {slot}"))
        .collect();
    assert_eq!(closes, expected);
}

#[test]
fn loops_lead_back_and_close_what_they_open() {
    let found = finished(
        "let mut count = 0_u64; while count < 3 { let file = dup(x)?; count += 1; }",
        true,
    );
    assert_eq!(
        found,
        [
            "set 0",
            "sub s2 3 -> 2,6,6",
            "dup v -> 7,3,3",
            "add s2 1",
            "close s4",
            "set -> 1",
            "set 0 -> !",
            "set 1 -> !",
        ]
    );
}

#[test]
fn errors_are_compared_in_the_order_of_the_arms() {
    let found = finished(
        "match fsync(x) { Ok(()) => {} Err(Errno::NOENT) => {} Err(e) => return Err(e) } fsync(x)?;",
        true,
    );
    assert_eq!(
        found,
        [
            "fsync v -> 2,1,1",
            "set -> 9",
            "sub s2 v -> 3,4,3",
            "set -> 5",
            "set -> 9",
            "set -> 7",
            "set -> 8",
            "set -> 11",
            "set -> !",
            "fsync v -> 12,10,10",
            "set 0 -> !",
            "set 1 -> !",
            "set 2 -> !",
        ]
    );
}

#[test]
fn records_of_a_directory_are_gone_through() {
    let found = finished(
        "let mut entries = RawDir::new(x, &mut memory);
         while let Some(entry) = entries.next() { let entry = entry?; unlink(entry.file_name())?; }",
        true,
    );
    assert_eq!(
        found,
        [
            "set 0",
            "set 0",
            "set 0",
            "add s2 s4",
            "sub s2 s3 -> 8,5,5",
            "getdents64 v v v -> 13,12,6",
            "set v",
            "add v s6",
            "load2 s2 16",
            "add s2 19",
            "unlinkat 18446744073709551516 s7 0 -> 14,11,11",
            "set -> 3",
            "set 0 -> !",
            "set 1 -> !",
            "set 2 -> !",
        ]
    );
}

#[test]
fn rows_of_a_list_are_gone_through() {
    let found = finished(
        "for name in [\"a\", \"b\"] { unlink(name)?; if number < 3 { continue; } }",
        true,
    );
    assert_eq!(
        found,
        [
            "set s4 -> 1,1,13",
            "set v",
            "set v",
            "sub s2 s3 -> 6,4,4",
            "add s4 1",
            "sub s7 v -> 14,12,12",
            "load8 s2 0 -> 16,7,7",
            "unlinkat 18446744073709551516 s9 0 -> 15,8,8",
            "set v -> 10,10,9",
            "set -> 11",
            "set -> 11",
            "add s2 v -> 3",
            "set 0 -> !",
            "set 1 -> !",
            "set 2 -> !",
            "set 3 -> !",
            "set s9 -> 15",
        ]
    );
}

#[test]
fn sums_that_may_overflow_are_looked_at() {
    let found = finished(
        "let mut sum = 0_u64; let stat = fstat(x)?; sum += stat.st_size as u64; fsync(x)?;",
        true,
    );
    assert_eq!(
        found,
        [
            "set 0",
            "fstat v v -> 9,2,2",
            "load v v",
            "add s2 s4",
            "xor s2 s4 -> 6,5,5",
            "sub s2 s4 -> 10,7,7",
            "set s4 -> 10,7,7",
            "fsync v -> 11,8,8",
            "set 0 -> !",
            "set 1 -> !",
            "set 2 -> !",
            "set 3 -> !",
        ]
    );
}

#[test]
fn declarations_come_before_the_batch() {
    let group = group(
        &format!("{OPEN} let mut buffer = [0; 16]; read(&file, &mut buffer)?;"),
        true,
    );
    let group = group.unwrap_or_else(|why| panic!("{}", why.text));
    assert_eq!(group.hoisted.len(), 1);
    assert_eq!(group.statements.len(), 3);
    assert!(group.pays());
}

#[test]
fn what_cannot_be_in_a_batch_is_refused() {
    let refused = |text: &str| {
        let text = format!("{OPEN} {text}");
        group(&text, true)
            .err()
            .unwrap_or_else(|| panic!("{text}"))
            .text
    };
    for (text, why) in [
        ("ftruncate(&file, next())?;", "effects of its own"),
        ("write(&file, &data[..n])?;", "may panic"),
        ("fsync(file)?;", "hand over `&file`"),
        ("println!();", "macro"),
        (
            "drop(other);",
            "not a descriptor that this batch has opened",
        ),
        ("let other = file;", "not known before the batch is over"),
        (
            "read(&file, &mut b)?; openat(CWD, &b, flags, mode)?;",
            "fills `b`",
        ),
        (
            "openat(CWD, &b, flags, mode)?; read(&file, &mut b)?;",
            "evaluated elsewhere",
        ),
        (
            "let n = read(&file, &mut b)?; write(x, &c[..n])?;",
            "not how much",
        ),
        (
            "let n = read(&file, &mut b)?; ftruncate(x, n as u64 - 1)?;",
            "sums",
        ),
        (
            "let n = read(&file, &mut b)?; ftruncate(x, n as u32)?;",
            "64 bits",
        ),
        ("let guard = lock;", "put it before"),
        ("let path = [0];", "the same name"),
        ("'a: loop { break 'a 1; }", "no value"),
        ("while let Some(e) = x.next() { fsync(y)?; }", "`next`"),
        (
            "let mut d = RawDir::new(&file, &mut b); while let Some(e) = d.next() { fsync(x)?; }",
            "first statement",
        ),
        ("loop { if fsync(x).is_ok() { break; } }", "compare"),
        ("if n == 0 { drop(file); }", "one branch"),
        (
            "loop { fsync(x)?; if y { log(); break; } }",
            "leaves or repeats a loop",
        ),
        (
            "let s = fstat(&file)?; if s.st_blksize < 1 { fsync(x)?; }",
            "the same type on all processors",
        ),
        ("if y { let r = fsync(x); }", "outside of branches"),
    ] {
        let found = refused(text);
        assert!(found.contains(why), "{text}: {found}");
    }
}
