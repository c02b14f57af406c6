//! The paths that are added up: from the command line or from a file.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use anyhow::Context as _;

use super::quote::quoted;

/// A path, or what is wrong with what should be one.
pub(super) type Operand = Result<Vec<u8>, String>;

/// The paths of the command line; the working directory if there is none.
pub(super) fn of_arguments(paths: Vec<OsString>) -> Vec<Operand> {
    if paths.is_empty() {
        return vec![Ok(b".".to_vec())];
    }
    let paths = paths.into_iter().map(OsString::into_vec);
    paths
        .map(|path| match &path[..] {
            [] => Err("invalid zero-length file name".to_owned()),
            _ => Ok(path),
        })
        .collect()
}

/// The paths in a file, each ended by a zero byte; "-" is standard input.
///
/// # Errors
/// If it cannot be read.
pub(super) fn of_file(file: &Path) -> anyhow::Result<Vec<Operand>> {
    let stdin = file.as_os_str() == "-";
    let mut text = Vec::new();
    if stdin {
        io::stdin()
            .read_to_end(&mut text)
            .context("cannot read paths from standard input")?;
    } else {
        text =
            fs::read(file).with_context(|| format!("cannot read paths from {}", file.display()))?;
    }
    if text.ends_with(b"\0") {
        text.pop();
    } else if text.is_empty() {
        return Ok(Vec::new());
    }
    let paths = text.split(|&byte| byte == 0).enumerate();
    Ok(paths
        .map(|(index, path)| match path {
            [] => Err(format!(
                "{}:{}: invalid zero-length file name",
                name(file),
                index + 1
            )),
            b"-" if stdin => Err("when reading file names from stdin, no file name of '-' \
                                  allowed"
                .to_owned()),
            path => Ok(path.to_vec()),
        })
        .collect())
}

/// The name of a file, between quotes if it needs them.
fn name(file: &Path) -> String {
    let name = file.as_os_str().as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./+,".contains(byte);
    if name.iter().all(plain) {
        file.display().to_string()
    } else {
        quoted(name)
    }
}
