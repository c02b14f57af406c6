//! The names of the system calls of the architecture.

use std::str::FromStr as _;

use syscalls::Sysno;

/// What `syscalls` has a name of its own for on architectures whose numbers are the
/// generic ones; it is the C library's `SYS_newfstatat` on all.
const NEWFSTATAT: (&str, &str) = ("fstatat", "newfstatat");

/// Generic numbers of calls that only 32-bit kernels have
/// (`include/uapi/asm-generic/unistd.h`).
const OF_32_BITS: std::ops::RangeInclusive<i32> = 403..=423;

fn is_of_64_bits(sysno: Sysno) -> bool {
    !OF_32_BITS.contains(&sysno.id())
}

fn named(sysno: Sysno) -> &'static str {
    let (theirs, name) = NEWFSTATAT;
    Some(sysno.name())
        .filter(|&known| known != theirs)
        .unwrap_or(name)
}

/// The name of the system call with this number, if there is one.
#[must_use]
pub fn call_name(number: u32) -> Option<&'static str> {
    Sysno::new(number as usize)
        .filter(|&sysno| is_of_64_bits(sysno))
        .map(named)
}

/// The number of the system call with this name, if there is one.
pub(crate) fn call_number(name: &str) -> Option<i32> {
    let (theirs, ours) = NEWFSTATAT;
    let found = Sysno::from_str(name).or_else(|error| match name {
        _ if name == ours => Sysno::from_str(theirs),
        _ => Err(error),
    });
    // By their name alone it is no call.
    found
        .ok()
        .filter(|&sysno| is_of_64_bits(sysno) && name != theirs)
        .map(|sysno| sysno.id())
}

/// The names of all.
pub(crate) fn call_names() -> impl Iterator<Item = &'static str> {
    Sysno::iter()
        .filter(|&sysno| is_of_64_bits(sysno))
        .map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_found_by_its_name_and_number() {
        let mut count = 0;
        for name in call_names() {
            let number = call_number(name).expect(name);
            assert_eq!(call_name(number.cast_unsigned()), Some(name));
            count += 1;
        }
        assert!(count > 300);
    }

    #[test]
    fn names_are_those_of_the_c_library() {
        for (name, number) in [
            ("newfstatat", libc::SYS_newfstatat),
            ("openat", libc::SYS_openat),
            ("statx", libc::SYS_statx),
        ] {
            assert_eq!(call_number(name).map(i64::from), Some(number), "{name}");
        }
        for name in ["fstatat", "clock_gettime64", "no_such_call"] {
            assert_eq!(call_number(name), None, "{name}");
        }
    }
}
