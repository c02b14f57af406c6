//! A profile as text.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use anyhow::Result;

use super::kinds::{self, Decoded, Kind};
use super::steady::{self, Steady};
use super::symbols::Symbols;
use super::trace::Trace;

/// What one batch came to.
#[derive(Debug)]
pub(crate) struct Profile {
    steps: Vec<u64>,
    decoded: BTreeMap<u64, Decoded>,
    /// How many units the batch has, if it consists of such.
    units: Option<usize>,
    /// None if the batch repeats nothing.
    steady: Option<Steady>,
}

impl Profile {
    /// Analyses the trace of a batch, of so many equal units if it is.
    ///
    /// # Errors
    /// When there is an instruction in it that is not known.
    pub(crate) fn new(trace: Trace, units: Option<usize>) -> Result<Self> {
        Ok(Self {
            steady: steady::find(&trace.steps),
            decoded: kinds::decode(&trace.code)?,
            steps: trace.steps,
            units,
        })
    }

    /// The steady unit, or the whole if there is none.
    fn part(&self, whole: bool) -> Range<usize> {
        match &self.steady {
            Some(steady) if !whole => steady.typical.clone(),
            _ => 0..self.steps.len(),
        }
    }

    /// The tables of the steady unit or of the whole.
    pub(crate) fn tables<'a>(&'a self, symbols: &'a Symbols, whole: bool) -> Tables<'a> {
        Tables {
            profile: self,
            symbols,
            part: self.part(whole),
        }
    }

    /// The instructions of the steady unit or of the whole, in their order.
    pub(crate) fn listing<'a>(&'a self, symbols: &'a Symbols, whole: bool) -> Listing<'a> {
        Listing(self.tables(symbols, whole))
    }

    /// What is said first.
    pub(crate) fn summary(&self) -> String {
        let whole = self.steps.len();
        let Some(steady) = &self.steady else {
            return format!("{whole} instructions, of which nothing repeats");
        };
        let unit = steady.typical.len();
        let lengths = || steady.iterations.iter().map(ExactSizeIterator::len);
        let (least, most) = (lengths().min(), lengths().max());
        let text = format!(
            "{unit} instructions ({} of {} iterations are equal; they have {} to {}); {whole} in \
             the whole run",
            steady.alike,
            steady.iterations.len(),
            least.unwrap_or(0),
            most.unwrap_or(0),
        );
        let beside = self
            .units
            .and_then(|units| Some((units, whole.checked_sub(units * unit)?)));
        match beside {
            Some((units, beside)) => format!("{text} of {units}, {beside} beside them"),
            None => text,
        }
    }
}

/// Where the instructions of a part are, by function and by kind.
#[derive(Debug)]
pub(crate) struct Tables<'a> {
    profile: &'a Profile,
    symbols: &'a Symbols,
    part: Range<usize>,
}

impl Tables<'_> {
    fn steps(&self) -> &[u64] {
        &self.profile.steps[self.part.clone()]
    }

    /// Owner and name of the function of an address.
    fn function(&self, address: u64) -> (&str, &str) {
        match self.symbols.function(address) {
            Some(function) => (&function.owner, &function.name),
            None => ("?", "?"),
        }
    }
}

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        let mut functions: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut kinds: BTreeMap<Kind, BTreeMap<&str, usize>> = BTreeMap::new();
        let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
        for &step in steps {
            let function = self.function(step);
            *functions.entry(function).or_default() += 1;
            *owners.entry(function.0).or_default() += 1;
            let kind = self.profile.decoded[&step].kind;
            *kinds
                .entry(kind)
                .or_default()
                .entry(function.0)
                .or_default() += 1;
        }
        let mut functions: Vec<_> = functions.into_iter().collect();
        functions.sort_by_key(|&(function, count)| (std::cmp::Reverse(count), function));
        writeln!(f, "  {:>7} {:>6}  {:10} function", "count", "share", "of")?;
        for ((owner, name), count) in functions {
            let share = 100.0 * count as f64 / steps.len() as f64;
            writeln!(f, "  {count:>7} {share:>5.1}%  {owner:10} {name}")?;
        }
        write!(f, "\n  {:>7}", "count")?;
        for owner in owners.keys() {
            write!(f, " {owner:>9}")?;
        }
        writeln!(f, "  kind")?;
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, counts)| {
            (std::cmp::Reverse(counts.values().sum::<usize>()), *kind)
        });
        let mut row = |counts: &BTreeMap<&str, usize>, name: &str| {
            write!(f, "  {:>7}", counts.values().sum::<usize>())?;
            for owner in owners.keys() {
                write!(f, " {:>9}", counts.get(owner).copied().unwrap_or(0))?;
            }
            writeln!(f, "  {name}")
        };
        for (kind, counts) in kinds {
            row(&counts, kind.name())?;
        }
        row(&owners, "all")
    }
}

/// The instructions of a part in their order.
#[derive(Debug)]
pub(crate) struct Listing<'a>(Tables<'a>);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = None;
        for (number, &step) in self.0.steps().iter().enumerate() {
            let function = self.0.symbols.function(step);
            if last != Some(function) {
                let (owner, name) = self.0.function(step);
                writeln!(f, "  {name} [{owner}]")?;
                last = Some(function);
            }
            let offset = function.map_or(step, |function| step - function.address);
            let text = &self.0.profile.decoded[&step].text;
            writeln!(f, "  {number:>6}  +{offset:<#7x} {text}")?;
        }
        Ok(())
    }
}
