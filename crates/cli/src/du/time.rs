//! When files were changed last, as it is printed.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::str::FromStr;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use sysbatch_walk::{Metadata, StatxFlags, Timestamp};

/// Which time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// When its contents were changed last.
    Modified,
    /// When it was read last.
    Accessed,
    /// When its contents or its status were changed last.
    Changed,
}

/// The words for them.
const WORDS: [(&str, Which); 7] = [
    ("mtime", Which::Modified),
    ("modification", Which::Modified),
    ("atime", Which::Accessed),
    ("access", Which::Accessed),
    ("use", Which::Accessed),
    ("ctime", Which::Changed),
    ("status", Which::Changed),
];

impl FromStr for Which {
    type Err = String;

    /// The time that a word stands for, or the beginning of words that all stand
    /// for the same.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut meant = WORDS
            .iter()
            .filter(|(word, _)| !text.is_empty() && word.starts_with(text))
            .map(|&(_, which)| which);
        let which = meant
            .next()
            .filter(|&which| meant.all(|other| other == which));
        which.ok_or_else(|| {
            let words = WORDS.map(|(word, _)| word);
            format!("it is none of the times {}", words.join(", "))
        })
    }
}

impl Which {
    /// The field to ask for.
    pub(super) fn field(self) -> StatxFlags {
        match self {
            Self::Modified => StatxFlags::MTIME,
            Self::Accessed => StatxFlags::ATIME,
            Self::Changed => StatxFlags::CTIME,
        }
    }

    /// The time of a file.
    pub(super) fn of(self, metadata: &Metadata) -> Timestamp {
        match self {
            Self::Modified => metadata.modified(),
            Self::Accessed => metadata.accessed(),
            Self::Changed => metadata.changed(),
        }
    }
}

/// Before any time that a file has.
pub(super) const NEVER: Timestamp = Timestamp {
    seconds: i64::MIN,
    nanoseconds: 0,
};

/// How times are printed.
#[derive(Clone, Debug)]
pub(super) struct TimeFormat {
    format: String,
    zone: TimeZone,
}

impl TimeFormat {
    /// The format for `--time-style`, or what the environment says of one.
    ///
    /// # Errors
    /// If there is no such style.
    pub(super) fn new(style: Option<&str>) -> anyhow::Result<Self> {
        let style = match style {
            Some(style) => style.to_owned(),
            None => of_environment(std::env::var_os("TIME_STYLE")),
        };
        let format = match &*style {
            "full-iso" => "%Y-%m-%d %H:%M:%S.%N %z".to_owned(),
            "long-iso" => "%Y-%m-%d %H:%M".to_owned(),
            "iso" => "%Y-%m-%d".to_owned(),
            style => match style.strip_prefix('+') {
                Some(format) => format.to_owned(),
                None => anyhow::bail!(
                    "there is no time style {style:?}; give full-iso, long-iso, iso, or a \
                     format of date(1) after a plus sign, as in +%H:%M"
                ),
            },
        };
        let format = Self {
            format,
            zone: TimeZone::system(),
        };
        let epoch = Timestamp::default();
        if let Err(error) = format.try_display(epoch) {
            anyhow::bail!("times cannot be printed as {:?}: {error}", format.format);
        }
        Ok(format)
    }

    fn try_display(&self, time: Timestamp) -> Result<String, jiff::Error> {
        let format = with_seconds(&self.format, time.seconds);
        let time = jiff::Timestamp::new(time.seconds, time.nanoseconds.cast_signed())?;
        strtime::format(&*format, &time.to_zoned(self.zone.clone()))
    }

    /// Writes a time. One of a year with more than four digits is a number of
    /// seconds.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, out: &mut impl io::Write, time: Timestamp) -> io::Result<()> {
        match self.try_display(time) {
            Ok(text) => out.write_all(text.as_bytes()),
            Err(_) => write!(out, "{}", time.seconds),
        }
    }
}

/// A format with the seconds since 1970 put in for `%s`: before that year date(1)
/// rounds them down, `jiff` up.
fn with_seconds(format: &str, seconds: i64) -> Cow<'_, str> {
    if !format.contains("%s") {
        return format.into();
    }
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        rest = match after.strip_prefix('s') {
            Some(after) => {
                text.push_str(&seconds.to_string());
                after
            }
            None => {
                // What is behind a percent sign may be another one.
                text.push('%');
                let mut letters = after.chars();
                text.extend(letters.next());
                letters.as_str()
            }
        };
    }
    text.push_str(rest);
    text.into()
}

/// The style that `TIME_STYLE` asks for, which is meant for `ls`, too.
fn of_environment(variable: Option<OsString>) -> String {
    let style = variable.map(|style| style.to_string_lossy().into_owned());
    match style.as_deref() {
        None | Some("locale") => "long-iso".to_owned(),
        // A second line is for older files.
        Some(format) if format.starts_with('+') => {
            format.lines().next().unwrap_or_default().to_owned()
        }
        Some(style) => {
            let mut style = style;
            while let Some(rest) = style.strip_prefix("posix-") {
                style = rest;
            }
            style.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment() {
        for (set, style) in [
            (None, "long-iso"),
            (Some("locale"), "long-iso"),
            (Some("iso"), "iso"),
            (Some("posix-posix-full-iso"), "full-iso"),
            (Some("+%H\n%M"), "+%H"),
        ] {
            assert_eq!(of_environment(set.map(Into::into)), style);
        }
    }

    #[test]
    fn seconds() {
        assert_eq!(with_seconds("%s", -1), "-1");
        assert_eq!(with_seconds("%Y %s %%s %ö%", 7), "%Y 7 %%s %ö%");
    }

    #[test]
    fn words() {
        assert_eq!("atime".parse(), Ok(Which::Accessed));
        assert_eq!("a".parse(), Ok(Which::Accessed));
        assert_eq!("s".parse(), Ok(Which::Changed));
        assert_eq!("m".parse(), Ok(Which::Modified));
        for wrong in ["", "x", "time", "atimes"] {
            assert!(wrong.parse::<Which>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn styles_that_are_none() {
        for style in ["", "long", "ISO"] {
            assert!(TimeFormat::new(Some(style)).is_err(), "{style:?}");
        }
    }
}
