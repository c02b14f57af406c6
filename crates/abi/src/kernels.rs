//! Which kernels the module was reviewed for and is tested on: the one table of them.
//!
//! The module asks it as it is loaded, `cargo xtask` takes from it the kernels that it
//! fetches, builds for and tests on, and a test compares the documents with it. What
//! has to be done to add a line is in `docs/kernel.md`.

/// A series of kernels: those whose release begins with the same two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KernelSeries {
    /// The first of the two.
    pub major: u16,
    /// The second.
    pub minor: u16,
    /// Both, as they are written.
    pub name: &'static str,
    /// The last suite of Debian that has kernels of it.
    pub suite: &'static str,
}

/// All that were reviewed, the oldest first.
pub const KERNEL_SERIES: [KernelSeries; 3] = [
    series(6, 1, "6.1", "bookworm"),
    series(6, 12, "6.12", "trixie"),
    series(7, 3, "7.3", "trixie-backports"),
];

const fn series(major: u16, minor: u16, name: &'static str, suite: &'static str) -> KernelSeries {
    KernelSeries {
        major,
        minor,
        name,
        suite,
    }
}

impl KernelSeries {
    /// The series that a kernel is of, by its release string (`uname -r`), if it was
    /// reviewed.
    #[must_use]
    pub fn of(release: &str) -> Option<&'static Self> {
        let is_of = |series: &&Self| {
            let rest = release.strip_prefix(series.name);
            // `6.1` is not the beginning of `6.12`.
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        };
        KERNEL_SERIES.iter().find(is_of)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn names_are_of_the_numbers_and_in_their_order() {
        for series in KERNEL_SERIES {
            assert_eq!(series.name, format!("{}.{}", series.major, series.minor));
        }
        assert!(KERNEL_SERIES.is_sorted());
    }

    #[test]
    fn a_release_is_of_one_series_or_of_none() {
        let name = |release| KernelSeries::of(release).map(|series| series.name);
        assert_eq!(name("6.1.0-56-cloud-amd64"), Some("6.1"));
        assert_eq!(name("6.12.117+deb12-amd64"), Some("6.12"));
        assert_eq!(name("6.1"), Some("6.1"));
        for release in ["6.11.2", "7.2.12", "6.123.1", "5.10.0", "16.1.0", "6", ""] {
            assert_eq!(name(release), None, "{release}");
        }
    }
}
