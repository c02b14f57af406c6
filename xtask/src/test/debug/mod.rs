//! `cargo xtask test --debug-kernel`: the guest's suites in a kernel that looks for
//! mistakes, and whether it finds any that are made on purpose.

mod controls;

use anyhow::Result;

use super::guest::{self, Choice, Kernels};
use super::report::Report;
use super::soak::Soak;
use super::suites;
use crate::kernel::{self, Kernel};
use crate::progress::say;
use crate::setup::{self, Purpose};

/// Makes the kernel if there is none, and runs the suites named in `suites`, or all,
/// with a soak of this kind; true if nothing failed.
///
/// # Errors
/// When a name is not a suite's, the machine lacks a package, or the kernel can't be
/// made.
pub(crate) fn run(suites: &[String], soak: Soak) -> Result<bool> {
    suites::check_names(suites)?;
    let kernel = kernel()?;
    say(&format!(
        "Linux {} is many times as slow as a stock kernel: a suite takes two minutes and more, \
         and a machine up to 3 GB of memory",
        kernel.release
    ));
    for told in suites::less(suites) {
        say(&told);
    }
    let choice = Choice {
        only: suites,
        soak,
        on: Kernels::One(&kernel),
        echo: false,
    };
    let mut report = Report::start(true);
    report.step("controls", || controls::run(&kernel));
    report.step("guest", || guest::run(&choice));
    Ok(report.print())
}

/// The kernel; what can be found missing is found before anything is installed.
///
/// # Errors
/// When the machine lacks a package, or the kernel can't be made.
pub(crate) fn kernel() -> Result<Kernel> {
    if let Some(kernel) = kernel::debug::built() {
        setup::prepare(Purpose::DebugKernel, &[])?;
        return Ok(kernel);
    }
    let sources = kernel::debug::sources()?;
    setup::prepare(Purpose::DebugKernel, &[])?;
    sources.build()
}
