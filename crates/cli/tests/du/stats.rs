//! The line that `--stats` prints, and what it says of crossings.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Scratch, sysbatch_du};

/// What `--stats` says about a walk of a directory.
fn stats(directory: &Path) -> Value {
    let output = sysbatch_du(directory)
        .args(["--stats", "-s"])
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stderr).unwrap()
}

fn number(stats: &Value, key: &str) -> u64 {
    stats[key].as_u64().unwrap()
}

#[test]
fn calls_are_counted_as_they_are_made() {
    // In user space each sub-call is a crossing, and they are counted apart.
    let scratch = Scratch::new();
    let flat = stats(scratch.path());
    assert_eq!(flat["backend"], "user");
    // statx, openat2, getdents64 twice, close.
    assert_eq!(number(&flat, "sub_calls"), 5);
    assert_eq!(number(&flat, "crossings"), 5);
    // One for the statx, one that finds the end of the list, and the
    // directory: 21 where "." and ".." come first, else 31 or 33.
    let steps = number(&flat, "steps");
    assert!([23, 33, 35].contains(&steps), "{steps} steps");
    assert_eq!(number(&flat, "batches"), 2);
    assert_eq!(number(&flat, "directories"), 1);
    assert_eq!(number(&flat, "files"), 0);
    for index in 0..10 {
        fs::write(scratch.join(format!("file{index}")), []).unwrap();
    }
    let files = stats(scratch.path());
    assert_eq!(number(&files, "sub_calls"), 5 + 10);
    assert_eq!(number(&files, "crossings"), 5 + 10);
    assert_eq!(number(&files, "files"), 10);
    // One for each name.
    let steps = number(&files, "steps");
    assert!(
        [23 + 10, 33 + 10, 35 + 10].contains(&steps),
        "{steps} steps"
    );
    fs::create_dir(scratch.join("directory")).unwrap();
    let deep = stats(scratch.path());
    assert_eq!(number(&deep, "sub_calls"), 5 + 11 + 4);
    // The operand is opened and closed for paths to be relative to.
    assert_eq!(number(&deep, "crossings"), 5 + 11 + 4 + 2);
}

#[test]
fn a_batch_is_worth_its_crossing() {
    // Like /usr/share: many directories with few files each.
    let scratch = Scratch::new();
    for directory in 0..600 {
        let path = scratch.join(format!("{}/package{directory}", directory % 7));
        fs::create_dir_all(&path).unwrap();
        for file in 0..directory % 23 {
            fs::write(path.join(format!("file{file}")), []).unwrap();
        }
    }
    for directory in [scratch.path(), "/usr/share".as_ref()] {
        let stats = stats(directory);
        let alone = number(&stats, "crossings") - number(&stats, "sub_calls");
        let in_kernel = number(&stats, "batches") + alone;
        let ratio = number(&stats, "sub_calls") / in_kernel;
        assert!(ratio >= 100, "{ratio} sub-calls for a crossing: {stats}");
    }
}
