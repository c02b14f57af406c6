//! Files that are open.

use super::declare::system_calls;
use crate::batch::Batch;

/// # Open files
impl<'buf> Batch<'buf> {
    system_calls! {
        /// Makes a file this long, in bytes.
        #[doc(alias = "truncate")]
        ftruncate(fd: fd, length: number) -> unit;

        /// Waits until what was written to a file, and what is known of it, is on its disk.
        fsync(fd: fd) -> unit;
    }
}
