//! The kernel module, built by `kernel/Makefile` for an unpacked kernel.

mod core;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::kernel::{Kernel, Root};
use crate::{lock, paths, process};

/// `core` alone takes most of a minute on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Builds the module for `kernel` and returns its file.
///
/// # Errors
/// When make fails or anything in the build prints a warning.
pub(crate) fn build(kernel: &Kernel) -> Result<PathBuf> {
    let output = paths::output().join("kmod").join(&kernel.release);
    make(&paths::root().join("kernel"), &output, kernel)
}

/// [`build`] from another copy of the `kernel` folder.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_from(source: &Path, kernel: &Kernel) -> Result<PathBuf> {
    // A folder for each: make goes by the times of files, and those of a copy say
    // nothing of what was built from another.
    let name = source.display().to_string().replace('/', "-");
    let output = paths::output()
        .join("kmod")
        .join(format!("{}{name}", kernel.release));
    make(source, &output, kernel)
}

/// [`build_from`] into a given folder.
///
/// # Errors
/// As [`build`].
pub(crate) fn make(source: &Path, output: &Path, kernel: &Kernel) -> Result<PathBuf> {
    let architecture = kernel.architecture();
    ensure!(
        architecture.is_here(),
        "there is no module for {}, see docs/kernel.md: batches run in user space there",
        architecture.name()
    );
    let _lock = lock::lock(output)?;
    let mut make = match kernel.foreign()? {
        None => Command::new("make"),
        Some(release) => Root::ensure(release, &kernel.compiler)?.command("make"),
    };
    make.arg("--directory").arg(source);
    make.arg(format!("KDIR={}", kernel.headers().display()));
    make.arg(format!("OUT={}", output.display()));
    // Variables of a surrounding build must not reach the kernel's.
    make.env_remove("MAKEFLAGS")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC")
        .env("LC_ALL", "C");
    let core = core::Kept::of(kernel, output)?;
    core.lay_out()?;
    let what = format!("building sysbatch.ko for {}", kernel.release);
    let log = process::run(
        &what,
        &format!("kmod-{}", kernel.release),
        BUILD_LIMIT,
        &mut make,
    )?;
    if let Err(error) = refuse_warnings(&what, &log) {
        // Else the next make would find nothing to do and nothing to warn of.
        remove_objects(output)?;
        return Err(error);
    }
    core.keep()?;
    let module = output.join("sysbatch.ko");
    module
        .is_file()
        .then_some(module)
        .with_context(|| format!("make did not leave {}/sysbatch.ko", output.display()))
}

fn remove_objects(output: &Path) -> Result<()> {
    for entry in std::fs::read_dir(output)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "o" || extension == "ko")
        {
            std::fs::remove_file(&path)
                .with_context(|| format!("can't remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// objtool and modpost warn without failing the build.
fn refuse_warnings(what: &str, log: &Path) -> Result<()> {
    let text =
        std::fs::read_to_string(log).with_context(|| format!("can't read {}", log.display()))?;
    let warnings: Vec<&str> = text
        .lines()
        .filter(|line| line.to_ascii_lowercase().contains("warning"))
        .collect();
    if !warnings.is_empty() {
        bail!(
            "{what} gave warnings, and the module must have none:\n{}",
            warnings.join("\n")
        );
    }
    Ok(())
}
