//! What a run came to, in tables.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::asynchronous;
use super::asynchronous::figures::Asynchronous;
use super::figures::{Guest, Measured, Took, Walks};
use super::judge::{self, Judged};

/// Everything, in the form in which `--json` writes it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    measured: Measured,
    targets: Vec<Judged>,
}

/// The workloads that the README shows, and its words for them.
const README: &[(&str, &str)] = &[
    ("unimplemented", "a number that is no call"),
    ("getppid", "`getppid`"),
    ("statx", "`statx`"),
    ("open-read-close", "`openat`, `read`, `close`"),
];

/// Rows of cells; the first row is the heading.
pub(super) struct Table(pub(super) Vec<Vec<String>>);

impl Report {
    pub(super) fn new(measured: Measured) -> Self {
        let targets = judge::judge(&measured);
        Self { measured, targets }
    }

    pub(super) fn measured(&self) -> &Measured {
        &self.measured
    }

    /// What the figures are of.
    fn head(&self) -> String {
        let Measured {
            commit,
            guests,
            host,
            quick,
            ..
        } = &self.measured;
        let kernels: Vec<_> = guests
            .iter()
            .map(|guest| format!("Linux {} ({})", guest.kernel_release, guest.accel))
            .collect();
        let mut head = format!(
            "sysbatch {}{}; guest instructions: {}; by the clock: Linux {}, {:.1} of {} processors \
             idle",
            commit.as_deref().unwrap_or("of no commit"),
            if *quick { ", a quick run" } else { "" },
            kernels.join(", "),
            host.kernel_release,
            host.idle,
            host.processors,
        );
        if let Ok(clock) = &self.measured.clock {
            write!(head, "; Linux {} ({})", clock.kernel_release, clock.accel)
                .expect("a string can be written to");
        }
        head
    }

    /// Titles and tables.
    fn tables(&self) -> Vec<(String, Table)> {
        let Measured {
            guests,
            host,
            clock,
            ..
        } = &self.measured;
        let mut tables = Vec::new();
        for guest in guests {
            let title = format!("What a call costs, Linux {}, instructions", guest.series);
            tables.push((title, calls(guest)));
        }
        if let Ok(clock) = clock {
            let title = format!(
                "What a call costs, Linux {} ({}), ns",
                clock.series, clock.accel
            );
            tables.push((title, calls(clock)));
        }
        let title = "What a call costs on this machine, without the module, ns".to_owned();
        tables.push((title, native(host)));
        for guest in guests {
            let title = format!(
                "20,000 files in 500 directories, Linux {}, million instructions",
                guest.series
            );
            tables.push((title, trees(&guest.trees)));
            if !guest.libraries.is_empty() {
                let title = format!(
                    "The same by libraries, Linux {}, million instructions",
                    guest.series
                );
                tables.push((title, libraries(&guest.libraries)));
            }
        }
        tables.extend(walks(&host.walks));
        for guest in guests {
            if let Some(measured) = &guest.asynchronous {
                tables.extend(asynchronous::report::tables(&guest.series, measured));
            }
        }
        if !host.asynchronous.is_empty() {
            let title = "1,000 files opened, read and closed on this machine, ns each".to_owned();
            tables.push((title, asynchronous::report::on_host(&host.asynchronous)));
        }
        tables
    }

    /// The tables in Markdown.
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("{}\n", self.head());
        let readme = readme(&self.measured.guests).markdown();
        write!(text, "\n### For the README\n\n{readme}").expect("a string is written to");
        for (title, table) in self.tables() {
            write!(text, "\n### {title}\n\n{}", table.markdown()).expect("a string is written to");
        }
        write!(
            text,
            "\n### Targets\n\n{}",
            of_targets(&self.targets).markdown()
        )
        .expect("a string is written to");
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.head())?;
        for (title, table) in self.tables() {
            write!(f, "\n{title}\n{table}")?;
        }
        write!(f, "\nTargets\n{}", of_targets(&self.targets))?;
        let count = |holds| {
            self.targets
                .iter()
                .filter(|target| target.holds == holds)
                .count()
        };
        writeln!(
            f,
            "\n{} hold, {} do not, {} are not measured",
            count(Some(true)),
            count(Some(false)),
            count(None)
        )
    }
}

/// What is to be reached, and what of it is.
fn of_targets(targets: &[Judged]) -> Table {
    let heading = ["target", "measured", "", "to be reached", "holds"];
    let rows = targets.iter().map(|judged| {
        let sign = if judged.at_least { "≥" } else { "≤" };
        let holds = match judged.holds {
            Some(true) => "yes".to_owned(),
            Some(false) => "NO".to_owned(),
            None => {
                let why = judged.why.as_deref().unwrap_or("its target is not known");
                format!("not measured: {why}")
            }
        };
        vec![
            judged.id.clone(),
            judged.measured.map_or_else(|| "–".to_owned(), number),
            judged.unit.clone(),
            judged.target.map_or_else(
                || "–".to_owned(),
                |target| format!("{sign} {}", number(target)),
            ),
            holds,
        ]
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

/// Asynchronous batches of some kernels alone, as a report has them.
pub(super) fn of_asynchronous(measured: &[(&str, Asynchronous)], markdown: bool) -> String {
    let mut tables = Vec::new();
    let mut targets = Vec::new();
    for (series, measured) in measured {
        tables.extend(asynchronous::report::tables(series, measured));
        targets.extend(judge::asynchronous(series, measured));
    }
    tables.push(("Targets".to_owned(), of_targets(&targets)));
    in_text(tables, markdown)
}

fn in_text(tables: Vec<(String, Table)>, markdown: bool) -> String {
    let mut text = String::new();
    for (title, table) in tables {
        if markdown {
            write!(text, "\n### {title}\n\n{}", table.markdown())
        } else {
            write!(text, "\n{title}\n{table}")
        }
        .expect("a string can be written to");
    }
    text
}

/// What the README shows: the lines of a few workloads, for each kernel.
fn readme(guests: &[Guest]) -> Table {
    let mut heading = vec![String::new()];
    for guest in guests {
        heading.push(format!("{}: *c*", guest.series));
        heading.push("*a* + *b*·*n*, module".to_owned());
    }
    let rows = README.iter().map(|(workload, title)| {
        let mut row = vec![(*title).to_owned()];
        for guest in guests {
            let alone = guest.bench.alone(workload);
            row.push(alone.map_or_else(|_| "–".to_owned(), |alone| format!("{alone:.0}")));
            let line = guest.bench.batches(workload, "kernel", "native");
            row.push(line.map_or_else(
                |_| "–".to_owned(),
                |line| format!("{:.0} + {:.0}·*n*", line.a, line.b),
            ));
        }
        row
    });
    Table(std::iter::once(heading).chain(rows).collect())
}

/// The calls of a guest, one by one and in batches.
fn calls(guest: &Guest) -> Table {
    let line = |workload: &str, backend| {
        let batches = guest.bench.batches(workload, backend, "native");
        batches.map_or_else(
            |_| "–".to_owned(),
            |found| format!("{:.0} + {:.1}·n", found.a, found.b),
        )
    };
    let heading = ["", "alone", "module", "user space", "io_uring"];
    let rows = guest.bench.workloads.iter().map(|workload| {
        let mut uring = guest.calls.io_uring.iter();
        let uring = uring.find(|line| line.operation == workload.name);
        vec![
            workload.name.clone(),
            workload
                .alone
                .map_or_else(|| "–".to_owned(), |alone| format!("{alone:.0}")),
            line(&workload.name, "kernel"),
            line(&workload.name, "user"),
            uring.map_or_else(
                || "–".to_owned(),
                |found| format!("{:.0} + {:.1}·n", found.line.a, found.line.b),
            ),
        ]
    });
    let mut table: Vec<_> = std::iter::once(row(heading)).chain(rows).collect();
    if let Some(nop) = guest
        .calls
        .io_uring
        .iter()
        .find(|line| line.operation == "nop")
    {
        let line = format!("{:.0} + {:.1}·n", nop.line.a, nop.line.b);
        table.push(row(["io_uring's nop", "–", "–", "–", &line]));
    }
    Table(table)
}

/// The calls of the host, where the kernel runs no batches.
fn native(host: &super::figures::Host) -> Table {
    let heading = ["", "alone", "user space", "÷ alone", "io_uring"];
    let rows = host.bench.workloads.iter().filter_map(|workload| {
        let batches = host.bench.batches(&workload.name, "user", "native").ok()?;
        let mut uring = host.calls.io_uring.iter();
        let uring = uring.find(|line| line.operation == workload.name);
        Some(vec![
            workload.name.clone(),
            workload
                .alone
                .map_or_else(|| "–".to_owned(), |alone| format!("{alone:.0}")),
            format!("{:.0} + {:.1}·n", batches.a, batches.b),
            workload.alone.map_or_else(
                || "–".to_owned(),
                |alone| format!("{:.2}", batches.b / alone),
            ),
            uring.map_or_else(
                || "–".to_owned(),
                |found| format!("{:.0} + {:.1}·n", found.line.a, found.line.b),
            ),
        ])
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

/// Walks on this machine.
fn walks(walks: &Walks) -> Vec<(String, Table)> {
    let title = "200,000 files in 5,000 directories on this machine, ms".to_owned();
    let mut tables = vec![(title, trees(&walks.trees))];
    if !walks.libraries.is_empty() {
        let title = "The same by libraries, ms".to_owned();
        tables.push((title, libraries(&walks.libraries)));
    }
    tables
}

/// Walks on this machine alone, as a report has them.
pub(super) fn of_walks(measured: &Walks, markdown: bool) -> String {
    let mut text = match measured.idle_before_walks {
        Some(idle) => format!("{idle:.1} processors were idle before\n"),
        None => String::new(),
    };
    text += &in_text(walks(measured), markdown);
    text
}

/// What walks took; both clocks have millions for the unit.
fn trees(walks: &[Took]) -> Table {
    let heading = ["", "elapsed", "processor", "memory, MiB"];
    let rows = walks.iter().map(|took| {
        let name = match &took.version {
            Some(version) => format!("{} {version}", took.name),
            None => took.name.clone(),
        };
        vec![
            name,
            format!("{:.1}", took.median / 1e6),
            format!("{:.1}", took.processor / 1e6),
            format!("{:.1}", took.memory as f64 / f64::from(1 << 20)),
        ]
    });
    Table(std::iter::once(row(heading)).chain(rows).collect())
}

/// The same with each processor time also as part of the first's.
fn libraries(walks: &[Took]) -> Table {
    let Table(mut rows) = trees(walks);
    let first = walks.first().map_or(f64::NAN, |took| took.processor);
    let parts = walks
        .iter()
        .map(|took| format!("{:.2}", took.processor / first));
    let column = std::iter::once("÷ first".to_owned()).chain(parts);
    for (row, cell) in rows.iter_mut().zip(column) {
        row.insert(3, cell);
    }
    Table(rows)
}

pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Whole where it is, else with two decimals.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

impl Table {
    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut lines = self.0.iter();
        let heading = lines.next().map_or(&[][..], Vec::as_slice);
        let rule = vec!["---".to_owned(); heading.len()];
        let rest: String = lines.map(|cells| line(cells)).collect();
        line(heading) + &line(&rule) + &rest
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.0.iter().map(|cells| cells[column].chars().count());
            cells.max().unwrap_or(0)
        };
        // What stands last may be of any length.
        let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(width).collect();
        for cells in &self.0 {
            let mut line = String::new();
            for (index, cell) in cells.iter().enumerate() {
                match widths.get(index) {
                    None => line.push_str(cell),
                    Some(width) if index == 0 => write!(line, "{cell:width$}  ")?,
                    Some(width) => write!(line, "{cell:>width$}  ")?,
                }
            }
            writeln!(f, "  {}", line.trim_end())?;
        }
        Ok(())
    }
}
