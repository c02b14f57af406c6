//! Where the trace goes.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The trace's way out. Every write is flushed, so that the trace and what the
/// batch itself writes stay in order, and nothing is lost or doubled when the
/// batch ends or forks this process.
pub(super) struct Output {
    writer: Option<Box<dyn Write>>,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Output")
            .field("quiet", &self.writer.is_none())
            .finish()
    }
}

impl Output {
    /// Nothing is printed.
    pub(super) fn none() -> Self {
        Self { writer: None }
    }

    pub(super) fn standard() -> Self {
        Self {
            writer: Some(Box::new(io::stdout())),
        }
    }

    pub(super) fn file(path: &Path) -> io::Result<Self> {
        Ok(Self {
            writer: Some(Box::new(File::create(path)?)),
        })
    }

    /// Whether anything is printed.
    pub(super) fn is_on(&self) -> bool {
        self.writer.is_some()
    }

    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        match &mut self.writer {
            None => Ok(()),
            Some(writer) => {
                writer.write_all(text.as_bytes())?;
                writer.flush()
            }
        }
    }
}
