//! `sysbatch check` as a person meets it.

use std::fs;
use std::process::{Command, Output};

fn check(file: &str, source: &[u8], options: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), source).unwrap();
    Command::new(env!("CARGO_BIN_EXE_sysbatch"))
        .arg("check")
        .args(options)
        .arg(file)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn a_program_without_mistakes_is_silent() {
    let output = check("good.sb", b"getpid()", &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn mistakes_are_shown_in_the_source() {
    let output = check("bad.sb", b"opneat(1)\n  close(n)\n", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let expected = "\
error: no system call or built-in is named `opneat`
 --> bad.sb:1:1
  |
1 | opneat(1)
  | ^^^^^^ expected the name of a call
  |
  = help: did you mean `openat`?

error: no constant, data or result is named `n`
 --> bad.sb:2:9
  |
2 |   close(n)
  |         ^ not found

bad.sb: 2 mistakes
";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

#[test]
fn text_has_to_be_utf8() {
    let output = check("latin.sb", b"getpid()\n# caf\xe9\n", &[]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "sysbatch: latin.sb:2: not UTF-8; write other bytes in strings as \\xHH\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

#[test]
fn a_dump_shows_names_bytes_and_indexes() {
    let source = b"fuel 20\nagain: n = read(0, \"ab\", 0x10)  neg exit, pos again\n";
    let output = check("loop.sb", source, &["--dump", "--bytes"]);
    let read = libc::SYS_read;
    let expected = format!(
        "\
fuel 20
slots 1

# ffff0000{read:08x} 0000ffff00008000 0000000000000000 0000000000000000 0000000000000010 \
                    0000000000000000 0000000000000000 0000000000000000
again:  n = read(0, \"ab\", 0x10)  neg exit, pos again                      # 0
"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn mistakes_are_told_as_json() {
    let source = "# caf\u{e9}\nopneat(1)\n  close(\"\u{e9}\", n)\n";
    let output = check("bad.sb", source.as_bytes(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["file"], "bad.sb");
    assert_eq!(report["entries"], serde_json::Value::Null);
    let mistakes = report["mistakes"].as_array().unwrap();
    let first = serde_json::json!({
        "code": "unknown-call",
        "line": 2,
        "column": 1,
        "message": "no system call or built-in is named `opneat`",
        "label": "expected the name of a call",
        "hint": "did you mean `openat`?",
    });
    assert_eq!(mistakes[0], first);
    // In characters, not in bytes.
    assert_eq!(
        (&mistakes[1]["line"], &mistakes[1]["column"]),
        (&3.into(), &14.into())
    );
    let output = check("good.sb", b"getpid()", &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({"file": "good.sb", "entries": 1, "mistakes": []});
    assert_eq!(report, expected);
}
