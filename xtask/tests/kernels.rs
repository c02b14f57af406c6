//! The documents name the kernels that the module's table has.

use std::path::Path;

use sysbatch_abi::KERNEL_SERIES;

fn document(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(path)).expect("a document");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `6.1, 6.6 and 6.12`.
fn words() -> String {
    let names = KERNEL_SERIES.map(|series| series.name);
    let (last, before) = names.split_last().expect("a series");
    format!("{} and {last}", before.join(", "))
}

#[test]
fn the_table_of_kernels_is_that_of_the_module() {
    let rows: Vec<String> = KERNEL_SERIES
        .iter()
        .map(|series| format!("| {} | `{}` |", series.name, series.suite))
        .collect();
    let head = "| series | last in Debian's suite | | --- | --- |";
    let table = format!("{head} {}", rows.join(" "));
    let text = document("docs/kernel.md");
    // And no row after them.
    assert!(text.contains(&format!("{table} The ")), "{table}");
}

#[test]
fn what_is_said_to_be_tested_is_in_the_table() {
    let kernels = format!("Debian's {} kernels", words());
    for path in ["README.md", "CONTRIBUTING.md", "docs/exactness.md"] {
        assert!(document(path).contains(&kernels), "{path}: no `{kernels}`");
    }
}
