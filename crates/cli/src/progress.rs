//! What is under way, for a person who waits for it at a terminal.

use std::env;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How long somebody has to have waited.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line on standard error that says what is under way, from two seconds on, if that
/// is a terminal which can take a line back. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    begin: Instant,
    possible: bool,
    bar: Option<ProgressBar>,
}

impl Default for Progress {
    /// Begins to wait.
    fn default() -> Self {
        let capable = env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb");
        Self {
            begin: Instant::now(),
            possible: capable && io::stderr().is_terminal(),
            bar: None,
        }
    }
}

impl Progress {
    /// Says what is under way now. To be called often: without a terminal, and in the
    /// first two seconds, next to nothing is done.
    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        if !self.possible || (self.bar.is_none() && self.begin.elapsed() < PATIENCE) {
            return;
        }
        // No thread of its own: it draws only here.
        let bar = self.bar.get_or_insert_with(ProgressBar::new_spinner);
        bar.set_message(what());
        bar.tick();
    }

    /// Does what prints to the terminal, with the line out of its way.
    pub(crate) fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
