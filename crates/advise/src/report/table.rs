//! The report for people.

use std::fmt::Write as _;

use textwrap::{Options, fill};

use super::{Confidence, Made, Report, Row, Worth, words};

/// How far what belongs to a row is indented.
const INDENT: &str = "    ";
/// A function that saves less than this, in per cent and in nanoseconds, is summed up with
/// others unless all are asked for.
const SMALL: (f64, f64) = (0.1, 10_000.0);

/// A path that has more characters is long.
const LONG: usize = 48;

/// The columns: time, share, crossings, times, place.
type Cells = [String; 5];

impl Report {
    /// The report in lines of at most this many characters, as far as names allow. So many
    /// rows are shown, and the others summed up; so are those that save next to nothing,
    /// unless the number is that of all.
    #[must_use]
    pub fn table(&self, width: usize, rows: usize) -> String {
        let (own, library): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| !row.in_c_library);
        let shown = own.iter().take(rows);
        let shown = shown.take_while(|row| rows == usize::MAX || !row.is_small());
        let (shown, others) = own.split_at(shown.count());
        let mut lines = vec![["saves", "share", "crossings", "times", "where"].map(str::to_owned)];
        lines.extend(shown.iter().map(|row| row.cells()));
        lines.extend(sum("elsewhere in the program", others));
        let in_library = "in the C library, which is not the program's to change";
        lines.extend(sum(in_library, &library));
        let widths = [0, 1, 2, 3].map(|column| {
            let cells = lines.iter().map(|cells| cells[column].chars().count());
            cells.max().unwrap_or(0)
        });
        let mut text = String::new();
        let details = std::iter::once(None).chain(shown.iter().map(Some));
        let details = details.chain(std::iter::repeat(None));
        if !self.rows.is_empty() {
            for (cells, row) in lines.iter().zip(details) {
                head(&mut text, cells, widths, width);
                if let Some(row) = row {
                    row.write(&mut text, width);
                }
            }
            text.push('\n');
        }
        line(&mut text, &self.summary, width, "", "  ");
        if self.foreign > 0 {
            let calls = words::count(self.foreign, "call");
            let foreign = format!("not looked at: {calls} of programs of another architecture");
            line(&mut text, &foreign, width, "", "  ");
        }
        text
    }
}

impl Row {
    /// Whether it saves next to nothing.
    fn is_small(&self) -> bool {
        self.worth.share < SMALL.0 && self.worth.saved_ns < SMALL.1
    }

    /// What is in its columns.
    fn cells(&self) -> Cells {
        cells(self.worth, Some(self.sequences), self.place())
    }

    /// The lines below these.
    fn write(&self, text: &mut String, width: usize) {
        let calls: Vec<_> = self.calls.iter().map(|made| self.each(made)).collect();
        line(text, &calls.join(", "), width, INDENT, INDENT);
        let confidence = match self.confidence {
            Confidence::Shown => "shown",
            Confidence::Likely => "likely",
        };
        let mut reasons: Vec<_> = self.evidence.iter().map(|counted| counted.words).collect();
        reasons.truncate(4);
        let reasons = format!("{confidence}: {}", reasons.join("; "));
        line(text, &reasons, width, INDENT, INDENT);
        let ends = self.ended.first().map_or("", |counted| counted.words);
        let form = format!(
            "write it as {}: {}; most end where {ends}",
            self.form.words(),
            self.with
        );
        line(text, &form, width, INDENT, INDENT);
    }

    /// Where it is.
    fn place(&self) -> String {
        let object = self.object.as_deref().map(base_name);
        let mut place = match (&self.function, object, self.address) {
            (Some(function), _, _) => function.clone(),
            (None, Some(object), Some(address)) => format!("{object}+{address:#x}"),
            _ => "an unknown place".to_owned(),
        };
        match (self.file.as_deref().map(short), self.line) {
            (Some(file), Some(line)) => {
                let _ = write!(place, " ({file}:{line})");
            }
            (Some(file), None) => {
                let _ = write!(place, " ({file})");
            }
            (None, _) => {
                if let (Some(_), Some(object)) = (&self.function, object) {
                    let _ = write!(place, " ({object})");
                }
            }
        }
        place
    }

    /// A call, and how often it is in a sequence.
    fn each(&self, made: &Made) -> String {
        let each = made.count as f64 / self.sequences.max(1) as f64;
        if each >= 9.95 {
            format!("{} ×{each:.0}", made.name)
        } else if (each - 1.0).abs() < 0.05 {
            made.name.clone()
        } else if each < 0.05 {
            format!("{} (seldom)", made.name)
        } else {
            let each = format!("{each:.1}");
            format!("{} ×{}", made.name, each.trim_end_matches(".0"))
        }
    }
}

/// The end of a path that is long, which is enough to find the file.
fn short(path: &str) -> String {
    let cut = path.rmatch_indices('/').nth(2).map(|(at, _)| &path[at..]);
    match cut {
        Some(end) if path.chars().count() > LONG => format!("…{end}"),
        _ => path.to_owned(),
    }
}

/// The name of a file without its directory.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Rows that are summed up, if there are any.
fn sum(what: &str, rows: &[&Row]) -> Option<Cells> {
    let worth = rows.iter().map(|row| row.worth).reduce(Worth::plus)?;
    let functions = words::count(rows.len() as u64, "function");
    Some(cells(worth, None, format!("{functions} {what}")))
}

/// What is in the columns of a line.
fn cells(worth: Worth, times: Option<u64>, place: String) -> Cells {
    [
        words::time(worth.saved_ns),
        words::share(worth.share),
        format!("{} → {}", worth.crossings_now, worth.crossings_after),
        times.map_or(String::new(), |times| times.to_string()),
        place,
    ]
}

/// A line of columns: the numbers end below each other.
fn head(text: &mut String, cells: &Cells, widths: [usize; 4], width: usize) {
    let mut first = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(first, "{cell:>width$}  ");
    }
    line(text, &cells[4], width, &first, INDENT);
}

/// A paragraph.
fn line(text: &mut String, words: &str, width: usize, first: &str, next: &str) {
    let options = Options::new(width.max(20))
        .initial_indent(first)
        .subsequent_indent(next)
        .break_words(false);
    text.push_str(&fill(words, options));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_told_by_its_end() {
        let long = "/tmp/python-build.20260509073322.210/Python-3.9.18/Python/ceval.c";
        assert_eq!(short(long), "…/Python-3.9.18/Python/ceval.c");
        assert_eq!(short("src/main.rs"), "src/main.rs");
        assert_eq!(
            short("/usr/src/program/src/main.rs"),
            "/usr/src/program/src/main.rs"
        );
    }
}
