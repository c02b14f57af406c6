use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;
use syscalls::Sysno;

use super::*;
use crate::sequence::trace::{Made, call, close, found, fstat, getdents, openat, read, statx};
use crate::{Frame, Object};

/// Names for the places of a fixture.
struct Names;

impl Symbols for Names {
    fn object(&self, object: Object) -> &str {
        ["/usr/bin/program", "/usr/lib/libc.so.6"][object.0 as usize]
    }

    fn places(&mut self, frame: Frame) -> Vec<Place> {
        let function = match frame.function {
            0x4000 => "read_all",
            0x5000 => "list",
            0x6000 => "std::fs::read",
            _ => return Vec::new(),
        };
        let file = match function {
            "std::fs::read" => "/rustc/0123/library/std/src/fs.rs",
            _ => "src/program.c",
        };
        let inlined = Place {
            function: Some("inlined".to_owned()),
            ..Place::default()
        };
        let place = Place {
            function: Some(function.to_owned()),
            file: Some(file.to_owned()),
            line: Some((frame.address - frame.function) as u32),
        };
        vec![inlined, place]
    }
}

const COSTS: Costs = Costs {
    crossing: 100.0,
    batch: 250.0,
    step: 10.0,
    measured: true,
};

const MAIN: (u64, u64) = (0x100, 7);

/// Reads files of which nothing shows that the names were known.
fn reads(files: u64) -> impl Iterator<Item = Made> {
    (0..files).flat_map(|file| {
        let at = |line| [(0x4000, line), MAIN];
        let size = 100 + file;
        [
            openat(&format!("file{file}"), 3).at(&at(12)),
            fstat(3, size).at(&at(13)),
            read(3, size, size as i64).at(&at(14)),
            read(3, 4096, 0).at(&at(15)),
            close(3).at(&at(17)),
        ]
    })
}

/// Asks about the names in directories.
fn lists(directories: u64) -> impl Iterator<Item = Made> {
    (0..directories).flat_map(|directory| {
        let names: Vec<_> = (0..20).map(|name| format!("{directory}-{name}")).collect();
        let all: Vec<_> = names.iter().map(String::as_str).collect();
        let at = |line| [(0x5000, line), MAIN];
        let mut calls = vec![
            openat(&format!("directory{directory}"), 3).at(&at(40)),
            getdents(3, &all).at(&at(41)),
        ];
        calls.extend(names.iter().map(|name| statx(name).at(&at(42))));
        calls.push(close(3).at(&at(43)));
        calls
    })
}

fn report(calls: impl IntoIterator<Item = Made>, ran: Duration) -> Report {
    report_with(calls, ran, COSTS)
}

fn report_with(calls: impl IntoIterator<Item = Made>, ran: Duration, costs: Costs) -> Report {
    let conditions = Conditions {
        command: vec!["program".to_owned()],
        costs,
        ran,
        foreign: 0,
    };
    Report::new(&found(calls), conditions, &mut Names)
}

#[test]
fn the_worst_is_first() {
    let report = report(reads(100).chain(lists(20)), Duration::from_micros(100));
    let functions = report.rows.iter().map(|row| row.function.as_deref());
    assert_eq!(
        functions.collect::<Vec<_>>(),
        [Some("list"), Some("read_all")]
    );
    let [list, read_all] = &report.rows[..] else {
        panic!("{report:?}");
    };
    assert_eq!((list.form, list.with), (Form::Directory, "sysbatch-walk"));
    assert_eq!(
        (read_all.form, read_all.with),
        (Form::Chain, "#[sysbatch::combine]")
    );
    let names: Vec<_> = read_all
        .calls
        .iter()
        .map(|made| made.name.as_str())
        .collect();
    assert_eq!(names, ["openat", "fstat", "read", "close"]);
    assert_eq!(report.verdict, Verdict::WorthIt);
}

#[test]
fn the_standard_library_is_not_where_a_program_reads() {
    let read = |caller, line| {
        let at = [(0x6000, 5), (caller, line), MAIN];
        [openat("a", 3), read(3, 40, 40), read(3, 40, 0), close(3)].map(|made| made.at(&at))
    };
    let calls = (0..20).flat_map(|_| [read(0x4000, 1), read(0x5000, 2), read(0x4000, 3)]);
    let waits = call(Sysno::ppoll, [0; 5], 0);
    let calls = calls.flat_map(|calls| calls.into_iter().chain([waits.clone()]));
    let report = report(calls, Duration::from_micros(100));
    let rows = report.rows.iter();
    let rows: Vec<_> = rows
        .map(|row| (row.function.as_deref(), row.line, row.sequences))
        .collect();
    assert_eq!(
        rows,
        [(Some("read_all"), Some(1), 40), (Some("list"), Some(2), 20)]
    );
}

#[test]
fn the_crossings_are_those_of_all_calls() {
    let alone =
        (0..50).map(|number| call(Sysno::getppid, [], number).at(&[(0x900, number as u64)]));
    let report = report(reads(100).chain(alone), Duration::from_secs(1));
    assert_eq!(report.worth.crossings_now, 550);
    let rows: u64 = report
        .rows
        .iter()
        .map(|row| row.worth.crossings_now - row.worth.crossings_after)
        .sum();
    assert_eq!(550 - report.worth.crossings_after, rows);
    assert!(rows > 300, "{report:?}");
}

#[test]
fn a_program_that_computes_is_not_worth_it() {
    let report = report(reads(3), Duration::from_secs(2));
    assert_eq!(report.verdict, Verdict::NotWorthIt);
    assert_eq!(
        report.summary,
        "not worth it: the crossings of all its 15 calls take less than 0.1 % of its 2.0 s"
    );
}

#[test]
fn a_program_of_which_no_sequence_is_long_enough_is_not_worth_it() {
    let calls = (0..100).map(|name| statx(&format!("{name}")).at(&[MAIN]));
    let report = report(calls, Duration::from_micros(100));
    assert_eq!(
        report.summary,
        "not worth it: of its 100 calls none are in sequences that batches would make faster"
    );
    assert!(report.rows.is_empty());
    assert_eq!(report.worth.crossings_after, 100);
}

#[test]
fn a_program_without_calls_is_not_worth_it() {
    let report = report([], Duration::ZERO);
    assert_eq!(report.summary, "not worth it: it makes no system calls");
}

#[test]
fn what_is_estimated_says_so() {
    let costs = Costs {
        measured: false,
        ..COSTS
    };
    let report = report_with(reads(100), Duration::from_micros(500), costs);
    assert!(report.summary.ends_with("measure with)"), "{report:?}");
}

#[test]
fn what_the_c_library_does_is_not_in_the_sum() {
    let calls = (0..100).flat_map(|_| {
        [1, 2, 3, 4, 5].map(|wrapper| {
            let close = close(3).in_library(0x9000 + wrapper).in_library(0x9500);
            close.at(&[MAIN])
        })
    });
    let report = report(calls, Duration::from_micros(50));
    assert!(report.rows.iter().all(|row| row.in_c_library));
    assert!(!report.rows.is_empty());
    assert_eq!(report.verdict, Verdict::NotWorthIt);
    assert_eq!(report.worth.saved_ns, 0.0);
    assert!(
        report.table(80, 12).contains("in the C library"),
        "{}",
        report.table(80, 12)
    );
}

#[test]
fn the_table_is_for_people() {
    let report = report(reads(100).chain(lists(20)), Duration::from_micros(400));
    let table = report.table(72, 12);
    println!("{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 72));
    assert_eq!(table, include_str!("table.txt"));
}

#[test]
fn what_saves_next_to_nothing_is_summed_up() {
    // 20 µs, and a second list of 2 µs, of 0.1 s.
    let report = report(reads(1000).chain(lists(2)), Duration::from_millis(100));
    let table = report.table(80, 12);
    assert!(
        table.contains("1 function elsewhere in the program"),
        "{table}"
    );
    assert!(!table.contains("list ("), "{table}");
    assert!(report.table(80, usize::MAX).contains("list ("), "{table}");
    assert!(
        report.table(80, 0).contains("2 functions elsewhere"),
        "{table}"
    );
}

#[test]
fn what_was_not_looked_at_is_told() {
    let mut report = report(reads(3), Duration::from_millis(1));
    assert!(!report.table(80, 12).contains("not looked at"));
    report.foreign = 7;
    let table = report.table(80, 12);
    assert!(table.ends_with("not looked at: 7 calls of programs of another architecture\n"));
}

#[test]
fn the_names_of_the_json_stay() {
    let report = report(reads(100), Duration::from_micros(400));
    let json = serde_json::to_value(&report).expect("JSON");
    let keys = |value: &Value| -> HashSet<String> {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect()
    };
    let set = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    let expected: HashSet<String> = set(
        "format command costs ran_ns foreign calls alone left crossings_now crossings_after saved_ns share verdict \
         summary rows",
    );
    assert_eq!(keys(&json), expected);
    let expected: HashSet<String> = set("crossing_ns batch_ns step_ns measured");
    assert_eq!(keys(&json["costs"]), expected);
    let expected: HashSet<String> = set(
        "function file line object address in_c_library calls sequences crossings_now \
         crossings_after saved_ns share verdict form with confidence evidence ended",
    );
    assert_eq!(keys(&json["rows"][0]), expected);
    assert_eq!(json["rows"][0]["calls"][0]["name"], "openat");
    assert_eq!(json["rows"][0]["form"], "chain");
    assert_eq!(json["rows"][0]["ended"][0]["kind"], "text");
    assert_eq!(json["verdict"], "worth_it");
}

proptest! {
    #[test]
    fn a_batch_never_makes_more_crossings(
        lengths in prop::collection::vec((2_u64..20, 1_u64..10), 0..5),
        crossing in 0.0..500.0,
        batch in 0.0..2000.0,
        step in 0.0..500.0,
    ) {
        let costs = Costs { crossing, batch, step, measured: true };
        let calls = lengths.iter().flat_map(|&(length, times)| {
            (0..times).flat_map(move |_| {
                let calls = (0..length).map(move |_| close(3).at(&[(length * 0x100, 1), MAIN]));
                calls.chain([call(Sysno::ppoll, [0; 5], 0)])
            })
        });
        let report = report_with(calls, Duration::from_micros(100), costs);
        let sum = report.rows.iter().fold(0, |sum, row| {
            sum + row.worth.crossings_now - row.worth.crossings_after
        });
        prop_assert!(report.worth.crossings_after <= report.worth.crossings_now);
        prop_assert_eq!(report.worth.crossings_now - report.worth.crossings_after, sum);
        prop_assert_eq!(report.worth.crossings_now, report.calls);
        prop_assert!(report.rows.iter().all(|row| row.worth.saved_ns > 0.0));
        let saved = report.rows.iter().map(|row| row.worth.saved_ns);
        prop_assert!(saved.rev().is_sorted());
        prop_assert!(report.worth.saved_ns >= 0.0);
    }
}
