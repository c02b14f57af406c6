//! Programs that are clear cases, whatever the machine.
#![expect(unsafe_code, reason = "calls as a C program makes them")]

use std::env;
use std::ffi::CString;
use std::fs;
use std::hint::black_box;
use std::mem::MaybeUninit;

use serde_json::Value;

use crate::{COSTS, advise, run};

/// Set where a test runs inside.
const INSIDE: &str = "SYSBATCH_TEST_INSIDE";

/// Runs `body` in a process of its own and gives what is found about it. `name` is the
/// test's. Gives nothing inside.
fn found(name: &str, body: impl FnOnce()) -> Option<Value> {
    if env::var_os(INSIDE).is_some() {
        body();
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("found.json");
    let own = env::current_exe().expect("the test's path");
    let mut command = advise(&[COSTS, "--json", "--output"]);
    command.arg(&file).arg("--").arg(own);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]);
    let output = run(command.env(INSIDE, "1"));
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(file).expect("a file");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// What is found in a function.
fn row<'found>(found: &'found Value, function: &str) -> &'found Value {
    let rows = found["rows"].as_array().expect("rows");
    let is = |row: &&Value| {
        let name = row["function"].as_str();
        name.is_some_and(|name| name.contains(function))
    };
    let row = rows.iter().find(is);
    row.unwrap_or_else(|| panic!("{function} is not among {rows:#?}"))
}

#[test]
fn one_that_computes_is_not_worth_it() {
    let found = found("programs::one_that_computes_is_not_worth_it", || {
        // Far longer than what runs a test takes for its few calls.
        let mut number = black_box(1_u64);
        for _ in 0..30_000_000_u64 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
        }
        black_box(number);
    });
    let Some(found) = found else { return };
    assert_eq!(found["verdict"], "not_worth_it", "{found:#}");
    let summary = found["summary"].as_str().expect("a sentence");
    assert!(summary.starts_with("not worth it"), "{summary}");
}

/// The line of the call in `look_at_all`.
const LINE: u32 = line!() + 8;

/// Looks at many files that there are not, of which it has a list.
#[inline(never)]
fn look_at_all(names: &[CString]) {
    for name in names {
        let mut status = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: a path, and memory for what it writes.
        let result = unsafe { libc::stat(name.as_ptr(), status.as_mut_ptr()) };
        assert_eq!(result, -1);
    }
}

#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "other builds have their names stripped"
)]
fn a_list_of_files_is_found_with_its_function_and_line() {
    let found = found(
        "programs::a_list_of_files_is_found_with_its_function_and_line",
        || {
            let name = |n| CString::new(format!("/no/such/file/{n}")).expect("no zero");
            let names: Vec<CString> = (0..64).map(name).collect();
            (0..4).for_each(|_| look_at_all(&names));
        },
    );
    let Some(found) = found else { return };
    let row = row(&found, "look_at_all");
    assert!(row["crossings_now"].as_u64() >= Some(4 * 64), "{row:#}");
    assert!(
        row["crossings_after"].as_u64() < row["crossings_now"].as_u64(),
        "{row:#}"
    );
    let file = row["file"].as_str().expect("a file");
    assert!(file.ends_with("tests/advise/programs.rs"), "{file}");
    assert_eq!(row["line"].as_u64(), Some(LINE.into()), "{row:#}");
    let calls = row["calls"].as_array().expect("calls");
    assert_eq!(calls[0]["name"], "newfstatat", "{row:#}");
}
