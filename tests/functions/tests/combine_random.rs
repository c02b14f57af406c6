//! Functions made at random do the same with `combine` and without.
//!
//! The ordinary run makes some; `SYSBATCH_FUNCTIONS=10000` makes as many as that, and
//! `SYSBATCH_SEED` others.

use std::env;
use std::path::Path;

use sysbatch_functions::{Package, Way, compare, functions};

/// How many functions are made in the ordinary run.
const ORDINARY: u64 = 150;
/// How many are in one program.
const PROGRAM: u64 = 250;

fn setting(name: &str, ordinary: u64) -> u64 {
    env::var(name).map_or(ordinary, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

#[test]
fn functions_do_the_same_with_combine_and_without() {
    let count = setting("SYSBATCH_FUNCTIONS", ORDINARY);
    let seed = setting("SYSBATCH_SEED", 1);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("functions");
    let package = Package::new(&folder, env!("CARGO")).unwrap();
    let (mut done, mut calls, mut batches) = (0, 0, 0);
    while done < count {
        let functions = functions(seed, done..count.min(done + PROGRAM));
        let programs = package.build(std::slice::from_ref(&functions)).unwrap();
        let run = |way| programs[0].trace(way, &folder.join("scratch")).unwrap();
        let [plain, combined] = Way::BOTH.map(run);
        compare(&functions, &plain, &combined).unwrap_or_else(|error| panic!("{error:#}"));
        calls += plain.calls();
        batches += combined.batches;
        done += functions.len() as u64;
        eprintln!("{done} functions, {calls} calls, {batches} batches, no difference");
    }
    // Most functions have a batch that is run.
    assert!(batches > done, "{batches} batches");
}
