//! Downloads and unpacks a kernel's packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::release::{Release, newest};
use super::{Flavour, Kernel, Need, Series};
use crate::process::run;
use crate::{lock, paths};

const UNPACK_LIMIT: Duration = Duration::from_secs(5 * 60);

/// What a former run chose and finished unpacking.
#[derive(Debug, Serialize, Deserialize)]
struct Chosen {
    release: String,
    compiler: String,
    unpacked: Need,
}

/// The kernel of a series that was unpacked before, if it has what is needed.
///
/// # Errors
/// When it is there and can't be used.
pub(crate) fn unpacked(series: Series, flavour: Flavour, need: Need) -> Result<Option<Kernel>> {
    let kernels = kernels();
    // What can't be read, or was removed, is made again.
    let Ok(text) = std::fs::read_to_string(record(&kernels, series, flavour)) else {
        return Ok(None);
    };
    let Ok(chosen) = serde_json::from_str::<Chosen>(&text) else {
        return Ok(None);
    };
    let kernel = kernel(&kernels, &chosen.release, &chosen.compiler);
    if chosen.unpacked < need || !kernel.headers().is_dir() {
        return Ok(None);
    }
    relocate(&kernel)?;
    Ok(Some(kernel))
}

/// The kernel of a series that was unpacked before, if it has what is needed,
/// else the newest, now.
///
/// # Errors
/// When it can't be found, downloaded or unpacked.
pub(crate) fn ensure(series: Series, flavour: Flavour, need: Need) -> Result<Kernel> {
    let kernels = kernels();
    let _lock = lock::lock(&kernels)?;
    if let Some(kernel) = unpacked(series, flavour, need)? {
        return Ok(kernel);
    }
    let release = newest(series, flavour)?;
    download_and_unpack(&release, need, &kernels)?;
    let text = serde_json::to_string_pretty(&Chosen {
        release: release.name.clone(),
        compiler: release.compiler.clone(),
        unpacked: need,
    })?;
    let record = record(&kernels, series, flavour);
    std::fs::write(&record, text).with_context(|| format!("can't write {}", record.display()))?;
    Ok(kernel(&kernels, &release.name, &release.compiler))
}

/// Forgets which kernels were chosen, so that the next [`ensure()`] takes the
/// newest again.
///
/// # Errors
/// When a record can't be removed.
pub(crate) fn refresh(flavour: Flavour) -> Result<()> {
    let kernels = kernels();
    let _lock = lock::lock(&kernels)?;
    for series in Series::ALL {
        paths::remove(&record(&kernels, series, flavour))?;
    }
    Ok(())
}

pub(super) fn kernels() -> PathBuf {
    paths::output().join("kernels")
}

fn record(kernels: &Path, series: Series, flavour: Flavour) -> PathBuf {
    kernels.join(format!("{}-{}.json", series.name(), flavour.suffix()))
}

fn kernel(kernels: &Path, release: &str, compiler: &str) -> Kernel {
    Kernel {
        folder: kernels.join(release),
        release: release.to_owned(),
        compiler: compiler.to_owned(),
        looks_for_mistakes: false,
    }
}

fn download_and_unpack(release: &Release, need: Need, kernels: &Path) -> Result<()> {
    let folder = kernels.join(&release.name);
    // Left by a run that did not finish, or that needed less.
    paths::remove(&folder)?;
    let downloads = folder.join("packages");
    std::fs::create_dir_all(&downloads)
        .with_context(|| format!("can't create {}", downloads.display()))?;
    release.download(need, &downloads)?;
    for entry in std::fs::read_dir(&downloads)? {
        let package = entry?.path();
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("--extract").arg(&package).arg(&folder);
        let name = package
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        run(
            &format!("unpacking {name}"),
            &format!("unpack-{name}"),
            UNPACK_LIMIT,
            &mut unpack,
        )?;
    }
    paths::remove(&downloads)?;
    relocate(&kernel(kernels, &release.name, &release.compiler))
}

/// Debian's headers include the common part by its installed, absolute path.
/// Where the unpacked one is may change, too: the project's folder can be moved.
fn relocate(kernel: &Kernel) -> Result<()> {
    let makefile = kernel.headers().join("Makefile");
    let text = std::fs::read_to_string(&makefile)
        .with_context(|| format!("can't read {}", makefile.display()))?;
    let here: String = text
        .lines()
        .map(|line| relocated(line, &kernel.folder) + "\n")
        .collect();
    ensure!(
        here.contains("/usr/src/"),
        "{} does not include the common headers: Debian changed their layout",
        makefile.display()
    );
    if here == text {
        return Ok(());
    }
    std::fs::write(&makefile, here).with_context(|| format!("can't write {}", makefile.display()))
}

/// A line of the headers' own Makefile, with the absolute path that it may have.
fn relocated(line: &str, folder: &Path) -> String {
    let begins = ["include /", "KBUILD_OUTPUT=/"];
    let path = begins.iter().find_map(|begin| {
        let (_, below) = line.strip_prefix(begin)?.split_once("usr/src/")?;
        Some((begin.trim_end_matches('/'), below))
    });
    match path {
        Some((begin, below)) => format!("{begin}{}/usr/src/{below}", folder.display()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relocated;

    #[test]
    fn absolute_paths_follow_the_folder() {
        let moved = |line| relocated(line, Path::new("/here"));
        assert_eq!(
            moved("include /usr/src/linux-headers-6.12.1-common/Makefile"),
            "include /here/usr/src/linux-headers-6.12.1-common/Makefile"
        );
        assert_eq!(
            moved("KBUILD_OUTPUT=/before/usr/src/linux-headers-7.3.4-amd64"),
            "KBUILD_OUTPUT=/here/usr/src/linux-headers-7.3.4-amd64"
        );
        assert_eq!(moved("CC = gcc"), "CC = gcc");
    }
}
