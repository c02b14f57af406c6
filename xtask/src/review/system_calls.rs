//! The numbers of system calls.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use crate::kernel::Kernel;

/// The calls that were reviewed: number and name, a line each.
const REVIEWED: &str = include_str!("x86_64.txt");

/// Where in a kernel's headers its own are.
const HEADER: &str = "arch/x86/include/generated/uapi/asm/unistd_64.h";

/// Names by number.
type Table<'a> = BTreeMap<u32, &'a str>;

/// Compares the calls of a kernel with those that were reviewed.
///
/// # Errors
/// When it has another one, or its header can't be read.
pub(super) fn check(kernel: &Kernel) -> Result<()> {
    let path = kernel.headers().join(HEADER);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let reviewed = reviewed(REVIEWED)?;
    check_bound(&reviewed)?;
    compare(&reviewed, &table_of(&text)?)
        .with_context(|| format!("the system calls of Linux {}", kernel.release))
}

/// The table that is kept here.
fn reviewed(text: &str) -> Result<Table<'_>> {
    let line = |line| {
        let (number, name) = str::split_once(line, ' ').context("a number and a name")?;
        Ok((number.parse()?, name))
    };
    let table: Result<Table<'_>> = text.lines().map(line).collect();
    table.context("xtask/src/review/x86_64.txt")
}

/// The table in a header.
fn table_of(header: &str) -> Result<Table<'_>> {
    let lines = header.lines();
    let calls = lines.filter_map(|line| line.strip_prefix("#define __NR_")?.split_once(' '));
    let table: Result<Table<'_>> = calls
        .filter(|(name, _)| *name != "syscalls")
        .map(|(name, number)| Ok((number.trim().parse()?, name)))
        .collect();
    let table = table.with_context(|| format!("{HEADER} is not understood"))?;
    ensure!(table.len() > 300, "{HEADER} has {} calls", table.len());
    Ok(table)
}

/// Each reviewed call counts as such in the module, and the one after them does
/// not.
fn check_bound(reviewed: &Table<'_>) -> Result<()> {
    let counts = |number: u32| sysbatch_abi::is_reviewed(number);
    if let Some((number, name)) = reviewed.iter().find(|(number, _)| !counts(**number)) {
        bail!("{name} ({number}) was reviewed, and crates/abi/src/handed_back.rs does not say so");
    }
    let last = reviewed.keys().next_back().copied().unwrap_or(0);
    ensure!(
        (last + 1..sysbatch_abi::NUMBER_COUNT).all(|number| !counts(number)),
        "crates/abi/src/handed_back.rs counts calls beyond {last} as reviewed"
    );
    Ok(())
}

fn compare(reviewed: &Table<'_>, found: &Table<'_>) -> Result<()> {
    for (number, name) in found {
        match reviewed.get(number) {
            Some(known) if known == name => {}
            Some(known) => bail!("{number} is {name}, and was {known} when it was reviewed"),
            None => bail!(
                "{name} ({number}) was not reviewed: until it is, the module hands it back. Read \
                 whether it works on its caller's frame, changes who watches the task or does not \
                 return; add it to crates/abi/src/handed_back.rs if so; then move the bound \
                 there, and add a line to xtask/src/review/x86_64.txt"
            ),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_list() {
        let mut table = reviewed(REVIEWED).unwrap();
        check_bound(&table).unwrap();
        let last = *table.keys().next_back().unwrap();
        table.insert(last + 1, "later");
        assert!(check_bound(&table).is_err());
        table.remove(&(last + 1));
        table.remove(&last);
        assert!(check_bound(&table).is_err());
    }

    #[test]
    fn a_table_that_has_grown_is_told() {
        let table = reviewed(REVIEWED).unwrap();
        compare(&table, &table).unwrap();
        for (number, name) in [(463, "setxattrat"), (400, "filled_gap"), (0, "renamed")] {
            let mut grown = table.clone();
            grown.insert(number, name);
            let error = compare(&table, &grown).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        // An older kernel has fewer.
        let mut older = table.clone();
        older.remove(&462);
        compare(&table, &older).unwrap();
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
