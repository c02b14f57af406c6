//! The numbers of system calls.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use crate::kernel::Kernel;

/// The calls of an architecture.
struct Calls {
    /// Where those are kept that were reviewed: number and name, a line each.
    list: &'static str,
    reviewed: &'static str,
    /// Where in a kernel's headers its own are.
    header: &'static str,
    /// Whether a number counts as reviewed in the module, and where that is said.
    counts: fn(u32) -> bool,
    source: &'static str,
}

const CALLS: [Calls; 2] = [
    Calls {
        list: "xtask/src/review/x86_64.txt",
        reviewed: include_str!("x86_64.txt"),
        header: "arch/x86/include/generated/uapi/asm/unistd_64.h",
        counts: sysbatch_abi::is_reviewed,
        source: "crates/abi/src/handed_back/x86_64.rs",
    },
    // Those of 32-bit tasks.
    Calls {
        list: "xtask/src/review/i386.txt",
        reviewed: include_str!("i386.txt"),
        header: "arch/x86/include/generated/uapi/asm/unistd_32.h",
        counts: sysbatch_abi::i386::is_reviewed,
        source: "crates/abi/src/handed_back/i386.rs",
    },
];

/// Names by number.
type Table<'a> = BTreeMap<u32, &'a str>;

/// Compares the calls of a kernel with those that were reviewed, of each architecture
/// that its tasks can have.
///
/// # Errors
/// When it has another one, or a header can't be read.
pub(super) fn check(kernel: &Kernel) -> Result<()> {
    for calls in &CALLS {
        let path = kernel.headers().join(calls.header);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        calls
            .check(&text)
            .with_context(|| format!("the system calls of Linux {}", kernel.release))?;
    }
    Ok(())
}

impl Calls {
    fn check(&self, header: &str) -> Result<()> {
        let reviewed = self.table()?;
        self.check_bound(&reviewed)?;
        let found = table_of(header).with_context(|| format!("{} is not understood", self.header));
        self.compare(&reviewed, &found?)
    }

    /// The table that is kept here.
    fn table(&self) -> Result<Table<'static>> {
        let line = |line| {
            let (number, name) = str::split_once(line, ' ').context("a number and a name")?;
            Ok((number.parse()?, name))
        };
        let table: Result<Table<'_>> = self.reviewed.lines().map(line).collect();
        table.context(self.list)
    }

    /// The calls that were reviewed count as such in the module, and those after
    /// them do not.
    fn check_bound(&self, reviewed: &Table<'_>) -> Result<()> {
        let Self { counts, source, .. } = self;
        if let Some((number, name)) = reviewed.iter().find(|(number, _)| !counts(**number)) {
            bail!("{name} ({number}) was reviewed, and {source} does not say so");
        }
        let last = reviewed.keys().next_back().copied().unwrap_or(0);
        ensure!(
            (last + 1..sysbatch_abi::NUMBER_COUNT).all(|number| !counts(number)),
            "{source} counts calls beyond {last} as reviewed"
        );
        Ok(())
    }

    fn compare(&self, reviewed: &Table<'_>, found: &Table<'_>) -> Result<()> {
        for (number, name) in found {
            match reviewed.get(number) {
                Some(known) if known == name => {}
                Some(known) => bail!("{number} is {name}, and was {known} when it was reviewed"),
                None => bail!(
                    "{name} ({number}) was not reviewed: until it is, the module hands it back. \
                     Read whether it works on its caller's frame, changes who watches the task or \
                     does not return; add it to {} if so; then move the bound there, and add a \
                     line to {}",
                    self.source,
                    self.list
                ),
            }
        }
        Ok(())
    }
}

/// The table in a header.
fn table_of(header: &str) -> Result<Table<'_>> {
    let lines = header.lines();
    let calls = lines.filter_map(|line| line.strip_prefix("#define __NR_")?.split_once(' '));
    let table: Result<Table<'_>> = calls
        .filter(|(name, _)| *name != "syscalls")
        .map(|(name, number)| Ok((number.trim().parse()?, name)))
        .collect();
    let table = table?;
    ensure!(table.len() > 300, "it has {} calls", table.len());
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_list() {
        for calls in &CALLS {
            let mut table = calls.table().unwrap();
            calls.check_bound(&table).unwrap();
            let last = *table.keys().next_back().unwrap();
            table.insert(last + 1, "later");
            assert!(calls.check_bound(&table).is_err());
            table.remove(&(last + 1));
            table.remove(&last);
            assert!(calls.check_bound(&table).is_err());
        }
    }

    #[test]
    fn gaps_between_calls_do_not_count() {
        for calls in &CALLS {
            let table = calls.table().unwrap();
            let last = *table.keys().next_back().unwrap();
            let gaps = (0..last).filter(|number| !table.contains_key(number));
            let counted: Vec<u32> = gaps.filter(|number| (calls.counts)(*number)).collect();
            assert!(counted.is_empty(), "{}: {counted:?}", calls.list);
        }
    }

    #[test]
    fn a_table_that_has_grown_is_told() {
        for calls in &CALLS {
            let table = calls.table().unwrap();
            calls.compare(&table, &table).unwrap();
            for (number, name) in [(473, "later"), (415, "filled_gap"), (3, "renamed")] {
                let mut grown = table.clone();
                grown.insert(number, name);
                let error = calls.compare(&table, &grown).unwrap_err().to_string();
                assert!(error.contains(name), "{error}");
            }
            // An older kernel has fewer.
            let mut older = table.clone();
            older.remove(&472);
            calls.compare(&table, &older).unwrap();
        }
    }

    #[test]
    fn a_header_is_read() {
        let lines: String = (0..400)
            .map(|number| format!("#define __NR_call{number} {number}\n"))
            .collect();
        let header = format!("#ifndef X\n{lines}#define __NR_syscalls 400\n");
        let table = table_of(&header).unwrap();
        assert_eq!((table.len(), table[&399]), (400, "call399"));
        assert!(table_of("").is_err());
        assert!(table_of("#define __NR_a b\n").is_err());
    }
}
