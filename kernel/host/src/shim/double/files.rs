// SPDX-License-Identifier: GPL-2.0-only
//! Looks at files: what they show is scripted.

use super::super::words::FileWords;
use super::script::with_task;

fn look(number: u32, rest: [u64; 3]) -> FileWords {
    with_task(|task| {
        task.looks.push((number, rest));
        let (magic, facts) = task.files.pop().unwrap_or_default();
        FileWords { magic, facts }
    })
}

pub(in crate::shim) unsafe fn sysbatch_look_at_file(
    fd: u32,
    what: u32,
    offset: i64,
    count: u64,
) -> FileWords {
    look(fd, [what.into(), offset.cast_unsigned(), count])
}

pub(in crate::shim) unsafe fn sysbatch_look_at_path(
    directory: i32,
    path: u64,
    how: u32,
) -> FileWords {
    look(directory.cast_unsigned(), [path, how.into(), 0])
}
