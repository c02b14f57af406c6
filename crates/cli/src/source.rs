//! Programs from files and standard input.

use std::io::{self, Read as _};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use sysbatch_asm::{Diagnostics, Program, assemble};

/// A program that was read, or what is wrong with it.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name of its file, as it is shown.
    pub(crate) name: String,
    pub(crate) program: Result<Program, Diagnostics>,
}

/// Reads and assembles a program; `-` is standard input.
///
/// # Errors
/// When it can't be read, or is no text.
pub(crate) fn read(file: &Path) -> anyhow::Result<Source> {
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
    let program = assemble(&name, &source);
    Ok(Source { name, program })
}

/// [`read`], with mistakes shown on standard error; then there is no program.
///
/// # Errors
/// As for `read`.
pub(crate) fn load(file: &Path) -> anyhow::Result<Option<Program>> {
    let Source { name, program } = read(file)?;
    match program {
        Ok(program) => Ok(Some(program)),
        Err(diagnostics) => {
            // As `NO_COLOR`, `TERM` and whether it is a terminal have it.
            let coloured = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
            eprintln!("{}", diagnostics.render(coloured));
            let count = diagnostics.len();
            let plural = if count == 1 { "" } else { "s" };
            eprintln!("\n{name}: {count} mistake{plural}");
            Ok(None)
        }
    }
}
