//! Functions made at random do the same with `combine` and without.
//!
//! The ordinary run makes some; `SYSBATCH_FUNCTIONS=10000` makes as many as that, and
//! `SYSBATCH_SEED` others.

use std::env;
use std::path::Path;

use sysbatch_functions::{Package, Totals, check};

/// How many functions are made in the ordinary run.
const ORDINARY: u64 = 150;

fn setting(name: &str, ordinary: u64) -> u64 {
    env::var(name).map_or(ordinary, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

#[test]
fn functions_do_the_same_with_combine_and_without() {
    let count = setting("SYSBATCH_FUNCTIONS", ORDINARY);
    let seed = setting("SYSBATCH_SEED", 1);
    // It stays, so that dependencies are built once.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("functions");
    let package = Package::new(&folder, env!("CARGO")).unwrap();
    let told = &mut |done, totals: &Totals| {
        eprintln!("{done} functions, no difference in {totals}");
    };
    check(&package, seed, count, told).unwrap_or_else(|error| panic!("{error:#}"));
}
