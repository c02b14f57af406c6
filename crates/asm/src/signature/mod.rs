//! What the arguments of system calls mean, for showing them.
//!
//! A call that is not in the table is shown with plain numbers.

mod sets;
mod table;

pub use sets::Set;

use crate::calls::call_name;

/// What an argument of a system call is.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// A file descriptor.
    Descriptor,
    /// The descriptor of a directory, or `AT_FDCWD`.
    Directory,
    /// The address of a zero-terminated string.
    Path,
    /// The address of bytes the call reads; their number is the argument with
    /// this index.
    Input(usize),
    /// The address of bytes the call writes; their number is its result.
    Output,
    /// A file mode, in octal.
    Mode,
    /// A signed number.
    Signed,
    /// An unsigned number, such as a size in bytes.
    Unsigned,
    /// Flags or one of some constants.
    Constants(&'static Set),
    /// An address.
    Address,
}

impl Argument {
    /// Text for a value that the assembler would read back as the same value,
    /// if there is a better one than its digits.
    #[must_use]
    pub(crate) fn exact(self, value: u64) -> Option<String> {
        match self {
            Self::Constants(set) => Some(set.text(value)),
            Self::Mode => Some(octal(value)),
            Self::Directory => directory(value).filter(|_| value.cast_signed() < 0),
            _ => None,
        }
    }

    /// Text for a value as `strace(1)` would show it; `None` for what is
    /// an address.
    #[must_use]
    pub fn text(self, value: u64) -> Option<String> {
        Some(match self {
            Self::Descriptor => (value as i32).to_string(),
            Self::Directory => directory(value).unwrap_or_else(|| (value as i32).to_string()),
            Self::Mode => octal(value),
            Self::Signed => value.cast_signed().to_string(),
            Self::Unsigned => value.to_string(),
            Self::Constants(set) => set.text(value),
            Self::Path | Self::Input(_) | Self::Output | Self::Address => return None,
        })
    }
}

fn directory(value: u64) -> Option<String> {
    (value as i32 == libc::AT_FDCWD).then(|| "AT_FDCWD".into())
}

/// An octal number as in C.
fn octal(value: u64) -> String {
    if value == 0 {
        "0".into()
    } else {
        format!("0{value:o}")
    }
}

/// What the arguments of the system call with this number are, if it is known.
#[must_use]
pub fn signature(number: u32) -> Option<&'static [Argument]> {
    let name = call_name(number)?;
    table::SIGNATURES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, arguments)| arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::call_number;
    use crate::constants;

    #[test]
    fn every_name_in_the_tables_exists() {
        for (name, arguments) in table::SIGNATURES {
            assert!(call_number(name).is_some(), "{name}");
            assert!(arguments.len() <= 6, "{name}");
            for argument in *arguments {
                if let Argument::Constants(set) = argument {
                    for constant in set.names() {
                        assert!(constants::value(constant).is_some(), "{name}: {constant}");
                    }
                }
            }
        }
    }

    #[test]
    fn flags_are_shown_by_name() {
        let text = |call: &str, argument: usize, value: i32| {
            let number = call_number(call).unwrap();
            let arguments = signature(number.cast_unsigned()).unwrap();
            arguments[argument].text(i64::from(value).cast_unsigned())
        };
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
        assert_eq!(
            text("openat", 2, flags).as_deref(),
            Some("O_WRONLY|O_CREAT|O_TRUNC")
        );
        assert_eq!(text("openat", 2, 0).as_deref(), Some("O_RDONLY"));
        assert_eq!(
            text("openat", 2, 1 << 30).as_deref(),
            Some("O_RDONLY|0x40000000")
        );
        assert_eq!(text("openat", 3, 0o644).as_deref(), Some("0644"));
        assert_eq!(text("openat", 0, -100).as_deref(), Some("AT_FDCWD"));
        assert_eq!(text("lseek", 2, 1).as_deref(), Some("SEEK_CUR"));
        assert_eq!(text("lseek", 2, 77).as_deref(), Some("0x4d"));
        assert_eq!(text("mmap", 2, 0).as_deref(), Some("PROT_NONE"));
        assert_eq!(text("unlinkat", 2, 0).as_deref(), Some("0"));
    }
}
