//! What was read of the kernels' sources and is relied on, compared with what the
//! kernels at hand have: a newer one may have something that nobody has looked at.

mod exit_work;
mod system_calls;

use anyhow::Result;

use crate::kernel::Kernel;

/// Compares a kernel's headers with what was reviewed.
///
/// # Errors
/// When they have something else, or can't be read.
pub(crate) fn check(kernel: &Kernel) -> Result<()> {
    system_calls::check(kernel)?;
    exit_work::check(kernel)
}
