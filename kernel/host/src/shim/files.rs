// SPDX-License-Identifier: GPL-2.0-only
//! Looks at files, for first tries.

use super::c;
use super::words::FileWords;

/// What a look at a file is for: the numbers of `shim.h`.
pub(crate) const LOOK_AT_FILE: u32 = 0;
pub(crate) const LOOK_AT_OFFSET: u32 = 1;
pub(crate) const LOOK_AT_POSITION: u32 = 2;
/// How a path is looked at.
pub(crate) const LOOK_FOLLOWS: u32 = 1;
pub(crate) const LOOK_TAKES_EMPTY: u32 = 2;

/// Looks at an open file: the magic number of its file system, and facts, as in
/// `shim.h`.
pub(crate) fn look_at_file(fd: u32, what: u32, offset: i64, count: u64) -> (u64, u64) {
    // SAFETY: the ioctl runs in process context and holds no lock; the shim looks for
    // the number in the table of the current task, and keeps nothing.
    let FileWords { magic, facts } = unsafe { c::sysbatch_look_at_file(fd, what, offset, count) };
    (magic, facts)
}

/// Looks at what a path leads to, in the cache alone: the same, or the error and
/// nothing.
pub(crate) fn look_at_path(directory: u32, path: u64, how: u32) -> (u64, u64) {
    let directory = directory.cast_signed();
    // SAFETY: as for `look_at_file`; the path is a user address for the shim.
    let FileWords { magic, facts } = unsafe { c::sysbatch_look_at_path(directory, path, how) };
    (magic, facts)
}
