//! Tables of what was measured.

use super::figures::{APART, Asynchronous, Files};
use crate::bench::report::{Table, row};

/// Rows of the first table: what they are called, the way, and the backend.
const WAYS: &[(&str, &str, &str)] = &[
    ("synchronous syslets, module", "sync-syslets", "kernel"),
    ("syslets, module", "syslets", "kernel"),
    ("a ring, module", "ring", "kernel"),
    ("`asys_submit`, module", "asys", "kernel"),
    ("`io_uring`", "io-uring", "kernel"),
    ("synchronous syslets, user space", "sync-syslets", "user"),
    ("syslets, user space", "syslets", "user"),
    ("a ring, user space", "ring", "user"),
    ("`asys_submit`, user space", "asys", "user"),
];

/// Rows of the table of what is trivial.
const TRIVIAL: &[(&str, &str, &str)] = &[
    ("a ring, module", "ring", "kernel"),
    ("a ring's worker, module", "ring-worker", "kernel"),
    ("`asys_submit`, module", "asys", "kernel"),
    ("a ring, user space", "ring", "user"),
    ("a ring's worker, user space", "ring-worker", "user"),
    ("`asys_submit`, user space", "asys", "user"),
    ("`io_uring`, `IOSQE_ASYNC`", "io-uring-async", "kernel"),
    ("`io_uring`", "io-uring", "kernel"),
    ("rayon", "rayon", "kernel"),
];

/// Titles and tables of a machine.
pub(in crate::bench) fn tables(series: &str, measured: &Asynchronous) -> Vec<(String, Table)> {
    vec![
        (
            format!(
                "1,000 files opened, read and closed, Linux {series}, thousand instructions each; ms each where uncached"
            ),
            many(&measured.files),
        ),
        (
            format!("{APART} uncached files on a disk of 1 ms, Linux {series}, ms"),
            apart(&measured.files),
        ),
        (
            format!("Something trivial submitted and completed, Linux {series}, instructions"),
            trivial(measured),
        ),
        (
            format!("Batches that never complete, Linux {series}, bytes each"),
            outstanding(measured),
        ),
    ]
}

fn many(files: &[Files]) -> Table {
    let heading = [
        "", "ext4", "÷ plain", "tmpfs", "÷ plain", "uncached", "gain",
    ];
    let run = |uncached: bool, filesystem: &str| {
        let runs = files.iter().filter(move |run| {
            run.uncached == uncached && run.filesystem == filesystem && run.files != APART
        });
        runs.collect::<Vec<_>>()
    };
    let (ext4, tmpfs) = (run(false, "ext4"), run(false, "tmpfs"));
    let uncached = run(true, "ext4");
    let thousands = |value: f64| format!("{:.2}", value / 1e3);
    let milliseconds = |value: f64| format!("{:.3}", value / 1e6);
    let plain = |runs: &[&Files], unit: &dyn Fn(f64) -> String| {
        runs.first().map_or_else(none, |run| unit(run.plain))
    };
    let mut rows = vec![
        row(heading),
        vec![
            "plain calls".to_owned(),
            plain(&ext4, &thousands),
            "1.00".to_owned(),
            plain(&tmpfs, &thousands),
            "1.00".to_owned(),
            plain(&uncached, &milliseconds),
            "–".to_owned(),
        ],
    ];
    for &(name, way, backend) in WAYS {
        let mut cells = vec![name.to_owned()];
        for runs in [&ext4, &tmpfs] {
            let found = find(runs, way, backend);
            cells.push(found.map_or_else(none, |run| thousands(run.took)));
            cells.push(found.map_or_else(none, |run| format!("{:.2}", run.took / run.plain)));
        }
        let found = find(&uncached, way, backend);
        cells.push(found.map_or_else(none, |run| milliseconds(run.took)));
        cells.push(found.map_or_else(none, |run| {
            format!("{:+.0} %", 100.0 * (run.plain / run.took - 1.0))
        }));
        rows.push(cells);
    }
    Table(rows)
}

fn apart(files: &[Files]) -> Table {
    let runs: Vec<_> = files.iter().filter(|run| run.is_of_apart()).collect();
    let heading = [
        "",
        "one after another",
        "at once",
        "times as soon",
        "at least",
    ];
    let rows = WAYS.iter().filter_map(|&(name, way, backend)| {
        let run = find(&runs, way, backend)?;
        let all = |each: f64| format!("{:.1}", each * APART as f64 / 1e6);
        Some(vec![
            name.to_owned(),
            all(run.plain),
            all(run.took),
            format!("{:.1}", run.plain / run.took),
            format!("{:.1}", run.plain / run.most),
        ])
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

fn trivial(measured: &Asynchronous) -> Table {
    let heading = ["", "one", "÷ plain", "each of 64", "÷ plain"];
    let plain = measured.trivial.first().map(|run| {
        let plain = format!("{:.0}", run.plain);
        row(["the call alone", &plain, "1.0", &plain, "1.0"])
    });
    let rows = TRIVIAL.iter().filter_map(|&(name, way, backend)| {
        let mut runs = measured.trivial.iter();
        let run = runs.find(|run| (&*run.way, &*run.backend) == (way, backend))?;
        let by_plain = |value: f64| format!("{:.1}", value / run.plain);
        Some(vec![
            name.to_owned(),
            format!("{:.0}", run.one),
            by_plain(run.one),
            format!("{:.0}", run.each_of_many),
            by_plain(run.each_of_many),
        ])
    });
    let rows = plain.into_iter().chain(rows);
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

fn outstanding(measured: &Asynchronous) -> Table {
    let heading = [
        "",
        "process",
        "of it the batch itself",
        "kernel",
        "threads",
        "cancelled",
        "completed in the end",
    ];
    let rows = measured.outstanding.iter().map(|seen| {
        vec![
            format!("{}, {}", seen.batches, seen.backend),
            format!("{:.0}", seen.resident),
            format!("{:.0}", seen.unsubmitted),
            format!("{:.0}", seen.kernel),
            seen.threads.to_string(),
            seen.cancelled.to_string(),
            seen.completed.to_string(),
        ]
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

/// What was read on this machine.
pub(in crate::bench) fn on_host(files: &[Files]) -> Table {
    let heading = [
        "",
        "file system",
        "plain calls",
        "took",
        "÷ plain",
        "elsewhere",
    ];
    let rows = files.iter().map(|run| {
        let named = WAYS
            .iter()
            .find(|(_, way, backend)| (*way, *backend) == (&*run.way, &*run.backend));
        vec![
            named.map_or(&*run.way, |(name, ..)| name).to_owned(),
            run.filesystem.clone(),
            format!("{:.0}", run.plain),
            format!("{:.0}", run.took),
            format!("{:.2}", run.took / run.plain),
            run.elsewhere
                .map_or_else(none, |elsewhere| elsewhere.to_string()),
        ]
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

fn find<'a>(runs: &[&'a Files], way: &str, backend: &str) -> Option<&'a Files> {
    let mut runs = runs.iter().copied();
    runs.find(|run| (&*run.way, &*run.backend) == (way, backend))
}

fn none() -> String {
    "–".to_owned()
}
