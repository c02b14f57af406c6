//! Asks about the files of a list.

use std::path::PathBuf;

use sysbatch::combine;
use sysbatch::rustix::fs::{AtFlags, CWD, statat};

/// How large files are, together; how many there are.
#[combine(deny_split)]
pub(crate) fn sizes(names: &[PathBuf]) -> (i64, u64) {
    let mut sum = 0_i64;
    let mut count = 0_u64;
    for name in names {
        let Ok(stat) = statat(CWD, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        sum += stat.st_size;
        count += 1;
    }
    (sum, count)
}
