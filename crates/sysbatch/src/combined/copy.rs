//! Copying between files, to the end.

use std::os::fd::AsFd;

use super::CombinedError;
use crate::{Backend, Batch, FileOffset, Target};

/// Copies up to `length` bytes from where one file is to where another is;
/// returns how many. Where `copy_file_range(2)` may copy less than there is,
/// this goes on.
///
/// # Errors
/// That of the call, if nothing was copied.
pub fn copy_file_range(
    backend: &Backend,
    from: impl AsFd,
    to: impl AsFd,
    length: u64,
) -> Result<u64, CombinedError> {
    if length == 0 {
        return Ok(0);
    }
    let (from, to) = (from.as_fd(), to.as_fd());
    // The batch branches by the sign of what is left.
    let length = length.min(i64::MAX.cast_unsigned());
    let mut batch = Batch::new();
    let left = batch.param(length.cast_signed());
    let again = batch.here();
    let current = FileOffset::CURRENT;
    let copied = batch.copy_file_range(from, current, to, current, &left);
    batch.on_error(&copied, Target::Exit);
    batch.on_zero(&copied, Target::Exit);
    let minus = batch.sub(0_u32, &copied);
    let sum = batch.add_assign(&left, &minus);
    batch.on_positive(&sum, again);
    batch.fuel(u64::MAX);
    let results = batch.run(backend)?;
    let rest = results.value(&left).cast_unsigned();
    match length - rest {
        0 => Ok(results.get(&copied)? as u64),
        copied => Ok(copied),
    }
}
