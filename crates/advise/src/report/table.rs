//! The report for people.

use std::fmt::Write as _;

use textwrap::{Options, fill};

use super::{Confidence, Made, Report, Row, words};

/// How far what belongs to a row is indented.
const INDENT: &str = "    ";

impl Report {
    /// The report in lines of at most this many characters, as far as names allow. So many
    /// rows are shown, and the others summed up.
    #[must_use]
    pub fn table(&self, width: usize, rows: usize) -> String {
        let mut text = String::new();
        let (own, library): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| !row.in_c_library);
        for row in own.iter().take(rows) {
            row.write(&mut text, width);
        }
        rest(
            &mut text,
            "elsewhere in the program",
            own.get(rows..),
            width,
        );
        rest(
            &mut text,
            "in the C library, which is not the program's to change",
            Some(&library),
            width,
        );
        if !self.rows.is_empty() {
            text.push('\n');
        }
        line(&mut text, &self.summary, width, "", "  ");
        text
    }
}

impl Row {
    /// Its lines.
    fn write(&self, text: &mut String, width: usize) {
        let Self { worth, .. } = self;
        let head = format!(
            "{}: saves {} ({}), {} in place of {}",
            self.place(),
            words::time(worth.saved_ns),
            words::per_cent(worth.share),
            words::count(worth.crossings_after, "crossing"),
            worth.crossings_now
        );
        line(text, &head, width, "", INDENT);
        let times = match self.sequences {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            times => format!("{times} times"),
        };
        let calls: Vec<_> = self.calls.iter().map(|made| self.each(made)).collect();
        line(
            text,
            &format!("{times}: {}", calls.join(", ")),
            width,
            INDENT,
            INDENT,
        );
        let confidence = match self.confidence {
            Confidence::Shown => "shown",
            Confidence::Likely => "likely",
        };
        let mut reasons: Vec<_> = self.evidence.iter().map(|counted| counted.words).collect();
        reasons.truncate(4);
        line(
            text,
            &format!("{confidence}: {}", reasons.join("; ")),
            width,
            INDENT,
            INDENT,
        );
        let ends = self.ended.first().map_or("", |counted| counted.words);
        let form = format!(
            "as {} ({}); most end where {ends}",
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
        match (&self.file, self.line) {
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

/// The name of a file without its directory.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Rows that are summed up.
fn rest(text: &mut String, what: &str, rows: Option<&[&Row]>, width: usize) {
    let Some(rows @ [_, ..]) = rows else { return };
    let saved = rows.iter().map(|row| row.worth.saved_ns).sum();
    let share = rows.iter().map(|row| row.worth.share).sum();
    let sum = format!(
        "{what}: would save {} ({}) in {}",
        words::time(saved),
        words::per_cent(share),
        words::count(rows.len() as u64, "function")
    );
    line(text, &sum, width, "", INDENT);
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
