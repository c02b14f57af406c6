//! C and C++ compilers' opinion of the header.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// A consumer of the header, from the project's root.
const CONSUMER: &str = "tests/c/abi_header.c";

/// Compilers, with the language and standard they are asked for.
const COMPILERS: [(&str, &str, &str); 6] = [
    ("gcc", "c", "-std=c99"),
    ("gcc", "c", "-std=c11"),
    ("gcc", "c", "-std=gnu11"),
    ("gcc", "c", "-std=c17"),
    ("g++", "c++", "-std=c++11"),
    ("g++", "c++", "-std=c++17"),
];

/// Compiles the consumer in every language the header promises.
pub(super) fn check(root: &Path) -> Result<()> {
    for (compiler, language, standard) in COMPILERS {
        let output = Command::new(compiler)
            .args(["-x", language, standard])
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(["-fsyntax-only", "-I", "include", CONSUMER])
            .current_dir(root)
            .output()
            .with_context(|| format!("cannot run {compiler}: `cargo xtask setup` installs it"))?;
        if !output.status.success() {
            bail!(
                "{CONSUMER} does not compile with {compiler} {standard}:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    Ok(())
}
