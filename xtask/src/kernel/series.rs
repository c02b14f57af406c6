//! The series of kernels that the project supports: the table that the module has, too.

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use sysbatch_abi::{KERNEL_SERIES, KernelSeries};

use crate::archive::{self, BACKPORTS};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series(&'static KernelSeries);

impl Series {
    /// All of them, the oldest first.
    pub(crate) const ALL: [Self; KERNEL_SERIES.len()] = {
        let mut all = [Self(&KERNEL_SERIES[0]); KERNEL_SERIES.len()];
        let mut index = 0;
        while index < all.len() {
            all[index] = Self(&KERNEL_SERIES[index]);
            index += 1;
        }
        all
    };

    /// Debian 12's own kernel.
    pub(crate) const V6_1: Self = Self::ALL[0];
    /// Debian 13's own kernel, and Debian 12's newer one.
    pub(crate) const V6_12: Self = Self::ALL[1];

    /// As in a release string.
    pub(crate) const fn name(self) -> &'static str {
        self.0.name
    }

    /// The last suite of Debian that has kernels of it.
    pub(crate) const fn suite(self) -> &'static str {
        self.0.suite
    }

    /// Whether it is of backports: newer than any release of Debian, gone when there is
    /// a newer one, and so no part of the ordinary tests.
    pub(crate) fn is_backported(self) -> bool {
        self.suite().ends_with(BACKPORTS)
    }

    /// The release of Debian that its headers' tools and its compiler are of, if that is
    /// certainly not this machine's.
    ///
    /// # Errors
    /// When this machine's release is not known.
    pub(crate) fn foreign(self) -> Result<Option<&'static str>> {
        let Some(release) = self.suite().strip_suffix(BACKPORTS) else {
            return Ok(None);
        };
        Ok((archive::codename()? != release).then_some(release))
    }

    /// Those of Debian's releases, on which the ordinary tests run.
    pub(crate) fn of_releases() -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|series| !series.is_backported()).collect()
    }

    /// The last.
    pub(crate) const fn newest() -> Self {
        Self::ALL[Self::ALL.len() - 1]
    }

    /// That of a release string.
    pub(crate) fn of(release: &str) -> Option<Self> {
        KernelSeries::of(release).map(Self)
    }
}

impl ValueEnum for Series {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.name());
        Some(if *self == Self::newest() {
            value.alias("newest")
        } else {
            value
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Series;

    #[test]
    fn the_series_that_code_names_are_those() {
        assert_eq!(Series::V6_1.name(), "6.1");
        assert_eq!(Series::V6_12.name(), "6.12");
        assert!(Series::of_releases().contains(&Series::V6_12));
        let newest = <Series as clap::ValueEnum>::from_str("newest", false);
        assert_eq!(newest, Ok(Series::newest()));
    }
}
