//! What a program of the corpus must come to.

use rustix::io::Errno;
use sysbatch::abi::Status;
use sysbatch_asm::Program;

/// A result slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// By its name.
    Named(String),
    /// By its index.
    Numbered(u64),
}

impl Slot {
    /// Its index.
    pub(super) fn index(&self, program: &Program) -> Option<u64> {
        match self {
            Self::Named(name) => program.slot(name),
            Self::Numbered(index) => Some(*index),
        }
    }
}

/// One line beside the three that each program has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    /// `value V`: of the header.
    Value(i64),
    /// `slot NAME = V` or `slot %N = V`.
    Slot(Slot, i64),
    /// `word NAME[N] = V`.
    Word(String, usize, i64),
    /// `bytes NAME = "…"`: the data begin with these.
    Bytes(String, Vec<u8>),
}

/// All lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) status: Status,
    pub(super) error: Option<Errno>,
    pub(super) pc: u64,
    pub(super) steps: u64,
    pub(super) rest: Vec<Expectation>,
}

impl Expected {
    /// The lines of a program.
    ///
    /// # Errors
    /// A line that says nothing, or one that is missing.
    pub(super) fn of(source: &str) -> Result<Self, String> {
        let (mut status, mut pc, mut steps) = (None, None, None);
        let mut rest = Vec::new();
        for line in source
            .lines()
            .filter_map(|line| line.strip_prefix("# expect:"))
        {
            let mistake = || format!("cannot understand the expectation{line}");
            let (word, text) = line.trim().split_once(' ').ok_or_else(mistake)?;
            match word {
                "status" => status = Some(parse_status(text).ok_or_else(mistake)?),
                "pc" => pc = Some(text.parse().map_err(|_| mistake())?),
                "steps" => steps = Some(text.parse().map_err(|_| mistake())?),
                _ => rest.push(parse(word, text).ok_or_else(mistake)?),
            }
        }
        let (status, error) = status.ok_or("no status is expected")?;
        Ok(Self {
            status,
            error,
            pc: pc.ok_or("no pc is expected")?,
            steps: steps.ok_or("no steps are expected")?,
            rest,
        })
    }
}

/// `DONE`, `EXIT`, `OUT_OF_FUEL`; `REFUSED` or `UNSTORED` with an error.
fn parse_status(text: &str) -> Option<(Status, Option<Errno>)> {
    match text.split_once(' ') {
        None => match text {
            "DONE" => Some((Status::Done, None)),
            "EXIT" => Some((Status::Exit, None)),
            "OUT_OF_FUEL" => Some((Status::OutOfFuel, None)),
            _ => None,
        },
        Some(("REFUSED", error)) => Some((Status::Refused, Some(super::errno(error)?))),
        Some(("UNSTORED", error)) => Some((Status::Unstored, Some(super::errno(error)?))),
        Some(_) => None,
    }
}

fn parse(word: &str, text: &str) -> Option<Expectation> {
    if word == "value" {
        return number(text).map(Expectation::Value);
    }
    let (what, is) = text.split_once(" = ")?;
    match word {
        "slot" => {
            let slot = match what.strip_prefix('%') {
                Some(index) => Slot::Numbered(index.parse().ok()?),
                None => Slot::Named(what.to_owned()),
            };
            Some(Expectation::Slot(slot, number(is)?))
        }
        "word" => {
            let (name, index) = what.strip_suffix(']').map_or((what, "0"), |what| {
                what.split_once('[').unwrap_or((what, ""))
            });
            Some(Expectation::Word(
                name.to_owned(),
                index.parse().ok()?,
                number(is)?,
            ))
        }
        "bytes" => {
            let text = is.strip_prefix('"')?.strip_suffix('"')?;
            Some(Expectation::Bytes(
                what.to_owned(),
                text.as_bytes().to_vec(),
            ))
        }
        _ => None,
    }
}

/// A number or the name of a constant, with or without a minus.
fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?.cast_signed(),
        None if digits.starts_with(|first: char| first.is_ascii_digit()) => digits.parse().ok()?,
        None => super::constant(digits)?,
    };
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_understood() {
        let source = "# text\n# expect: status REFUSED EFAULT\n# expect: pc 3\n# expect: steps 4\n\
            # expect: value -0x10\n# expect: slot a = -ENOENT\n# expect: slot %7 = 5\n\
            # expect: word v[2] = 0xffffffffffffffff\n# expect: bytes b = \"x\"\n";
        let expected = Expected::of(source).expect("all is understood");
        assert_eq!(
            (expected.status, expected.error),
            (Status::Refused, Some(Errno::FAULT))
        );
        assert_eq!((expected.pc, expected.steps), (3, 4));
        let slot = |slot, value| Expectation::Slot(slot, value);
        let rest = [
            Expectation::Value(-16),
            slot(Slot::Named("a".to_owned()), -2),
            slot(Slot::Numbered(7), 5),
            Expectation::Word("v".to_owned(), 2, -1),
            Expectation::Bytes("b".to_owned(), b"x".to_vec()),
        ];
        assert_eq!(expected.rest, rest);
    }

    #[test]
    fn what_is_not_understood_is_a_mistake() {
        let good = "# expect: status DONE\n# expect: pc 1\n# expect: steps 1\n";
        assert!(Expected::of(good).is_ok());
        for line in good.lines() {
            assert!(
                Expected::of(&good.replace(line, "")).is_err(),
                "without {line}"
            );
        }
        for bad in [
            "status FINE",
            "status REFUSED",
            "status DONE EFAULT",
            "pc x",
            "slot a",
            "slot a = ENOSUCHNAME",
            "word v = ",
            "bytes b = x",
            "anything else",
            "nothing",
        ] {
            let source = format!("{good}# expect: {bad}\n");
            assert!(Expected::of(&source).is_err(), "{bad}");
        }
    }
}
