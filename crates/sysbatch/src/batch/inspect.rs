//! Inspecting the entries of a batch.

use sysbatch_abi::Entry;

use super::{Batch, BuildError};

impl Batch<'_> {
    /// The entries that the batch is laid out as: one for each call, preceded
    /// by the checks that the builder adds.
    ///
    /// # Errors
    /// If the batch was not built right.
    pub fn entries(&mut self) -> Result<&[Entry], BuildError> {
        self.lay_out()?;
        Ok(self
            .program
            .as_ref()
            .map_or(&[], |program| &program.entries))
    }
}
