//! What is printed: lines with sizes, and complaints.

use std::io::{self, Write};

use rustix::io::Errno;
use serde::Serialize;

use super::quote::quoted;
use super::scale::Unit;
use super::time::TimeFormat;
use super::usage::Usage;
use crate::progress::Progress;

/// What is printed of a usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Its size.
    Size,
    /// Its number of inodes.
    Inodes,
}

/// Which lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Threshold {
    /// Those of at least so much.
    AtLeast(u64),
    /// Those of at most so much.
    AtMost(u64),
}

/// Where sizes and complaints go.
#[derive(Debug)]
pub(super) struct Output<O, E> {
    /// Takes the lines with sizes.
    pub(super) out: O,
    /// Takes the complaints.
    pub(super) err: E,
    /// How sizes are printed.
    pub(super) unit: Unit,
    /// What is printed.
    pub(super) measure: Measure,
    /// Which lines are printed.
    pub(super) threshold: Threshold,
    /// How times are printed, if they are.
    pub(super) time: Option<TimeFormat>,
    /// The byte that ends a line.
    pub(super) end: u8,
    /// Whether lines are JSON.
    pub(super) json: bool,
    /// What tells of the walk meanwhile.
    pub(super) progress: Progress,
    /// Whether the lines go to a terminal, on which that has to make room for them.
    pub(super) interactive: bool,
    /// Whether there was anything to complain about.
    pub(super) complained: bool,
}

/// A line of `--json`.
#[derive(Debug, Serialize)]
struct Record<'path> {
    /// The path, if it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'path str>,
    /// Its bytes, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<&'path [u8]>,
    /// It is the total of all operands.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    total: bool,
    /// In bytes.
    size: u64,
    inodes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

impl<O: Write, E: Write> Output<O, E> {
    fn amount(&self, usage: &Usage) -> u64 {
        match self.measure {
            Measure::Size => usage.size,
            Measure::Inodes => usage.inodes,
        }
    }

    /// Prints the line of a path, unless it is below the threshold, or above.
    pub(super) fn line(&mut self, usage: &Usage, path: &[u8]) -> io::Result<()> {
        let amount = self.amount(usage);
        let printed = match self.threshold {
            Threshold::AtLeast(least) => amount >= least,
            Threshold::AtMost(most) => amount <= most,
        };
        if printed {
            self.write(usage, Some(path))
        } else {
            Ok(())
        }
    }

    /// Prints the line of the total of all operands.
    pub(super) fn total(&mut self, usage: &Usage) -> io::Result<()> {
        self.write(usage, None)
    }

    fn write(&mut self, usage: &Usage, path: Option<&[u8]>) -> io::Result<()> {
        if self.json {
            let line = self.record(usage, path)?;
            return self.progress.aside(|| self.out.write_all(&line));
        }
        let amount = self.unit.display(self.amount(usage));
        let (out, time, end) = (&mut self.out, &self.time, self.end);
        let mut print = || {
            write!(out, "{amount}\t")?;
            if let Some(format) = time {
                format.write(out, usage.time)?;
                out.write_all(b"\t")?;
            }
            out.write_all(path.unwrap_or(b"total"))?;
            out.write_all(&[end])
        };
        if self.interactive {
            self.progress.aside(print)
        } else {
            print()
        }
    }

    fn record(&self, usage: &Usage, path: Option<&[u8]>) -> io::Result<Vec<u8>> {
        let text = path.and_then(|path| std::str::from_utf8(path).ok());
        let mut time = Vec::new();
        if let Some(format) = &self.time {
            format.write(&mut time, usage.time)?;
        }
        let mut line = serde_json::to_vec(&Record {
            path: text,
            path_bytes: path.filter(|_| text.is_none()),
            total: path.is_none(),
            size: usage.size,
            inodes: usage.inodes,
            time: self
                .time
                .is_some()
                .then(|| String::from_utf8_lossy(&time).into_owned()),
        })?;
        line.push(b'\n');
        Ok(line)
    }

    /// Says what is wrong with a path.
    pub(super) fn complain(&mut self, what: &str, path: &[u8], errno: Errno) -> io::Result<()> {
        let reason = io::Error::from(errno);
        // "Permission denied (os error 13)" is more than a person needs.
        let reason = reason.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        let path = quoted(path);
        self.say(&format!("{what} {path}: {reason}"))
    }

    /// Says that something is wrong.
    pub(super) fn say(&mut self, what: &str) -> io::Result<()> {
        self.complained = true;
        self.out.flush()?;
        let line = format!("sysbatch du: {what}\n");
        // In one piece: standard error has no buffer.
        let err = &mut self.err;
        self.progress.aside(|| err.write_all(line.as_bytes()))
    }
}
