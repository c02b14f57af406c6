//! The plugin of GCC in `examples/gcc-plugin`: built, and tested by programs that do the
//! same with it and without.

mod build;
mod compare;
mod notes;
mod random;
mod run;
mod situations;

use anyhow::Result;

use crate::test::tally::Tally;

pub(crate) use build::guest_program;

/// Builds the plugin, and everything that is compared.
///
/// # Errors
/// When the plugin can't be built; what a program does wrong is counted.
pub(crate) fn check() -> Result<Tally> {
    let plugin = build::Plugin::build()?;
    let mut tally = outcome(notes::check(&plugin));
    for program in situations::PROGRAMS {
        tally.add(outcome(situations::check(&plugin, program)));
    }
    tally.add(outcome(build::check_whole(&plugin)));
    tally.add(outcome(random::check(&plugin)));
    Ok(tally)
}

fn outcome(result: Result<usize>) -> Tally {
    match result {
        Ok(passed) => Tally::passed(passed),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}
