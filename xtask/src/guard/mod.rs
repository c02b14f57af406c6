//! Whether a sub-call takes more instructions than it did: `cargo xtask guard`,
//! and the step `instructions` of the tests.
//!
//! Instructions are counted, so that the result does not depend on what else the
//! machine does. It does depend on the compilers, the kernel and the emulator. So
//! the committed figures are compared with only where these are the same.
//! Elsewhere the sources that the figures were made of are counted again with what
//! there is, and compared with. See [`reference::choose`].

mod baseline;
mod figures;
mod place;
mod reference;

use anyhow::{Context as _, Result};

use crate::kernel::{Flavour, Need, Series};
use crate::progress::{Progress, say};
use crate::setup::{self, Purpose};
use crate::test::tally::Tally;
use crate::{parallel, paths};
use baseline::Sources;
use figures::{Figures, Record};
use place::Place;

/// Where the figures are, from the project's root.
const FIGURES: &str = "xtask/src/guard/figures.json";

/// Counts, and writes the figures if so asked, or compares them; whether none is
/// dearer than it may be.
///
/// # Errors
/// When something is missing or can't be built.
pub(crate) fn run(update: bool) -> Result<bool> {
    let kernels = [Series::V6_1, Series::V6_12];
    let kernels = kernels.map(|series| (series, Flavour::Cloud, Need::Image));
    setup::prepare(Purpose::Machine, &kernels)?;
    if update {
        return write().map(|()| true);
    }
    let tally = check()?;
    for failure in &tally.failures {
        eprintln!("{failure}");
    }
    Ok(tally.failures.is_empty())
}

fn write() -> Result<()> {
    let mut figures = Figures::default();
    for place in Place::ALL {
        figures.insert(place, count(place)?);
    }
    figures.write(&paths::root().join(FIGURES))?;
    say(&format!(
        "{FIGURES} is written: commit it together with what changed the figures"
    ));
    Ok(())
}

/// Compares each place's figures.
///
/// # Errors
/// When the figures can't be read.
pub(crate) fn check() -> Result<Tally> {
    let figures = Figures::read(&paths::root().join(FIGURES))?;
    let mut tally = Tally::default();
    let compare = |place: &Place| {
        check_place(*place, &figures).with_context(|| format!("instructions in {}", place.name()))
    };
    for compared in parallel::map(&Place::ALL, compare) {
        tally.add(compared.unwrap_or_else(|error| Tally::failure(format!("{error:#}"))));
    }
    Ok(tally)
}

fn check_place(place: Place, figures: &Figures) -> Result<Tally> {
    let committed = figures
        .get(place)
        .with_context(|| format!("{FIGURES} has none: cargo xtask guard --update"))?;
    let here = count(place)?;
    let reference = reference::choose(place, committed, &here);
    say(&format!("{}: {}", place.name(), reference.words));
    let mut tally = Tally::default();
    for (name, &count) in &here.instructions {
        let compared = reference.compare(place, name, count);
        tally.add(compared.map_or_else(Tally::failure, |()| Tally::passed(1)));
    }
    let cheaper = reference.cheaper(&here);
    if !cheaper.is_empty() {
        say(&format!(
            "{}: cheaper than they were, which is kept only by new figures (cargo xtask guard \
             --update): {}",
            place.name(),
            cheaper.join(", ")
        ));
    }
    for name in reference.missing(&here) {
        tally.add(Tally::failure(format!(
            "{FIGURES} has a figure `{name}` for {}, and nothing counts that any more",
            place.name()
        )));
    }
    Ok(tally)
}

/// Counts the sources as they are.
fn count(place: Place) -> Result<Record> {
    let progress = Progress::start(format!("counting instructions in {}", place.name()));
    let counted = place.count(&Sources::here());
    progress.end(if counted.is_ok() { "ok" } else { "failed" });
    let record = counted?;
    say(&record.to_string());
    Ok(record)
}
