//! Whether DKMS can build the module: as it would on a user's machine, but in
//! folders of this project's own.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::tally::Tally;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::{parallel, paths, process};

const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Installs the source tree and has DKMS build it for each series.
///
/// # Errors
/// When the tree can't be made.
pub(super) fn run() -> Result<Tally> {
    let folder = paths::output().join("dkms");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("can't remove {}", folder.display()))?;
    }
    let mut make = Command::new("make");
    make.arg("--directory").arg(paths::root().join("kernel"));
    make.arg("dkms-install")
        .arg(format!("DESTDIR={}", folder.display()));
    process::run(
        "installing the sources for DKMS",
        "dkms-install",
        LIMIT,
        &mut make,
    )?;
    let mut kernels = Vec::new();
    for series in Series::of_releases() {
        kernels.push(kernel::ensure(series, Flavour::Cloud, Need::Headers)?);
    }
    let mut tally = Tally::default();
    for result in parallel::map(&kernels, |kernel| build(&folder, kernel)) {
        tally.add(match result {
            Ok(()) => Tally::passed(1),
            Err(error) => Tally::failure(format!("{error:#}")),
        });
    }
    Ok(tally)
}

fn build(folder: &Path, kernel: &Kernel) -> Result<()> {
    // One for each kernel, for DKMS builds in the same folder of it for all.
    let state = folder.join("state").join(&kernel.release);
    std::fs::create_dir_all(&state).with_context(|| format!("can't create {}", state.display()))?;
    let version = env!("CARGO_PKG_VERSION");
    let mut dkms = Command::new("dkms");
    // Not on the path of everyone but root.
    dkms.env("PATH", process::path_with_sbin());
    dkms.arg("build").arg(format!("sysbatch/{version}"));
    dkms.arg("--dkmstree").arg(&state);
    dkms.arg("--sourcetree").arg(folder.join("usr/src"));
    dkms.arg("-k").arg(&kernel.release);
    dkms.arg("--kernelsourcedir").arg(kernel.headers());
    let what = format!("DKMS build for {}", kernel.release);
    process::run(&what, &format!("dkms-{}", kernel.release), LIMIT, &mut dkms)?;
    let module = state
        .join("sysbatch")
        .join(version)
        .join(&kernel.release)
        .join("x86_64/module/sysbatch.ko");
    // A compressing kernel has its modules compressed.
    let compressed = module.with_extension("ko.xz");
    ensure!(
        module.is_file() || compressed.is_file(),
        "{what} left no {}",
        module.display()
    );
    Ok(())
}
