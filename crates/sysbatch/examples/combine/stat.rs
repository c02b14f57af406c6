//! Asks about the files of a list, four at a time.

use std::path::PathBuf;

use sysbatch::combine;
use sysbatch::rustix::fs::{AtFlags, CWD, Stat, statat};
use sysbatch::rustix::io::Errno;

/// What is known of four files.
#[combine(deny_split)]
fn four(names: &[PathBuf; 4]) -> [Result<Stat, Errno>; 4] {
    let [first, second, third, fourth] = names;
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let a = statat(CWD, first, flags);
    let b = statat(CWD, second, flags);
    let c = statat(CWD, third, flags);
    let d = statat(CWD, fourth, flags);
    [a, b, c, d]
}

/// How large files are, together; how many there are.
pub(crate) fn sizes(names: &[PathBuf]) -> (u64, usize) {
    let (fours, rest) = names.as_chunks();
    let stats = fours.iter().flat_map(four);
    let stats = stats.chain(
        rest.iter()
            .map(|name| statat(CWD, name, AtFlags::SYMLINK_NOFOLLOW)),
    );
    let found = stats.flatten().map(|stat| stat.st_size.unsigned_abs());
    found.fold((0, 0), |(sum, count), size| (sum + size, count + 1))
}
