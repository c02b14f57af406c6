//! The combined calls in a program of plain C99, which has to be told in one line what is
//! missing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::Tree;

/// How a program may begin, and whether that is enough.
const BEGINNINGS: [(&str, bool); 3] = [
    ("#define _GNU_SOURCE\n#include <stdio.h>\n", true),
    ("#include <stdio.h>\n", false),
    ("#include <stdio.h>\n#define _GNU_SOURCE\n", false),
];

/// Compiles each; the number of checks.
pub(super) fn check(tree: &Tree, folder: &Path) -> Result<usize> {
    for (beginning, suffices) in BEGINNINGS {
        let source = folder.join("standard.c");
        let text =
            format!("{beginning}#include <sysbatch_combined.h>\nint main(void) {{ return 0; }}\n");
        std::fs::write(&source, text)
            .with_context(|| format!("cannot write {}", source.display()))?;
        let output = Command::new("gcc")
            .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(["-fsyntax-only", "-I"])
            .arg(tree.include())
            .arg(&source)
            .output()
            .context("cannot run gcc: `cargo xtask setup` installs it")?;
        let messages = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = messages
            .lines()
            .filter(|line| line.contains("error:"))
            .collect();
        let right = match (suffices, &errors[..]) {
            (true, []) => output.status.success(),
            (false, [error]) => error.contains("needs _GNU_SOURCE: define it before"),
            _ => false,
        };
        if !right {
            bail!("sysbatch_combined.h after {beginning:?} with gcc -std=c99:\n{messages}");
        }
    }
    Ok(BEGINNINGS.len())
}
