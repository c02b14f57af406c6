//! What is left out by its name.
#![expect(unsafe_code, reason = "matches patterns by the C library's function")]

use std::ffi::{CStr, CString};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Context as _;

/// Patterns of names, in the way of the shell.
///
/// They are matched by fnmatch(3), so that they mean what they mean elsewhere on
/// the system and in its locale.
#[derive(Clone, Debug, Default)]
pub(super) struct Exclude(Vec<CString>);

impl Exclude {
    /// Whether there is no pattern.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// If there is a zero byte in it.
    pub(super) fn add(&mut self, pattern: &[u8]) -> anyhow::Result<()> {
        let pattern = CString::new(pattern).context("a pattern has a zero byte in it")?;
        self.0.push(pattern);
        Ok(())
    }

    /// Adds the patterns in a file, one in a line; "-" is standard input.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let mut text = Vec::new();
        let read = if path.as_os_str() == "-" {
            io::stdin().read_to_end(&mut text).map(drop)
        } else {
            fs::read(path).map(|bytes| text = bytes)
        };
        read.with_context(|| format!("cannot read the patterns in {}", path.display()))?;
        for line in text.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii_end();
            if !line.is_empty() {
                self.add(line).with_context(|| path.display().to_string())?;
            }
        }
        Ok(())
    }

    /// Whether a pattern matches a path, or what is behind a slash in it.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let Ok(path) = CString::new(path) else {
            return false;
        };
        let path = path.as_bytes_with_nul();
        let ends = path.iter().enumerate().filter_map(|(at, &byte)| {
            let rest = &path[at + 1..];
            (byte == b'/' && rest.first() != Some(&b'/')).then_some(rest)
        });
        std::iter::once(path)
            .chain(ends)
            .filter_map(|end| CStr::from_bytes_with_nul(end).ok())
            .any(|end| self.0.iter().any(|pattern| matches(pattern, end)))
    }
}

/// Whether a pattern matches a name from its beginning to its end, slashes and
/// leading dots being like any other letter.
fn matches(pattern: &CStr, name: &CStr) -> bool {
    // SAFETY: both are strings of C that live until the call is over; it keeps
    // neither.
    let result = unsafe { libc::fnmatch(pattern.as_ptr(), name.as_ptr(), 0) };
    result == 0
}

/// Has names consist of the letters that they do in the locale of the
/// environment.
pub(super) fn use_locale() {
    // SAFETY: it is called while there is one thread, and the string is one of C.
    unsafe { libc::setlocale(libc::LC_CTYPE, c"".as_ptr()) };
}

/// The bytes of a pattern that was given as an option.
pub(super) fn bytes(pattern: &std::ffi::OsStr) -> &[u8] {
    pattern.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("a", "a", true),
            ("a", "x/a", true),
            ("a", "a/x", false),
            ("x/a", "y/x/a", true),
            ("*.o", "src/main.o", true),
            ("s*.o", "src/main.o", true),
            ("*", ".hidden", true),
            ("[ab]", "x/b", true),
            ("[[:digit:]]", "7", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
        ] {
            let mut exclude = Exclude::default();
            exclude.add(pattern.as_bytes()).unwrap();
            assert_eq!(
                exclude.matches(path.as_bytes()),
                expected,
                "{pattern} {path}"
            );
        }
    }
}
