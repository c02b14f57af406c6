//! Functions at random, of the kind that `combine` is for.

mod operands;
mod scope;
mod statements;
mod whole;

use std::fmt::Write as _;
use std::ops::{Range, RangeInclusive};

use crate::random::Random;
use scope::Scope;
use whole::whole;

/// What all functions take.
const PARAMETERS: &str = "(dir: BorrowedFd<'_>, outside: BorrowedFd<'_>, data: &[u8], \
    buffer: &mut [u8; 16], name: &str, number: u64, flags: OFlags, log: &mut Vec<u64>)";

/// The text of a function as it is written.
struct Writer<'a> {
    random: &'a mut Random,
    text: String,
    /// How many names there are.
    names: usize,
    /// How many statements are still to come.
    left: usize,
    /// What makes the function's error of an `Errno`.
    error: &'static str,
}

/// How many functions are in one program: few enough that processors share them, and so
/// many that it is not the rest of the program which takes time.
const PROGRAM: RangeInclusive<u64> = 50..=250;

/// How many programs there are, if they can be so large.
const PROGRAMS: u64 = 4;

/// The functions of a number of programs, the same for the same seed.
#[must_use]
pub fn lists(seed: u64, count: u64) -> Vec<Vec<String>> {
    let share = count.div_ceil(PROGRAMS);
    let share = share.clamp(*PROGRAM.start(), *PROGRAM.end());
    let starts = (0..count).step_by(share as usize);
    starts
        .map(|start| functions(seed, start..count.min(start + share)))
        .collect()
}

/// The functions of these numbers. Each is called `f` and its place in the list.
fn functions(seed: u64, numbers: Range<u64>) -> Vec<String> {
    numbers
        .enumerate()
        .map(|(place, number)| {
            let name = format!("f{place}");
            if number == 0 {
                return whole(&name);
            }
            function(&mut Random::new(seed << 32 | number), &name)
        })
        .collect()
}

/// A function with this name.
fn function(random: &mut Random, name: &str) -> String {
    let kind = random.below(4);
    let (output, error) = match kind {
        0 => ("io::Result<u64>", ".into()"),
        1 => ("Result<u64, Errno>", ""),
        2 => ("Result<u64, Failure>", ".into()"),
        _ => ("Result<usize, Errno>", ""),
    };
    let left = 3 + random.below(12);
    let mut writer = Writer {
        random,
        text: String::new(),
        names: 0,
        left,
        error,
    };
    let mut scope = Scope::of_parameters();
    while writer.left > 0 {
        writer.statement(&mut scope);
    }
    let end = writer.end(&scope, kind == 3);
    // Without any call there would be nothing to combine.
    writer.text.insert_str(0, "let _ = fsync(outside);\n");
    format!(
        "pub fn {name}{PARAMETERS} -> {output} {{\n{}{end}\n}}\n",
        writer.text
    )
}

impl Writer<'_> {
    /// A name for a variable of a kind.
    fn name(&mut self, what: &str) -> String {
        // Names come again, so that variables are shadowed.
        if self.random.one_in(4) && self.names > 0 {
            return format!("{what}{}", self.random.below(self.names));
        }
        self.names += 1;
        format!("{what}{}", self.names - 1)
    }

    fn line(&mut self, text: &str) {
        writeln!(self.text, "{text}").expect("writing to a string");
    }

    /// The value of the function.
    fn end(&mut self, scope: &Scope, is_length: bool) -> String {
        if is_length {
            let descriptor = self.descriptor(scope);
            return match self.random.below(3) {
                0 => format!("read({descriptor}, &mut buffer[..])"),
                1 => format!("Ok(write({descriptor}, data)?)"),
                _ => "Ok(0)".to_owned(),
            };
        }
        match (scope.lengths.last(), self.random.below(3)) {
            (Some(length), 0) => format!("Ok({} as u64)", length.name),
            (Some(length), 1) => format!("Ok(u64::try_from({}).unwrap_or(9))", length.name),
            _ => "Ok(number)".to_owned(),
        }
    }
}
