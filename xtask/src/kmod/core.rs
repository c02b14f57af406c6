//! Rust's `core`, compiled for a kernel, which takes most of a module's build and is the
//! same for kernels of one configuration. What was compiled in one folder is laid into the
//! next one. Kbuild compares the commands of both, and compiles it if they differ.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::kernel::Kernel;
use crate::{lock, paths};

/// What is compiled, and what that depends on: the older one first, for make goes by times.
const FILES: [&str; 2] = ["target.json", "libcore.rlib"];

/// Stands in a kept command for the folder in which it was executed.
const FOLDER: &str = "@folder@";

/// What is kept for kernels like this one, and the folder of a build for it.
pub(super) struct Kept<'a> {
    folder: PathBuf,
    output: &'a Path,
}

impl<'a> Kept<'a> {
    pub(super) fn of(kernel: &Kernel, output: &'a Path) -> Result<Self> {
        // With another series, or to look for mistakes, a kernel is configured otherwise,
        // and those that take turns would have it compiled each time.
        let kind = if kernel.looks_for_mistakes {
            "-debug"
        } else {
            ""
        };
        let name = format!("core/{}{kind}", kernel.series()?.name());
        Ok(Self {
            folder: paths::output().join("kmod").join(name),
            output,
        })
    }

    /// Lays what is kept into the folder if there is nothing yet.
    pub(super) fn lay_out(&self) -> Result<()> {
        if self.output.join(FILES[1]).exists() {
            return Ok(());
        }
        let _lock = lock::lock(&self.folder)?;
        if FILES.iter().any(|name| !self.folder.join(name).exists()) {
            return Ok(());
        }
        let output = self.output.display().to_string();
        for name in FILES {
            copy(&self.folder.join(name), &self.output.join(name))?;
            let command = read(&command(&self.folder, name))?;
            write(
                &self::command(self.output, name),
                &command.replace(FOLDER, &output),
            )?;
        }
        Ok(())
    }

    /// Keeps what was compiled in the folder, if something else is kept or nothing.
    pub(super) fn keep(&self) -> Result<()> {
        let _lock = lock::lock(&self.folder)?;
        let output = self.output.display().to_string();
        let commands = FILES.map(|name| read(&command(self.output, name)));
        for (name, had) in FILES.iter().zip(commands) {
            let had = had?.replace(&output, FOLDER);
            let kept = command(&self.folder, name);
            if read(&kept).is_ok_and(|kept| kept == had) {
                continue;
            }
            // The command last: without it the file is not used.
            paths::remove(&kept)?;
            copy(&self.output.join(name), &self.folder.join(name))?;
            write(&kept, &had)?;
        }
        Ok(())
    }
}

/// Where Kbuild has the command that made a file.
fn command(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.cmd"))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
}

/// Copies a file with its time.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("can't copy {} to {}", from.display(), to.display());
    std::fs::copy(from, to).with_context(failed)?;
    let modified = from.metadata().and_then(|from| from.modified());
    let to = File::options().write(true).open(to);
    to.and_then(|to| to.set_modified(modified?))
        .with_context(failed)
}
