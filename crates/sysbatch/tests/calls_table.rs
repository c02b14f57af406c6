//! The document about calls lists those that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The methods that the sources define: functions, and declarations of system calls.
fn defined() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/calls");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(sources).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let Some((_, methods)) = text
            .split_once("> Batch<'")
            .or(text.split_once("impl Batch<'"))
        else {
            continue;
        };
        // What follows the methods of a batch.
        let methods = methods
            .split_once("\n}\n")
            .map_or(methods, |(methods, _)| methods);
        let mut declared = false;
        for line in methods.lines() {
            declared = (declared || line.contains("system_calls! {")) && line != "    }";
            let name = match line.trim().strip_prefix("pub fn ") {
                Some(method) => method,
                None if declared && line.starts_with("        ") => line.trim(),
                None => continue,
            };
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (name, rest) = name.split_at(end.unwrap_or(name.len()));
            if !name.is_empty() && rest.starts_with('(') {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// The methods in the first column of the first table of the document.
fn documented() -> BTreeSet<String> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/calls.md");
    let text = fs::read_to_string(document).unwrap();
    let (table, _) = text.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split_once('`').unwrap().0.to_owned())
        .collect()
}

#[test]
fn each_call_is_in_the_document() {
    let (defined, documented) = (defined(), documented());
    assert!(defined.len() > 50, "{defined:?}");
    let difference: Vec<_> = defined.symmetric_difference(&documented).collect();
    assert!(difference.is_empty(), "in one place only: {difference:?}");
}
