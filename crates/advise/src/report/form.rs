//! What a batch in place of some calls would look like.

use serde::Serialize;
use syscalls::Sysno;

use crate::sequence::{Evidence, Row};

/// What a batch would look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Calls one after the other, each made once.
    Chain,
    /// The same calls for each of many names or values that are known before.
    List,
    /// A loop in which a call uses the results of those before it.
    Loop,
    /// A directory, and calls for each name in it.
    Directory,
}

impl Form {
    /// That of the sequences of a row.
    pub(super) fn of(row: &Row) -> Self {
        let calls: u64 = row.calls.values().map(|calls| calls.count).sum();
        let names = [Evidence::Listing, Evidence::Directory];
        let names: u64 = names.map(|kind| row.evidence[kind as usize]).iter().sum();
        let directories = row.calls.get(&(Sysno::getdents64 as u32));
        if directories.is_some_and(|calls| names * 2 >= calls.count) {
            Self::Directory
        } else if row.repeated * 2 < calls {
            Self::Chain
        } else if row.evidence[Evidence::Untold as usize] + row.listed >= row.repeated {
            Self::List
        } else {
            Self::Loop
        }
    }

    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Chain => "a chain",
            Self::List => "a list",
            Self::Loop => "a loop",
            Self::Directory => "a directory loop",
        }
    }

    /// What of sysbatch makes such a batch.
    pub(super) fn with(self, row: &Row) -> &'static str {
        let total: u64 = row.calls.values().map(|calls| calls.count).sum();
        let all = |names: &[&str]| {
            let mut calls = row.calls.iter();
            calls.all(|(number, calls)| {
                // What is printed now and then does not make a walk another thing.
                let is_rare = self != Self::Chain && calls.count * RARE < total;
                let name = Sysno::new(*number as usize).map(|call| call.name());
                is_rare || name.is_some_and(|name| names.contains(&name))
            })
        };
        match self {
            Self::Directory if all(WALK) => "sysbatch-walk",
            Self::List if all(STAT) => "sysbatch::combined::stat_many",
            Self::List if all(&["close"]) => "sysbatch::combined::close_many",
            Self::Chain | Self::Loop if all(COMBINE) => "#[sysbatch::combine]",
            _ => "sysbatch::Batch",
        }
    }
}

/// A call that is less than one in so many of those of a list or a loop is not what it is for.
const RARE: u64 = 20;

/// The calls that `combined::stat_many` makes, or that it can be used for.
const STAT: &[&str] = &["statx", "newfstatat", "fstatat", "stat", "lstat"];

/// The calls of what walks a tree, which `sysbatch-walk` makes or does not need, and those by
/// which it prints what it has found.
const WALK: &[&str] = &[
    "openat",
    "open",
    "openat2",
    "statx",
    "newfstatat",
    "fstatat",
    "stat",
    "lstat",
    "fstat",
    "getdents64",
    "close",
    "fcntl",
    "fchdir",
    "dup",
    "fstatfs",
    "lseek",
    "write",
    "ioctl",
];

/// The calls that `#[combine]` understands, as they are in `docs/combining.md`.
const COMBINE: &[&str] = &[
    "openat",
    "open",
    "mkdirat",
    "mkdir",
    "unlinkat",
    "unlink",
    "rmdir",
    "renameat",
    "rename",
    "renameat2",
    "linkat",
    "link",
    "symlinkat",
    "symlink",
    "newfstatat",
    "fstatat",
    "stat",
    "lstat",
    "fstat",
    "statx",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "syncfs",
    "fchmod",
    "flock",
    "lseek",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "dup",
    "fcntl",
    "accept",
    "accept4",
    "listen",
    "sendto",
    "shutdown",
    "pipe",
    "pipe2",
    "close",
];
