//! Building the plugin, its runtime, and programs with it and without.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::library::{Layout, Tree, install};
use crate::test::tally::harness;
use crate::vm::GuestFile;
use crate::{paths, process};

const EXAMPLE: &str = "examples/gcc-plugin";
/// The program that checks itself, here and in guests.
const WHOLE: &str = "tests/whole.c";
const LIMIT: Duration = Duration::from_secs(2 * 60);

/// How a program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is.
    Plain,
    /// With the plugin, and this optimisation.
    Combined(&'static str),
}

impl Way {
    /// What it is compared as.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Combined(level) => level,
        }
    }
}

/// The plugin, built.
pub(super) struct Plugin {
    folder: PathBuf,
    tree: Tree,
}

impl Plugin {
    /// Builds it, and what programs are linked with.
    ///
    /// # Errors
    /// When that can't be done.
    pub(super) fn build() -> Result<Self> {
        let folder = paths::output().join("gcc-plugin");
        let tree = install(&Layout::of(&folder.join("installed")))?;
        let plugin = Self { folder, tree };
        let mut make = Command::new("make");
        make.args(["-C", EXAMPLE, "--no-print-directory"]);
        make.arg(format!("BUILD={}", plugin.folder.display()));
        make.current_dir(paths::root());
        process::run("building the plugin of GCC", "gcc-plugin", LIMIT, &mut make)?;
        plugin.object("runtime/sysbatch_combine.c", &["-Wpedantic"])?;
        plugin.object("tests/mark.c", &[])?;
        Ok(plugin)
    }

    /// A file of what is built.
    pub(super) fn built(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The options that load it.
    pub(super) fn loaded(&self) -> String {
        format!("-fplugin={}", self.built("combine_syscalls.so").display())
    }

    fn object(&self, source: &str, options: &[&str]) -> Result<()> {
        let mut command = self.compiler();
        command.args(["-O2", "-c", "-Wall", "-Wextra", "-Werror"]);
        command.args(options).arg(source);
        command.arg("-o").arg(self.built(&object_name(source)));
        process::run_quietly(source, "gcc-plugin-object", LIMIT, &mut command)?;
        Ok(())
    }

    /// The compiler, in the folder of the example.
    pub(super) fn compiler(&self) -> Command {
        let mut command = Command::new("gcc");
        command.current_dir(paths::root().join(EXAMPLE));
        command.arg("-Iruntime").arg("-I").arg(self.tree.include());
        // Functions that are made.
        command.arg("-I").arg(&self.folder);
        command
    }

    /// Compiles a program.
    ///
    /// # Errors
    /// When that can't be done.
    pub(super) fn program(&self, source: &Path, way: Way) -> Result<PathBuf> {
        let name = source.file_stem().context("a source has a name")?;
        let program = self.built(&format!("{}.{}", name.display(), way.name()));
        let mut command = self.compiler();
        command.args(["-Wall", "-Wextra"]);
        match way {
            Way::Plain => command.args(["-O2", "-Werror"]),
            // The compiler looks at what the plugin has made of the code.
            Way::Combined(level) => command.args([level, "-fchecking"]).arg(self.loaded()),
        };
        command.arg(source).arg(self.built("mark.o"));
        if way != Way::Plain {
            command.arg(self.built("sysbatch_combine.o"));
            command.arg("-L").arg(self.tree.lib()).arg("-lsysbatch");
        }
        command.arg("-pthread").arg("-o").arg(&program);
        let log = format!("gcc-plugin-{}", name.display());
        process::run_quietly(&format!("{}", name.display()), &log, LIMIT, &mut command)?;
        Ok(program)
    }

    /// Where the shared library is.
    pub(super) fn libraries(&self) -> PathBuf {
        self.tree.lib()
    }

    /// The program that checks itself.
    fn whole(&self, linking: &[&str]) -> Result<PathBuf> {
        let program = self.built("whole");
        let mut command = self.compiler();
        command.args(["-O2", "-Wall", "-Wextra", "-I../../tests/c/library"]);
        command.arg(self.loaded()).args(linking).arg(WHOLE);
        command.arg(self.built("sysbatch_combine.o"));
        command.arg("-L").arg(self.tree.lib());
        command.args(["-lsysbatch", "-lpthread", "-ldl", "-lm"]);
        command.arg("-o").arg(&program);
        process::run_quietly("whole", "gcc-plugin-whole", LIMIT, &mut command)?;
        Ok(program)
    }
}

fn object_name(source: &str) -> String {
    let stem = Path::new(source).file_stem().unwrap_or_default();
    format!("{}.o", stem.display())
}

/// Runs the program that checks itself; how much it checked.
///
/// # Errors
/// When it finds something wrong.
pub(super) fn check_whole(plugin: &Plugin) -> Result<usize> {
    let mut command = Command::new(plugin.whole(&[])?);
    command.env("LD_LIBRARY_PATH", plugin.libraries());
    command.env("SYSBATCH_BACKEND", "user");
    let log = process::run_quietly("whole", "gcc-plugin-whole", LIMIT, &mut command)?;
    let text =
        std::fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    let tally = harness(text.lines())?.context("the program checked nothing")?;
    Ok(tally.passed)
}

/// The program that checks itself, static, among the tests of the C library in a guest.
///
/// # Errors
/// When it can't be compiled.
pub(crate) fn guest_program() -> Result<GuestFile> {
    let program = Plugin::build()?.whole(&["-static", "-Wl,--strip-debug"])?;
    Ok(GuestFile::host("/capi/gcc-plugin", program))
}
