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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_layout_is_an_error() {
        let root = std::env::temp_dir().join(format!("sysbatch-header-{}", std::process::id()));
        let consumer = root.join(CONSUMER);
        std::fs::create_dir_all(consumer.parent().unwrap()).unwrap();
        std::fs::create_dir_all(root.join("include")).unwrap();
        let header = std::fs::read_to_string(crate::paths::root().join(super::super::HEADER));
        let header = header
            .unwrap()
            .replacen("__u32 format;", "__u64 format;", 1);
        std::fs::write(root.join(super::super::HEADER), header).unwrap();
        std::fs::write(&consumer, "#include <sysbatch_abi.h>\n").unwrap();
        let result = check(&root);
        std::fs::remove_dir_all(&root).unwrap();
        let message = result.unwrap_err().to_string();
        assert!(
            message.contains("does not compile with gcc -std=c99"),
            "{message}"
        );
    }
}
