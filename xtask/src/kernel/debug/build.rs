//! Builds the kernel, and keeps what booting it and building modules for it take.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{CONFIGURATION, ROOM, ROOM_KEPT, Sources, package};
use crate::kernel::Kernel;
use crate::process::{output_of, run};
use crate::progress::say;
use crate::{paths, setup};

const UNPACK_LIMIT: Duration = Duration::from_secs(10 * 60);
const CONFIGURE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Half an hour and more on two slow processors.
const COMPILE_LIMIT: Duration = Duration::from_secs(90 * 60);

/// The configurations that the fragment is added to, by the sources' own names.
const BASE: &str = "x86_64_defconfig";
const GUEST: &str = "kernel/configs/kvm_guest.config";

/// What the sources' own scripts have for who packages a kernel: the files that
/// modules are built with.
const FOR_MODULES: &str = "scripts/package/install-extmod-build";

pub(super) fn build(sources: &Sources, kernel: &Kernel) -> Result<()> {
    let folder = &kernel.folder;
    // Left by a run that did not finish.
    paths::remove(folder)?;
    let work = folder.join("build");
    std::fs::create_dir_all(&work).with_context(|| format!("can't create {}", work.display()))?;
    let room = setup::check_room("building it", folder, ROOM)?;
    say(&format!(
        "Linux {} is built once, of {} {}: it takes some twenty minutes of processor time, and \
         {room}, of which {} MB stay",
        kernel.release,
        package(),
        sources.version,
        ROOM_KEPT / 1_000_000
    ));
    let tree = Tree {
        folder: unpack(sources, &work)?,
        suffix: sources.suffix(),
    };
    tree.configure(&work)?;
    let release = output_of(tree.make().args(["--silent", "kernelrelease"]))?;
    ensure!(
        release.trim() == kernel.release,
        "the sources of {} {} call themselves {}, not {}",
        package(),
        sources.version,
        release.trim(),
        kernel.release
    );
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    run(
        &format!("compiling Linux {}", kernel.release),
        "debug-kernel",
        COMPILE_LIMIT,
        tree.make()
            .arg(format!("--jobs={processors}"))
            .args(["bzImage", "modules"]),
    )?;
    tree.keep(kernel)?;
    paths::remove(&work)
}

/// Downloads and unpacks the sources, and returns their folder.
fn unpack(sources: &Sources, work: &Path) -> Result<PathBuf> {
    sources.download(work)?;
    let name = package();
    let mut packages = std::fs::read_dir(work)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let downloaded = packages
        .next()
        .with_context(|| format!("apt left no package in {}", work.display()))?;
    run(
        &format!("unpacking {name}"),
        "debug-kernel-package",
        UNPACK_LIMIT,
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(&downloaded)
            .arg(work),
    )?;
    paths::remove(&downloaded)?;
    let archive = work.join(format!("usr/src/{name}.tar.xz"));
    run(
        "unpacking the sources",
        "debug-kernel-sources",
        UNPACK_LIMIT,
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(&archive)
            .arg("--directory")
            .arg(work),
    )?;
    paths::remove(&archive)?;
    Ok(work.join(name))
}

/// The unpacked sources.
struct Tree {
    folder: PathBuf,
    /// The end of the release.
    suffix: String,
}

impl Tree {
    /// make in it.
    fn make(&self) -> Command {
        let mut make = Command::new("make");
        make.arg("--directory").arg(&self.folder);
        make.arg(format!("LOCALVERSION={}", self.suffix));
        // Variables of a surrounding build must not reach the kernel's.
        make.env_remove("MAKEFLAGS").env("LC_ALL", "C");
        make
    }

    /// Configures it, and makes sure that all that was asked for is so.
    fn configure(&self, work: &Path) -> Result<()> {
        let fragment = work.join("fragment.config");
        std::fs::write(&fragment, CONFIGURATION)
            .with_context(|| format!("can't write {}", fragment.display()))?;
        let step = |command: &mut Command| {
            run(
                "configuring the kernel",
                "debug-kernel-configuration",
                CONFIGURE_LIMIT,
                command,
            )
        };
        step(self.make().arg(BASE))?;
        step(
            Command::new(self.folder.join("scripts/kconfig/merge_config.sh"))
                .args(["-m", "-O", ".", ".config", GUEST])
                .arg(&fragment)
                .current_dir(&self.folder)
                .env_remove("MAKEFLAGS"),
        )?;
        step(self.make().arg("olddefconfig"))?;
        let configuration = self.folder.join(".config");
        let text = std::fs::read_to_string(&configuration)
            .with_context(|| format!("can't read {}", configuration.display()))?;
        let lost: Vec<&str> = CONFIGURATION
            .lines()
            .filter(|line| !is_so(line, &text))
            .collect();
        ensure!(
            lost.is_empty(),
            "these sources do not take all of xtask/src/kernel/debug/fragment.config:\n{}",
            lost.join("\n")
        );
        Ok(())
    }

    /// Copies what is needed to where it is with a stock kernel.
    fn keep(&self, kernel: &Kernel) -> Result<()> {
        let copy = |from: &str, to: PathBuf| {
            let parent = to.parent().unwrap_or(&kernel.folder);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::copy(self.folder.join(from), &to).map(drop))
                .with_context(|| format!("can't write {}", to.display()))
        };
        copy("arch/x86/boot/bzImage", kernel.image())?;
        let modules = kernel.modules();
        std::fs::create_dir_all(&modules)
            .with_context(|| format!("can't create {}", modules.display()))?;
        copy("modules.builtin", modules.with_file_name("modules.builtin"))?;
        let headers = kernel.headers();
        run(
            "keeping what modules are built with",
            "debug-kernel-headers",
            UNPACK_LIMIT,
            self.make().arg("run-command").arg(format!(
                "KBUILD_RUN_COMMAND={FOR_MODULES} {}",
                headers.display()
            )),
        )?;
        copy(".config", headers.join(".config"))
    }
}

/// Whether a line of the fragment holds in a configuration.
fn is_so(line: &str, configuration: &str) -> bool {
    let unset = line
        .strip_prefix("# ")
        .and_then(|rest| rest.strip_suffix(" is not set"));
    let has = |wanted: &dyn Fn(&str) -> bool| configuration.lines().any(wanted);
    match unset {
        // What depends on something else that is not set is not even listed.
        Some(name) => !has(&|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('='))
        }),
        None => !line.starts_with("CONFIG_") || has(&|found| found == line),
    }
}

#[cfg(test)]
mod tests {
    use super::is_so;

    #[test]
    fn what_a_configuration_lacks_is_found() {
        let text = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C_D=m\n";
        for line in [
            "",
            "# a comment",
            "CONFIG_A=y",
            "# CONFIG_B is not set",
            "# CONFIG_C is not set",
        ] {
            assert!(is_so(line, text), "{line}");
        }
        for line in [
            "CONFIG_A=m",
            "CONFIG_B=y",
            "# CONFIG_A is not set",
            "# CONFIG_C_D is not set",
        ] {
            assert!(!is_so(line, text), "{line}");
        }
    }
}
