//! What a guest reports, and how it is told from other output.

use serde::{Deserialize, Serialize};

/// Something that happened in the guest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The first program runs.
    Booted,
    /// The machine is slow, or not: all limits are multiplied.
    Scaled {
        /// By this: 1 or more.
        scale: f64,
    },
    /// A suite begins; what follows is its output.
    Started {
        /// Its name.
        suite: String,
    },
    /// The kernel logged what a clean kernel does not, since the last event of
    /// its kind.
    KernelLog {
        /// The line, with its level.
        line: String,
    },
    /// How many system calls the running suite's first process made.
    SystemCalls {
        /// All of them, from the start of the process.
        count: u64,
    },
    /// A suite ended.
    Ended {
        /// Its name.
        suite: String,
        /// How.
        outcome: Outcome,
        /// Guest time it took, in seconds.
        seconds: f64,
    },
    /// All suites have ended and the guest is about to power off.
    Finished,
    /// The first program could not do its work.
    Broken {
        /// Why.
        reason: String,
    },
}

/// How a suite ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Status 0 and a clean kernel log.
    Passed,
    /// Status 0, but the kernel complained.
    UncleanLog,
    /// Another status, or a signal.
    Failed {
        /// In words.
        status: String,
    },
    /// It was killed at its limit, or says that a test exceeded its own.
    TimedOut,
    /// It could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The line that reports this event, without its end.
    ///
    /// # Errors
    /// When the event can't be written as JSON.
    pub fn to_line(&self, nonce: &str) -> serde_json::Result<String> {
        Ok(format!("@{nonce}@ {}", serde_json::to_string(self)?))
    }
}

/// A part of what came over the serial line.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// What a program printed: a line, or what it printed of one before the
    /// next event.
    Output(String),
    /// An event.
    Event(Event),
}

/// Takes the serial line apart.
#[derive(Debug)]
pub struct Reader {
    mark: String,
    unfinished: Vec<u8>,
}

impl Reader {
    /// A reader for the guest whose manifest holds `nonce`.
    #[must_use]
    pub fn new(nonce: &str) -> Self {
        Self {
            mark: format!("@{nonce}@ "),
            unfinished: Vec::new(),
        }
    }

    /// The reports that `bytes`, which follow those given before, complete.
    ///
    /// # Errors
    /// When a marked line is not an event.
    pub fn read(&mut self, bytes: &[u8]) -> serde_json::Result<Vec<Report>> {
        self.unfinished.extend_from_slice(bytes);
        let mut reports = Vec::new();
        while let Some(end) = self.unfinished.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            match line.split_once(&self.mark) {
                // A program need not end its last line.
                Some((before, event)) => {
                    if !before.is_empty() {
                        reports.push(Report::Output(before.to_owned()));
                    }
                    reports.push(Report::Event(serde_json::from_str(event)?));
                }
                None => reports.push(Report::Output(line.to_owned())),
            }
        }
        Ok(reports)
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Reader, Report};

    #[test]
    fn events_are_told_from_output_however_the_bytes_arrive() {
        let started = Event::Started {
            suite: "one".to_owned(),
        };
        let text = format!(
            "plain\n{}\r\nhalf{}\n@other@ {{}}\n",
            started.to_line("n").expect("an event is JSON"),
            Event::Finished.to_line("n").expect("an event is JSON"),
        );
        let expected = [
            Report::Output("plain".to_owned()),
            Report::Event(started),
            Report::Output("half".to_owned()),
            Report::Event(Event::Finished),
            Report::Output("@other@ {}".to_owned()),
        ];
        for size in 1..text.len() {
            let mut reader = Reader::new("n");
            let mut reports = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                reports.extend(reader.read(chunk).expect("every marked line is an event"));
            }
            assert_eq!(reports, expected, "in chunks of {size}");
        }
    }

    #[test]
    fn a_damaged_event_is_an_error() {
        assert!(
            Reader::new("n")
                .read(b"@n@ {\"event\":\"unknown\"}\n")
                .is_err()
        );
    }
}
