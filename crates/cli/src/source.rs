//! Programs from files and standard input.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::Context as _;
use sysbatch_asm::{Program, assemble};

/// Reads and assembles a program; `-` is standard input.
///
/// Mistakes are shown on standard error; then there is no program.
pub(crate) fn load(file: &Path) -> anyhow::Result<Option<Program>> {
    let (name, bytes) = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin()
            .read_to_end(&mut bytes)
            .context("cannot read the program from standard input")?;
        ("<standard input>".into(), bytes)
    } else {
        let bytes = std::fs::read(file)
            .with_context(|| format!("cannot read the program {}", file.display()))?;
        (file.display().to_string(), bytes)
    };
    let source = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
        anyhow::anyhow!("{name}:{line}: not UTF-8; write other bytes in strings as \\xHH")
    })?;
    match assemble(&name, &source) {
        Ok(program) => Ok(Some(program)),
        Err(diagnostics) => {
            eprintln!("{}", diagnostics.render(io::stderr().is_terminal()));
            let count = diagnostics.len();
            let plural = if count == 1 { "" } else { "s" };
            eprintln!("\n{name}: {count} mistake{plural}");
            Ok(None)
        }
    }
}
