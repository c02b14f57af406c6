//! `docs/exactness.md` names tests: each must be there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// All `suite/case` that the sources have.
fn cases() -> BTreeSet<String> {
    let mut cases = BTreeSet::new();
    let sources = root().join("tests/guest/suites/src");
    add_folder(&sources, None, &mut cases);
    assert!(cases.len() > 100, "{}", cases.len());
    cases
}

/// Adds those of a folder, which belong to `suite` or, in the outermost, to the one
/// that is called like their file.
fn add_folder(folder: &Path, suite: Option<&str>, cases: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = suite.or(name).expect("a name that is UTF-8");
        if path.is_dir() {
            add_folder(&path, Some(name), cases);
        } else {
            let text = std::fs::read_to_string(&path).expect("a source");
            add_file(&text, name, cases);
        }
    }
}

fn add_file(text: &str, suite: &str, cases: &mut BTreeSet<String>) {
    let list = text.lines().skip_while(|line| *line != "cases! {").skip(1);
    for line in list.take_while(|line| *line != "}") {
        let words: Vec<&str> = line
            .split([' ', ';'])
            .filter(|word| !word.is_empty())
            .collect();
        if let ["both" | "kernel" | "kernel_as_root", case, ..] = words[..] {
            cases.insert(format!("{suite}/{case}"));
        }
    }
}

/// What a document names in backticks with one slash, in a table.
fn named(document: &str) -> Vec<String> {
    let rows = document.lines().filter(|line| line.starts_with('|'));
    let quoted = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let names = quoted.filter(|text| text.matches('/').count() == 1);
    names.map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_document_names_is_there() {
    let document = root().join("docs/exactness.md");
    let document = std::fs::read_to_string(document).expect("the document");
    let cases = cases();
    let named = named(&document);
    assert!(named.len() > 50, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !cases.contains(*name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn a_name_is_found_in_a_row_only() {
    let document = "`a/b`\n| point | `SA_RESTART` | `signals/x`, `files/y` |\n";
    assert_eq!(named(document), ["signals/x", "files/y"]);
}
