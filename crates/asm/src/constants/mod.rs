//! Symbolic constants and structures: their values are those of the `libc`
//! crate, which takes them from the system's headers.

mod event;
mod file;
mod memory;
mod process;
mod socket;
mod structures;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) use structures::{field_offset, fields, structure_names, structure_size};

/// The names and values of the `libc` constants with the names given.
///
/// Values of signed types are sign-extended, as a system call takes them.
macro_rules! table {
    ($($name:ident)*) => {
        &[$((stringify!($name), libc::$name as i64 as u64)),*]
    };
}
pub(crate) use table;

/// The names and values of a topic's constants.
pub(crate) type Table = &'static [(&'static str, u64)];

const TABLES: [Table; 8] = [
    file::OPEN,
    file::OTHER,
    memory::CONSTANTS,
    event::CONSTANTS,
    process::CONSTANTS,
    process::SIGNALS,
    process::ERRORS,
    socket::CONSTANTS,
];

static VALUES: LazyLock<HashMap<&'static str, u64>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().copied().collect());

/// The value of a constant.
pub(crate) fn value(name: &str) -> Option<u64> {
    VALUES.get(name).copied()
}

/// The names and values of all constants that programs may use.
pub fn constants() -> impl Iterator<Item = (&'static str, u64)> {
    TABLES.iter().copied().flatten().copied()
}

/// The names of all constants.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    constants().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_two_tables() {
        let all: usize = TABLES.iter().map(|table| table.len()).sum();
        assert_eq!(VALUES.len(), all);
    }

    #[test]
    fn signed_values_are_sign_extended() {
        assert_eq!(value("AT_FDCWD"), Some(-100_i64 as u64));
        assert_eq!(value("STATX_BASIC_STATS"), Some(0x7ff));
        assert_eq!(value("NO_SUCH_CONSTANT"), None);
    }
}
