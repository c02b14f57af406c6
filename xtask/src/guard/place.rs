//! Where instructions are counted, and of what.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::baseline::Sources;
use super::figures::{Conditions, Record};
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::process::output_of;
use crate::profile::workload::Workload;
use crate::profile::{self, Counts};
use crate::setup;

/// The kernel of a series, or user space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Place {
    #[serde(rename = "6.1")]
    V6_1,
    #[serde(rename = "6.12")]
    V6_12,
    #[serde(rename = "user space")]
    UserSpace,
}

/// What is followed. The figures are made of it in [`instructions`].
const WORKLOADS: [&str; 5] = [
    "unimplemented",
    "getppid",
    "built-in",
    "built-in-slots",
    "jump",
];

/// What is followed in a kernel beside that, a figure each: the formats that came
/// before.
const FORMATS: [&str; 4] = ["supersyscall", "batch", "pointers", "syslet"];

impl Place {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::V6_1, Self::V6_12, Self::UserSpace];

    /// As in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::V6_1 => "the kernel 6.1",
            Self::V6_12 => "the kernel 6.12",
            Self::UserSpace => "user space",
        }
    }

    /// The option of `cargo xtask profile` that shows it.
    pub(super) const fn option(self) -> &'static str {
        match self {
            Self::V6_1 => "--kernel 6.1",
            Self::V6_12 => "--kernel 6.12",
            Self::UserSpace => "--native",
        }
    }

    const fn series(self) -> Option<Series> {
        match self {
            Self::V6_1 => Some(Series::V6_1),
            Self::V6_12 => Some(Series::V6_12),
            Self::UserSpace => None,
        }
    }

    /// What is followed here.
    fn workloads(self) -> Vec<&'static str> {
        match self.series() {
            None => WORKLOADS.to_vec(),
            Some(_) => [&WORKLOADS[..], &FORMATS].concat(),
        }
    }

    /// Counts what sources come to here.
    ///
    /// # Errors
    /// When they can't be built or run.
    pub(super) fn count(self, sources: &Sources) -> Result<Record> {
        let names = self.workloads();
        let workloads = names.iter().copied().map(Workload::named);
        let workloads = workloads.collect::<Result<Vec<_>>>()?;
        let program = sources.program()?;
        let (conditions, counts) = match self.series() {
            None => {
                let counts = profile::count_in_user_space(&program, &workloads)?;
                (user_conditions(sources.root())?, counts)
            }
            Some(series) => {
                let kernel = kernel::ensure(series, Flavour::Cloud, Need::Image)?;
                let module = sources.module(&kernel)?;
                let counts = profile::count_in_kernel(&kernel, module, &program, &workloads)?;
                (kernel_conditions(kernel)?, counts)
            }
        };
        let counts = names.into_iter().zip(counts).collect();
        Ok(Record {
            conditions,
            instructions: instructions(&counts)?,
        })
    }
}

/// The figures. A jump is what it adds to the call that is branched from, for in the
/// sum it would hardly show.
fn instructions(counts: &BTreeMap<&str, Counts>) -> Result<BTreeMap<String, usize>> {
    let of = |name: &str| {
        let counts = counts.get(name);
        counts.with_context(|| format!("{name} was not counted"))
    };
    let unit = |name| of(name).map(|counts| counts.unit);
    let jump = unit("jump")?.checked_sub(unit("getppid")?);
    let figures = [
        ("unimplemented", unit("unimplemented")?),
        ("getppid", unit("getppid")?),
        ("built-in", unit("built-in")?),
        ("built-in-slots", unit("built-in-slots")?),
        (
            "jump",
            jump.context("a call with a jump is cheaper than one without")?,
        ),
        ("fixed", of("unimplemented")?.beside),
    ];
    let formats = FORMATS
        .into_iter()
        .filter_map(|name| Some((name, counts.get(name)?.unit)));
    let figures = figures.into_iter().chain(formats);
    Ok(figures
        .map(|(name, count)| (name.to_owned(), count))
        .collect())
}

fn kernel_conditions(kernel: Kernel) -> Result<Conditions> {
    Ok(Conditions {
        rust_compiler: setup::rust_compiler()?,
        c_compiler: Some(first_line(&mut Command::new(&kernel.compiler))?),
        emulator: Some(first_line(&mut Command::new("qemu-system-x86_64"))?),
        kernel: Some(kernel.release),
    })
}

fn user_conditions(root: &Path) -> Result<Conditions> {
    // As cargo calls it there.
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(Conditions {
        rust_compiler: first_line(Command::new(compiler).current_dir(root))?,
        c_compiler: None,
        kernel: None,
        emulator: None,
    })
}

fn first_line(command: &mut Command) -> Result<String> {
    let text = output_of(command.arg("--version"))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{WORKLOADS, instructions};
    use crate::profile::Counts;

    #[test]
    fn a_jump_is_what_it_adds() {
        let counts = |units: [usize; 5]| {
            let counts = units.map(|unit| Counts { unit, beside: 900 });
            WORKLOADS.into_iter().zip(counts).collect()
        };
        let figures = instructions(&counts([57, 194, 80, 90, 222])).expect("all is there");
        assert_eq!(figures["jump"], 28);
        assert_eq!(figures["fixed"], 900);
        assert_eq!(figures["unimplemented"], 57);
        assert!(instructions(&counts([57, 194, 80, 90, 100])).is_err());
        assert!(instructions(&[].into()).is_err());
    }
}
