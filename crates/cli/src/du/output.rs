//! What is printed: lines with sizes, and complaints.

use std::io::{self, Write};

use rustix::io::Errno;

use super::quote::quoted;
use super::scale::Unit;
use super::time::TimeFormat;
use super::usage::Usage;

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
    /// Whether there was anything to complain about.
    pub(super) complained: bool,
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
            self.total(usage, path)
        } else {
            Ok(())
        }
    }

    /// Prints a line.
    pub(super) fn total(&mut self, usage: &Usage, path: &[u8]) -> io::Result<()> {
        let amount = self.amount(usage);
        let out = &mut self.out;
        write!(out, "{}\t", self.unit.display(amount))?;
        if let Some(format) = &self.time {
            format.write(out, usage.time)?;
            out.write_all(b"\t")?;
        }
        out.write_all(path)?;
        out.write_all(&[self.end])
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
        self.err.write_all(line.as_bytes())
    }
}
