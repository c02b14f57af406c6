//! The instructions that a processor executed, in their order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::Result;

/// The longest instruction of x86-64, in bytes.
const LONGEST: u64 = 15;
const PAGE: u64 = 4096;

/// What was executed.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The address of each instruction.
    pub(crate) steps: Vec<u64>,
    /// The code at each address, as it was when it was first executed: the
    /// instruction and what follows.
    pub(crate) code: BTreeMap<u64, Vec<u8>>,
}

impl Trace {
    /// Adds the instruction that is about to be executed; `memory` reads the
    /// processor's.
    ///
    /// # Errors
    /// When its code can't be read.
    pub(crate) fn add(
        &mut self,
        address: u64,
        memory: impl FnMut(u64, usize) -> Result<Vec<u8>>,
    ) -> Result<()> {
        self.steps.push(address);
        if let Entry::Vacant(entry) = self.code.entry(address) {
            entry.insert(read(address, memory)?);
        }
        Ok(())
    }
}

/// The longest instruction that may be at `address`. The page after the one it
/// begins in may not be mapped.
fn read(address: u64, mut memory: impl FnMut(u64, usize) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let here = (PAGE - address % PAGE).min(LONGEST);
    let mut code = memory(address, usize::try_from(here)?)?;
    if here < LONGEST
        && let Ok(rest) = memory(address + here, usize::try_from(LONGEST - here)?)
    {
        code.extend(rest);
    }
    Ok(code)
}
