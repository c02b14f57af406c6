//! Rust's libraries for another architecture.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::architecture::Architecture;
use crate::process::{output_of, run};

const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Makes sure that programs can be compiled for an architecture.
///
/// # Errors
/// When its libraries are missing and can't be had.
pub(crate) fn prepare_target(architecture: Architecture) -> Result<()> {
    let target = architecture.target();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut ask = Command::new(rustc);
    ask.args(["--print", "target-libdir", "--target", target]);
    if Path::new(output_of(&mut ask)?.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", target]);
    let what = format!("downloading Rust's libraries for {target}");
    run(&what, "rustup-target", LIMIT, &mut rustup)
        .map(drop)
        .with_context(|| {
            format!(
                "the Rust compiler has no libraries for {target}, and rustup can't add them: with \
             rustup (https://rustup.rs) type `rustup target add {target}`"
            )
        })
}
