//! In what unit sizes are printed, and what decides it: options and the
//! environment.

use std::ffi::OsString;
use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};

use super::number::{self, Number, Trouble};

/// The letters for powers of 1024 or 1000.
const LETTERS: &[u8; 6] = b"KMGTPE";

/// In what unit sizes are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// In blocks of so many bytes, rounded up.
    Blocks {
        /// The size of a block.
        bytes: u64,
        /// What is printed behind the number.
        suffix: String,
    },
    /// In a unit that keeps the number short, with its letter: a power of this.
    Human {
        /// 1024, or 1000.
        base: u32,
    },
}

impl Unit {
    /// Blocks of so many bytes, without a suffix.
    const fn blocks(bytes: u64) -> Self {
        Self::Blocks {
            bytes,
            suffix: String::new(),
        }
    }

    /// A size in bytes, ready to be printed in this unit.
    pub(super) fn display(&self, bytes: u64) -> impl fmt::Display {
        Sized { bytes, unit: self }
    }

    /// The same for what is counted one by one.
    pub(super) fn for_counting(self) -> Self {
        match self {
            Self::Blocks { .. } => Self::blocks(1),
            human @ Self::Human { .. } => human,
        }
    }

    /// The unit of a block size as it is given to `--block-size`, and what is
    /// wrong with that. Where a number can be made of it, it is there with the
    /// trouble, too.
    fn parse(text: &str) -> (Option<Self>, Option<Trouble>) {
        let text = text.strip_prefix('\'').unwrap_or(text);
        for (word, base) in [("human-readable", 1024), ("si", 1000)] {
            if !text.is_empty() && word.starts_with(text) {
                return (Some(Self::Human { base }), None);
            }
        }
        let (number, trouble) = number::parse(text);
        let unit = number.and_then(|number| match number {
            Number { value: 0, .. } => None,
            // With a unit alone, that unit is printed.
            Number {
                value,
                unit: Some(unit),
                digits: false,
            } if trouble.is_none() => Some(Self::Blocks {
                bytes: value,
                suffix: unit.name(),
            }),
            Number { value, .. } => Some(Self::blocks(value)),
        });
        match unit {
            Some(unit) => (Some(unit), trouble),
            None => (None, Some(trouble.unwrap_or(Trouble::NoNumber))),
        }
    }

    /// The unit that the environment asks for: that of the first variable that is
    /// set, whatever it is set to.
    fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let default = if variable("POSIXLY_CORRECT").is_some() {
            Self::blocks(512)
        } else {
            Self::blocks(1024)
        };
        ["DU_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"]
            .into_iter()
            .find_map(&variable)
            .and_then(|text| Self::parse(&text.to_string_lossy()).0)
            .unwrap_or(default)
    }
}

/// The options that say in what unit sizes are printed; the last one counts.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// The unit.
    pub(super) unit: Unit,
    /// Whether `-b` was there, which is about what is counted, too.
    pub(super) bytes: bool,
}

/// An option without a value.
struct Flag {
    id: &'static str,
    short: Option<char>,
    long: Option<&'static str>,
    unit: Unit,
    help: &'static str,
}

/// The options without a value.
const FLAGS: [Flag; 5] = [
    Flag {
        id: "bytes",
        short: Some('b'),
        long: Some("bytes"),
        unit: Unit::blocks(1),
        help: "Print apparent sizes in bytes: --apparent-size --block-size=1",
    },
    Flag {
        id: "kibibytes",
        short: Some('k'),
        long: None,
        unit: Unit::blocks(1 << 10),
        help: "Print in blocks of 1024 bytes, which is the default",
    },
    Flag {
        id: "mebibytes",
        short: Some('m'),
        long: None,
        unit: Unit::blocks(1 << 20),
        help: "Print in blocks of 1024 * 1024 bytes",
    },
    Flag {
        id: "human-readable",
        short: Some('h'),
        long: Some("human-readable"),
        unit: Unit::Human { base: 1024 },
        help: "Print with a letter for the unit: 1.5K, 234M, 2.0G",
    },
    Flag {
        id: "si",
        short: None,
        long: Some("si"),
        unit: Unit::Human { base: 1000 },
        help: "As -h, but with powers of 1000",
    },
];

impl clap::Args for Scale {
    fn augment_args(mut command: Command) -> Command {
        for flag in FLAGS {
            let mut arg = Arg::new(flag.id).action(ArgAction::SetTrue).help(flag.help);
            if let Some(short) = flag.short {
                arg = arg.short(short);
            }
            if let Some(long) = flag.long {
                arg = arg.long(long);
            }
            command = command.arg(arg);
        }
        command.arg(
            Arg::new("block-size")
                .short('B')
                .long("block-size")
                .value_name("SIZE")
                .value_parser(block_size)
                .help(
                    "Print in blocks of SIZE bytes: a number, with K, M, G, T, P or E for \
                     powers of 1024 or KB, MB, ... for powers of 1000. A unit without a \
                     number is printed, too",
                ),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The unit of `--block-size`.
fn block_size(text: &str) -> Result<Unit, String> {
    match Unit::parse(text) {
        (Some(unit), None) => Ok(unit),
        (_, trouble) => Err(trouble.unwrap_or(Trouble::NoNumber).to_string()),
    }
}

impl FromArgMatches for Scale {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        // Where the last of an option is on the command line, if it is there.
        let place = |id: &str| {
            let places = given(id).then(|| matches.indices_of(id)).flatten();
            places.and_then(Iterator::max)
        };
        let flags = FLAGS
            .into_iter()
            .map(|flag| (place(flag.id), Some(flag.unit)));
        let block_size = matches.get_one::<Unit>("block-size").cloned();
        let last = flags
            .chain([(place("block-size"), block_size)])
            .filter(|(place, _)| place.is_some())
            .max_by_key(|&(place, _)| place);
        let unit = last.and_then(|(_, unit)| unit);
        let unit = unit.unwrap_or_else(|| Unit::of_environment(|name| std::env::var_os(name)));
        Ok(Self {
            unit,
            bytes: given("bytes"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A size with its unit.
struct Sized<'unit> {
    bytes: u64,
    unit: &'unit Unit,
}

impl fmt::Display for Sized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Blocks { bytes, suffix } => {
                write!(f, "{}{suffix}", self.bytes.div_ceil(*bytes))
            }
            Unit::Human { base } => human(f, self.bytes, *base),
        }
    }
}

/// Rounds up to two digits, one after the point, or to a whole number below
/// the base.
fn human(f: &mut fmt::Formatter<'_>, bytes: u64, base: u32) -> fmt::Result {
    let base = u128::from(base);
    let bytes = u128::from(bytes);
    if bytes < base {
        return write!(f, "{bytes}");
    }
    let mut unit = 1;
    for (power, letter) in (1..).zip(LETTERS) {
        unit *= base;
        let tenths = (bytes * 10).div_ceil(unit);
        let whole = bytes.div_ceil(unit);
        // The kilo of 1000 is a small letter.
        let letter = match (power, base) {
            (1, 1000) => 'k',
            _ => char::from(*letter),
        };
        if tenths < 100 {
            return write!(f, "{}.{}{letter}", tenths / 10, tenths % 10);
        }
        if whole < base || power == LETTERS.len() {
            return write!(f, "{whole}{letter}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_sizes() {
        let shown = |bytes| Unit::Human { base: 1024 }.display(bytes).to_string();
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10 * 1024, "10K"),
            (10 * 1024 - 1, "10K"),
            (10 * 1024 + 1, "11K"),
            (1023 * 1024, "1023K"),
            (1023 * 1024 + 1, "1.0M"),
            (1 << 20, "1.0M"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(shown(bytes), text, "{bytes}");
        }
        let shown = |bytes| Unit::Human { base: 1000 }.display(bytes).to_string();
        for (bytes, text) in [
            (999, "999"),
            (1000, "1.0k"),
            (1001, "1.1k"),
            (999_000, "999k"),
            (999_001, "1.0M"),
            (u64::MAX, "19E"),
        ] {
            assert_eq!(shown(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn block_sizes() {
        let shown = |text, bytes| block_size(text).map(|unit| unit.display(bytes).to_string());
        for (text, expected) in [
            ("1", "5000"),
            ("4K", "2"),
            ("0x10", "313"),
            ("010", "625"),
            ("1kB", "5"),
            ("kB", "5kB"),
            ("KB", "5kB"),
            ("KiB", "5KiB"),
            ("k", "5K"),
            ("M", "1M"),
            ("MB", "1MB"),
            ("'1", "5000"),
            ("human", "4.9K"),
            ("si", "5.0k"),
        ] {
            assert_eq!(shown(text, 5000).as_deref(), Ok(expected), "{text}");
        }
        for wrong in ["", "0", "1kib", "-1", "16E", "1Z", "1.5K", "x"] {
            assert!(block_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_environment() {
        let unit = |set: &[(&str, &str)]| {
            Unit::of_environment(|name| {
                let variable = set.iter().find(|(known, _)| *known == name);
                variable.map(|(_, value)| value.into())
            })
        };
        assert_eq!(unit(&[]), Unit::blocks(1024));
        assert_eq!(unit(&[("POSIXLY_CORRECT", "")]), Unit::blocks(512));
        let both = [("BLOCKSIZE", "7"), ("POSIXLY_CORRECT", "1")];
        assert_eq!(unit(&both), Unit::blocks(7));
        let first = [
            ("BLOCKSIZE", "7"),
            ("BLOCK_SIZE", "x"),
            ("DU_BLOCK_SIZE", "3x"),
        ];
        assert_eq!(unit(&first), Unit::blocks(3));
        assert_eq!(unit(&first[..2]), Unit::blocks(1024));
    }
}
