//! What the demonstration found.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::vm::SuiteResult;

/// A way to walk the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `sysbatch du` with the module.
    Kernel,
    /// `sysbatch du` with the same batches in user space.
    User,
    /// `du`.
    Coreutils,
}

impl Way {
    /// The name of its suites.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::User => "user",
            Self::Coreutils => "coreutils",
        }
    }
}

/// All figures, in the form in which `--json` writes them.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    kernel_release: String,
    accel: String,
    tree_files: u64,
    du: Ways,
}

#[derive(Debug, Serialize)]
struct Ways {
    kernel: Walk,
    user: Walk,
    coreutils: Walk,
}

/// One way's figures.
#[derive(Debug, Serialize)]
struct Walk {
    crossings: u64,
    bytes: u64,
    seconds: f64,
}

/// The line that `sysbatch du --stats` writes, as far as it is of use here.
#[derive(Debug, Deserialize)]
struct Statistics {
    backend: String,
    crossings: u64,
}

impl Figures {
    /// From the suites of the guest; `counted` is the number of system calls
    /// that coreutils made.
    ///
    /// # Errors
    /// When a suite is missing or printed something else than it should.
    pub(super) fn from_walks(
        suites: &[SuiteResult],
        counted: u64,
        release: &str,
        accel: &str,
        files: u64,
    ) -> Result<Self> {
        let batched = |way: Way| -> Result<Walk> {
            let (bytes, seconds) = best(suites, way)?;
            Ok(Walk {
                crossings: crossings(suites, way)?,
                bytes,
                seconds,
            })
        };
        let (bytes, seconds) = best(suites, Way::Coreutils)?;
        Ok(Self {
            kernel_release: release.to_owned(),
            accel: accel.to_owned(),
            tree_files: files,
            du: Ways {
                kernel: batched(Way::Kernel)?,
                user: batched(Way::User)?,
                coreutils: Walk {
                    crossings: counted,
                    bytes,
                    seconds,
                },
            },
        })
    }

    /// The table that is printed.
    pub(super) fn table(&self) -> String {
        let Ways {
            kernel,
            user,
            coreutils,
        } = &self.du;
        let mut lines = vec![
            format!(
                "Linux {} ({}), a tree of {} files on ext4, caches warm",
                self.kernel_release, self.accel, self.tree_files
            ),
            format!(
                "{:34} {:>10} {:>14} {:>9}",
                "", "crossings", "bytes", "seconds"
            ),
        ];
        for (name, walk) in [
            ("sysbatch du, module", kernel),
            ("sysbatch du, same batches, user", user),
            ("du (coreutils)", coreutils),
        ] {
            lines.push(format!(
                "{name:34} {:>10} {:>14} {:>9.3}",
                walk.crossings, walk.bytes, walk.seconds
            ));
        }
        lines.push(format!(
            "{} times fewer crossings than call by call",
            user.crossings / kernel.crossings.max(1)
        ));
        lines.join("\n")
    }

    /// The seconds with the module, in user space and by coreutils.
    pub(super) fn seconds(&self) -> [f64; 3] {
        let Ways {
            kernel,
            user,
            coreutils,
        } = &self.du;
        [kernel, user, coreutils].map(|walk| walk.seconds)
    }

    /// Whether the totals are equal and the kernel needs at least `fewer` times
    /// fewer crossings; says what is not so.
    pub(super) fn hold(&self, fewer: u64) -> bool {
        let Ways {
            kernel,
            user,
            coreutils,
        } = &self.du;
        let equal = kernel.bytes == coreutils.bytes && user.bytes == coreutils.bytes;
        if !equal {
            eprintln!("FAILED: the totals differ");
        }
        let few = kernel.crossings * fewer <= user.crossings;
        if !few {
            eprintln!("FAILED: not {fewer} times fewer crossings");
        }
        equal && few
    }
}

/// The suites of a way.
fn of(suites: &[SuiteResult], way: Way) -> impl Iterator<Item = &SuiteResult> {
    suites.iter().filter(move |suite| suite.name == way.name())
}

/// The total, which must be the same each time, and the shortest time.
fn best(suites: &[SuiteResult], way: Way) -> Result<(u64, f64)> {
    let mut found: Option<(u64, f64)> = None;
    for suite in of(suites, way) {
        let bytes = total(suite)?;
        let seconds = found.map_or(suite.seconds, |(before, seconds)| {
            if before == bytes {
                seconds.min(suite.seconds)
            } else {
                f64::NAN
            }
        });
        ensure!(
            !seconds.is_nan(),
            "{} printed another total the next time",
            way.name()
        );
        found = Some((bytes, seconds));
    }
    found.with_context(|| format!("no walk by {}", way.name()))
}

/// The number that `du -s` starts its line with.
fn total(suite: &SuiteResult) -> Result<u64> {
    let mut numbers = suite
        .output
        .iter()
        .filter_map(|line| line.split_once('\t')?.0.parse().ok());
    numbers
        .next_back()
        .with_context(|| format!("{} printed no total: {:?}", suite.name, suite.output))
}

/// The crossings that the command counted.
fn crossings(suites: &[SuiteResult], way: Way) -> Result<u64> {
    let suite = of(suites, way)
        .last()
        .with_context(|| format!("no walk by {}", way.name()))?;
    let statistics = suite
        .output
        .iter()
        .find_map(|line| serde_json::from_str::<Statistics>(line).ok());
    let statistics = statistics
        .with_context(|| format!("{} printed no statistics: {:?}", suite.name, suite.output))?;
    ensure!(
        statistics.backend == way.name(),
        "{} ran on the backend {}",
        suite.name,
        statistics.backend
    );
    Ok(statistics.crossings)
}
