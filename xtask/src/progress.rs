//! Progress on standard error: a spinner with the time on a terminal, a line
//! at the start and one at the end elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All spinners of the process, so that those of parallel steps do not
/// overwrite each other.
static SPINNERS: std::sync::LazyLock<MultiProgress> = std::sync::LazyLock::new(MultiProgress::new);

/// One thing under way.
#[derive(Debug)]
pub(crate) struct Progress {
    what: String,
    started: Instant,
    spinner: Option<ProgressBar>,
}

impl Progress {
    /// Shows that `what` has begun.
    pub(crate) fn start(what: impl Into<String>) -> Self {
        let what = what.into();
        let spinner = std::io::stderr().is_terminal().then(|| {
            let bar = SPINNERS.add(ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                .expect("the template is a constant and valid");
            bar.set_style(style);
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if spinner.is_none() {
            eprintln!("… {what}");
        }
        Self {
            what,
            started: Instant::now(),
            spinner,
        }
    }

    /// Shows what it ended with: `ok`, `failed`, a figure.
    pub(crate) fn end(self, outcome: &str) {
        let line = format!(
            "{}: {outcome} ({:.1} s)",
            self.what,
            self.started.elapsed().as_secs_f64()
        );
        match self.spinner {
            Some(bar) => {
                bar.finish_and_clear();
                SPINNERS.suspend(|| eprintln!("{line}"));
            }
            None => eprintln!("{line}"),
        }
    }
}

/// Prints a line to standard output without tearing a spinner.
pub(crate) fn print(line: &str) {
    SPINNERS.suspend(|| println!("{line}"));
}

/// Prints a line to standard error without tearing a spinner.
pub(crate) fn say(line: &str) {
    SPINNERS.suspend(|| eprintln!("{line}"));
}
