//! Evidence and ends in words.

use crate::sequence::{Cut, Evidence};

/// What an evidence says, after "because".
pub(super) const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Untold => "the calls before told nothing that an argument could depend on",
        Evidence::Constant => "arguments are the same each time",
        Evidence::Result => "results of the sequence are arguments of it",
        Evidence::Size => "lengths are the size that a call of the sequence told",
        Evidence::Rest => "offsets and lengths go on from what was done",
        Evidence::Stride => "numbers grow by the same each time",
        Evidence::Used => "names were used before",
        Evidence::CommandLine => "names are on the command line",
        Evidence::Directory => "names are from directories read before",
        Evidence::Listing => "names are from directories that it reads itself",
        Evidence::Data => "data is as a call read it",
        Evidence::Table => "names seem to be in a list in memory",
        Evidence::Open => "descriptors were open before",
    }
}

/// A name of an evidence that stays.
pub(super) const fn evidence_name(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Untold => "untold",
        Evidence::Constant => "constant",
        Evidence::Result => "result",
        Evidence::Size => "size",
        Evidence::Rest => "rest",
        Evidence::Stride => "stride",
        Evidence::Used => "used",
        Evidence::CommandLine => "command_line",
        Evidence::Directory => "directory",
        Evidence::Listing => "listing",
        Evidence::Data => "data",
        Evidence::Table => "table",
        Evidence::Open => "open",
    }
}

/// What ends sequences, after "ends where".
pub(super) const fn cut(cut: Cut) -> &'static str {
    match cut {
        Cut::Text => "a path is not known before",
        Cut::Number => "a number is not known before",
        Cut::Data => "what is to be written is not known before",
        Cut::Waited => "a call waits",
        Cut::Ended => "a process or thread begins or ends",
        Cut::Elsewhere => "the program goes on elsewhere",
        Cut::Full => "a batch is full",
        Cut::Over => "the program ends",
    }
}

/// A name of an end that stays.
pub(super) const fn cut_name(cut: Cut) -> &'static str {
    match cut {
        Cut::Text => "text",
        Cut::Number => "number",
        Cut::Data => "data",
        Cut::Waited => "waited",
        Cut::Ended => "ended",
        Cut::Elsewhere => "elsewhere",
        Cut::Full => "full",
        Cut::Over => "over",
    }
}

/// A time in nanoseconds for people, with three figures.
pub(super) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns >= 1e9 => (ns / 1e9, "s"),
        ns if ns >= 1e6 => (ns / 1e6, "ms"),
        ns if ns >= 1e3 => (ns / 1e3, "µs"),
        ns => (ns, "ns"),
    };
    format!("{} {unit}", figures(value))
}

/// So many of something.
pub(super) fn count(count: u64, what: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {what}{end}")
}

/// A share in per cent, in a sentence.
pub(super) fn per_cent(share: f64) -> String {
    if share > 0.0 && share < 0.05 {
        "less than 0.1 %".to_owned()
    } else {
        format!("{} %", figures(share))
    }
}

/// A share in per cent, in a column.
pub(super) fn share(share: f64) -> String {
    per_cent(share).replace("less than ", "< ")
}

/// Two or three figures.
fn figures(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (ns, words) in [
            (0.0, "0.0 ns"),
            (150.0, "150 ns"),
            (1500.0, "1.5 µs"),
            (2.345e7, "23.4 ms"),
            (9.996e8, "1000 ms"),
            (1.25e9, "1.2 s"),
        ] {
            assert_eq!(time(ns), words);
        }
    }

    #[test]
    fn a_share_that_is_next_to_nothing_is_not_zero() {
        assert_eq!(per_cent(0.0), "0.0 %");
        assert_eq!(per_cent(0.01), "less than 0.1 %");
        assert_eq!(per_cent(12.34), "12.3 %");
        assert_eq!(share(0.01), "< 0.1 %");
        assert_eq!(share(12.34), "12.3 %");
    }
}
