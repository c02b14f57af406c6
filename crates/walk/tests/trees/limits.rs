//! No limit from depth or path length.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use sysbatch_walk::{Follow, Walk};

use crate::{Scratch, compare, write};

/// Makes directories below each other and gives the last one.
fn descend(top: &Path, names: impl Iterator<Item = String>) -> OwnedFd {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut directory = rustix::fs::open(top, flags, Mode::empty()).unwrap();
    for name in names {
        rustix::fs::mkdirat(&directory, &name, Mode::RWXU).unwrap();
        directory = rustix::fs::openat(&directory, &name, flags, Mode::empty()).unwrap();
    }
    directory
}

#[test]
fn two_thousand_levels() {
    // A path that is just short enough for walkdir.
    let scratch = Scratch::new();
    descend(scratch.path(), (0..2000).map(|_| "d".to_owned()));
    write(scratch.join("d/d/d/file"), 7);
    compare(scratch.path(), Follow::Never);
    compare(scratch.path(), Follow::Always);
}

#[test]
fn two_thousand_levels_of_long_names() {
    let scratch = Scratch::new();
    let names = |level: usize| format!("{level:0>250}");
    let last = descend(scratch.path(), (0..2000).map(names));
    rustix::fs::mkdirat(&last, "last", Mode::RWXU).unwrap();
    for sorted in [false, true] {
        for threads in [1, 3] {
            let walk = Walk::new(scratch.path()).sorted(sorted).threads(threads);
            let last = walk.into_iter().enumerate().last().unwrap();
            let (count, entry) = (last.0, last.1.unwrap());
            assert_eq!((count, entry.depth()), (2001, 2001));
            assert_eq!(entry.file_name(), "last");
            let path = entry.path();
            assert_eq!(
                path.as_os_str().len(),
                scratch.path().as_os_str().len() + 2000 * 251 + 5
            );
        }
    }
}

#[test]
fn wide_and_deep() {
    let scratch = Scratch::new();
    let mut directory = fs::canonicalize(scratch.path()).unwrap();
    for level in 0..12 {
        directory.push(format!("{level:0>250}"));
        for sibling in 0..40 {
            fs::create_dir_all(directory.join(format!("sibling{sibling}/below"))).unwrap();
        }
    }
    compare(scratch.path(), Follow::Never);
}
