//! `--json`: the same figures as in lines of text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::Value;

use crate::{Scratch, sysbatch_du};

/// The lines that these options print.
fn lines(scratch: &Scratch, options: &[&str]) -> Vec<Value> {
    let output = sysbatch_du(scratch.path()).args(options).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_has_path_size_and_inodes_in_any_unit() {
    let scratch = Scratch::new();
    fs::write(scratch.join("a \"quoted\" name"), [7; 12345]).unwrap();
    let odd = OsStr::from_bytes(b"not text \xff");
    fs::write(scratch.join(odd), [7; 3]).unwrap();
    // The helper runs it there, without a path.
    let root = ".";
    for unit in ["-h", "--inodes", "-m"] {
        let lines = lines(&scratch, &["--json", "--apparent-size", "-a", "-c", unit]);
        assert_eq!(lines.len(), 4, "{lines:?}");
        let quoted = format!("{root}/a \"quoted\" name");
        let file = lines.iter().find(|line| line["path"] == *quoted).unwrap();
        assert_eq!((&file["size"], &file["inodes"]), (&12345.into(), &1.into()));
        let odd = lines
            .iter()
            .find(|line| line["path_bytes"].is_array())
            .unwrap();
        assert_eq!(odd["size"], 3);
        assert_eq!(odd["path_bytes"].as_array().unwrap().last().unwrap(), 0xff);
        assert_eq!(lines[2]["path"], root);
        assert_eq!(
            (&lines[2]["size"], &lines[2]["inodes"]),
            (&12348.into(), &3.into())
        );
        let total = serde_json::json!({"total": true, "size": 12348, "inodes": 3});
        assert_eq!(lines[3], total);
    }
}

#[test]
fn times_are_in_the_style_asked_for() {
    let scratch = Scratch::new();
    let options = ["--json", "--time", "--time-style=+%s"];
    let lines = lines(&scratch, &options);
    let seconds: u64 = lines[0]["time"].as_str().unwrap().parse().unwrap();
    let modified = fs::metadata(scratch.path()).unwrap().modified().unwrap();
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(seconds, since.as_secs());
}
