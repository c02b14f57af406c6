//! Entries and results in the manner of `strace(1)`.

use std::fmt::Write as _;
use std::io;

use sysbatch::{Checked, Memory as _};
use sysbatch_abi::{ARGUMENT_COUNT, BuiltIn, ENTRY_SIZE, Entry, Mode, Width, is_errno};
use sysbatch_asm::{Argument, BlockKind, Image, Section, Symbol, call_name, quote, signature};
use syscalls::Errno;

use super::json::Step;
use super::{Session, records};

/// The most bytes of a buffer that are shown.
const BYTES_MAX: u64 = 32;

/// The longest path that is shown, in bytes, as `PATH_MAX` (`path_resolution(7)`).
const PATH_MAX: u64 = 4096;

/// Calls whose result is an address.
const ADDRESS_RESULTS: [&str; 4] = ["brk", "mmap", "mremap", "shmat"];

/// An entry as text, except for what only its result tells.
#[derive(Debug)]
pub(super) struct Shown {
    name: String,
    arguments: Vec<Part>,
    builtin: bool,
    /// Nothing is shown before the call, because the call itself may print.
    at_once: bool,
    /// Why no call is made.
    no_call: Option<String>,
}

/// An argument.
#[derive(Debug)]
enum Part {
    /// Known before the call.
    Text(String),
    /// Bytes that the call writes to this address.
    Written(u64),
}

/// The text of an entry with its operands as they are now.
pub(super) fn entry(session: &Session, pc: u64, entry: &Entry, memory: &mut Checked) -> Shown {
    let repeated = entry;
    let entry = &records::without_repeat(entry);
    let operands: Vec<Option<u64>> = (0..ARGUMENT_COUNT)
        .map(|k| operand(session, entry, k, memory))
        .collect();
    let number = u32::try_from(entry.nr).ok();
    let known = number.and_then(signature);
    let builtin = BuiltIn::from_number(entry.nr);
    let count = match (builtin, known) {
        (Some(builtin), _) => builtin.operand_count(),
        (None, Some(arguments)) => shown_count(arguments, &operands),
        (None, None) => last_used(entry),
    };
    let arguments = (0..count)
        .map(|k| {
            let Some(value) = operands[k] else {
                return Part::Text("?".into());
            };
            let argument = known.and_then(|arguments| arguments.get(k).copied());
            match argument {
                Some(Argument::Output) => Part::Written(value),
                Some(argument) => Part::Text(typed(session, argument, value, &operands)),
                None => Part::Text(untyped(session, pc, entry, k, value)),
            }
        })
        .collect();
    Shown {
        name: name(entry.nr),
        arguments,
        builtin: number.is_none(),
        at_once: known.is_some_and(|arguments| {
            arguments
                .iter()
                .any(|argument| matches!(argument, Argument::Input(_)))
        }),
        no_call: records::no_call(repeated, &operands, memory),
    }
}

fn name(nr: i32) -> String {
    match (u32::try_from(nr), BuiltIn::from_number(nr)) {
        (Ok(number), _) => {
            call_name(number).map_or_else(|| format!("syscall_{number}"), Into::into)
        }
        (Err(_), Some(builtin)) => builtin.name().into(),
        (Err(_), None) => format!("builtin_{nr}"),
    }
}

/// The value of an operand, if it can be had.
fn operand(session: &Session, entry: &Entry, k: usize, memory: &mut Checked) -> Option<u64> {
    let value = entry.args[k];
    match Mode::of(entry.modes, k)? {
        Mode::Immediate => Some(value),
        Mode::Result => session.image.result(value).map(i64::cast_unsigned),
        Mode::Memory => memory.load(value, Width::Eight).ok(),
    }
}

/// How many arguments of a known call are shown: a mode that is not used is
/// not.
fn shown_count(arguments: &[Argument], operands: &[Option<u64>]) -> usize {
    match arguments.split_last() {
        Some((Argument::Mode, rest)) if rest.len() > 2 && operands[rest.len()] == Some(0) => {
            rest.len()
        }
        _ => arguments.len(),
    }
}

/// How many arguments of an unknown call are shown: up to the last that is
/// not a plain zero.
fn last_used(entry: &Entry) -> usize {
    (0..ARGUMENT_COUNT)
        .rfind(|&k| entry.args[k] != 0 || Mode::of(entry.modes, k) != Some(Mode::Immediate))
        .map_or(0, |last| last + 1)
}

/// An argument whose meaning is known.
fn typed(session: &Session, argument: Argument, value: u64, operands: &[Option<u64>]) -> String {
    let string = match argument {
        Argument::Path => path(&session.image, value),
        Argument::Input(length) => operands
            .get(length)
            .copied()
            .flatten()
            .and_then(|length| bytes(&session.image, value, length)),
        _ => {
            return argument
                .text(value)
                .unwrap_or_else(|| address(session, value));
        }
    };
    string.unwrap_or_else(|| address(session, value))
}

/// An argument of which nothing is known but its place in the source.
fn untyped(session: &Session, pc: u64, entry: &Entry, k: usize, value: u64) -> String {
    // What was written in the source holds unless the entry was changed since.
    let index = usize::try_from(pc).unwrap_or(usize::MAX);
    let (original, origin) = (
        session.program.entries.get(index),
        session.program.origins.get(index),
    );
    if let (Some(original), Some(origin)) = (original, origin)
        && (original.modes, original.flags) == (entry.modes, entry.flags)
        && original.args[k] == value
        && let Some(written) = &origin.written[k]
    {
        return written.clone();
    }
    plain(session, value.cast_signed())
}

/// A number, or an address if it lies in the program's memory.
pub(super) fn plain(session: &Session, value: i64) -> String {
    if session.image.locate(value.cast_unsigned()).is_some() {
        return address(session, value.cast_unsigned());
    }
    number(value)
}

/// A number as people write it: small ones in decimal, others, which are
/// mostly addresses and masks, in hexadecimal.
fn number(value: i64) -> String {
    match value {
        small @ -0xFFFF_FFFF..=0xFFFF_FFFF => small.to_string(),
        large => format!("{large:#x}"),
    }
}

/// An address by the name of what lies there.
fn address(session: &Session, value: u64) -> String {
    let named = session
        .image
        .locate(value)
        .and_then(|(section, offset)| match section {
            Section::Program => {
                let (index, rest) = (offset / ENTRY_SIZE as u64, offset % ENTRY_SIZE as u64);
                let name = name_of(&session.program.labels, index)?;
                Some(plus(format!("&{name}"), rest))
            }
            Section::Results => {
                let (slot, rest) = (offset / 8, offset % 8);
                let name = name_of(&session.program.slots, slot);
                let name = name.map_or_else(|| format!("&%{slot}"), |name| format!("&{name}"));
                Some(plus(name, rest))
            }
            Section::Data => {
                let block =
                    session.program.blocks.iter().find(|block| {
                        offset >= block.offset && offset - block.offset < block.size
                    })?;
                match (&block.name, block.kind) {
                    (_, BlockKind::Text) => path(&session.image, value),
                    (name, _) => {
                        let name = name.clone()?;
                        Some(plus(format!("&{name}"), offset - block.offset))
                    }
                }
            }
        });
    named.unwrap_or_else(|| match value {
        0 => "NULL".into(),
        _ => format!("{value:#x}"),
    })
}

fn name_of(symbols: &[Symbol], index: u64) -> Option<&str> {
    symbols
        .iter()
        .find(|symbol| symbol.index == index)
        .map(|symbol| symbol.name.as_str())
}

fn plus(name: String, rest: u64) -> String {
    match rest {
        0 => name,
        _ => format!("{name}+{rest}"),
    }
}

/// The zero-terminated string at an address in the program's memory.
fn path(image: &Image, address: u64) -> Option<String> {
    let bytes = image.bytes(address, PATH_MAX)?;
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some(quote(&bytes[..end]))
}

/// Bytes at an address in the program's memory, shortened.
fn bytes(image: &Image, address: u64, length: u64) -> Option<String> {
    let bytes = image.bytes(address, length.min(BYTES_MAX))?;
    let more = if length > BYTES_MAX { "..." } else { "" };
    Some(format!("{}{more}", quote(&bytes)))
}

impl Shown {
    /// What is said before the entry runs, so that a call that blocks or never
    /// returns is seen.
    pub(super) fn before(&self) -> String {
        if self.at_once {
            return String::new();
        }
        let mut text = format!("{}(", self.name);
        for (k, part) in self.arguments.iter().enumerate() {
            let Part::Text(argument) = part else {
                break;
            };
            text.push_str(if k == 0 { "" } else { ", " });
            text.push_str(argument);
        }
        text
    }

    /// The rest of the line; `None` is a step that was not completed.
    pub(super) fn after(&self, image: &Image, result: Option<i64>) -> String {
        let mut text = String::new();
        if self.at_once {
            let _ = write!(text, "{}(", self.name);
        }
        let said = |part: &&Part| !self.at_once && matches!(part, Part::Text(_));
        let before = self.arguments.iter().take_while(said).count();
        for (k, part) in self.arguments.iter().enumerate().skip(before) {
            text.push_str(if k == 0 { "" } else { ", " });
            match part {
                Part::Text(argument) => text.push_str(argument),
                Part::Written(address) => {
                    let result = result.filter(|_| self.no_call.is_none());
                    text.push_str(&written(image, *address, result));
                }
            }
        }
        let _ = write!(text, ") = {}", self.result(result));
        if let (Some(why), Some(_)) = (&self.no_call, result) {
            let _ = write!(text, " ({why})");
        }
        text.push('\n');
        text
    }

    /// The step for `--json`.
    pub(super) fn record(&self, session: &Session, pc: u64, result: Option<i64>) -> Step<'_> {
        let index = usize::try_from(pc).unwrap_or(usize::MAX);
        let origin = session.program.origins.get(index);
        let filled = result.filter(|_| self.no_call.is_none());
        let arguments = self.arguments.iter().map(|part| match part {
            Part::Text(argument) => argument.clone(),
            Part::Written(address) => written(&session.image, *address, filled),
        });
        let failed = result.filter(|&result| !self.builtin && is_errno(result));
        Step {
            entry: pc,
            line: origin.map(|origin| origin.line),
            call: &self.name,
            arguments: arguments.collect(),
            result,
            error: failed.and_then(|result| Errno::new(result.unsigned_abs() as i32).name()),
            no_call: self.no_call.as_deref(),
        }
    }

    fn result(&self, result: Option<i64>) -> String {
        let Some(result) = result else {
            return "?".into();
        };
        if self.builtin {
            return number(result);
        }
        if !is_errno(result) {
            return if self.no_call.is_none() && ADDRESS_RESULTS.contains(&self.name.as_str()) {
                format!("{result:#x}")
            } else {
                result.to_string()
            };
        }
        error(result)
    }
}

/// A negative result of a system call: the name of the error and what
/// `strerror(3)` says.
fn error(result: i64) -> String {
    let number = result.unsigned_abs() as i32;
    let Some(name) = Errno::new(number).name() else {
        return result.to_string();
    };
    let description = io::Error::from_raw_os_error(number).to_string();
    let description = description
        .strip_suffix(&format!(" (os error {number})"))
        .unwrap_or(&description);
    format!("-1 {name} ({description})")
}

/// What a call wrote, as far as its result says.
fn written(image: &Image, address: u64, result: Option<i64>) -> String {
    let length = result.and_then(|result| u64::try_from(result).ok());
    length
        .and_then(|length| bytes(image, address, length))
        .unwrap_or_else(|| format!("{address:#x}"))
}
