//! Trees of every shape.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};
use sysbatch_walk::{Follow, Walk};

use crate::{Scratch, compare, write};

#[test]
fn a_tree_of_the_system() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The sources are not there in a guest; its programs are.
    let root = if root.is_dir() { root } else { "/bin".as_ref() };
    compare(root, Follow::Never);
    compare(root, Follow::Always);
}

#[test]
fn roots_that_are_no_directories() {
    let scratch = Scratch::new();
    write(scratch.join("file"), 5);
    for follow in [Follow::Never, Follow::Always] {
        compare(&scratch.join("file"), follow);
        compare(&scratch.join("missing"), follow);
        compare(scratch.path(), follow);
    }
}

#[test]
fn every_kind_of_file() {
    let scratch = Scratch::new();
    write(scratch.join("file"), 5000);
    let _socket = UnixListener::bind(scratch.join("socket")).unwrap();
    rustix::fs::mknodat(CWD, scratch.join("fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    symlink("file", scratch.join("link")).unwrap();
    fs::hard_link(scratch.join("file"), scratch.join("other name")).unwrap();
    compare(scratch.path(), Follow::Never);
    compare(scratch.path(), Follow::Always);
    let mut kinds: Vec<_> = Walk::new(scratch.path())
        .sorted(true)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().file_type())
        .collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            FileType::Fifo,
            FileType::RegularFile,
            FileType::Symlink,
            FileType::RegularFile,
            FileType::Socket,
        ]
    );
}

#[test]
fn names_of_any_bytes() {
    let scratch = Scratch::new();
    let names: &[&[u8]] = &[
        b"\xff\xfe\xfd",
        b"new\nline",
        b"tab\tand\x1b[31mcolour",
        b"-s",
        b"...",
        b".hidden",
        b".a",
        b"..b",
        b"a",
        b"abcd",
        b"abcde",
        b" ",
        "größe".as_bytes(),
        &[b'x'; 255],
        &[0x80; 254],
    ];
    for name in names {
        let directory = scratch.join(OsStr::from_bytes(name));
        fs::create_dir(&directory).unwrap();
        for name in names {
            fs::write(directory.join(OsStr::from_bytes(name)), name).unwrap();
        }
    }
    compare(scratch.path(), Follow::Never);
}

#[test]
fn directories_that_fill_the_memory_of_a_batch_anywhere() {
    let scratch = Scratch::new();
    for directory in 0..300 {
        let path = scratch.join(format!("directory {directory}"));
        fs::create_dir(&path).unwrap();
        for file in 0..directory % 37 {
            let name = format!("{file}{}", "n".repeat(directory % 200));
            write(path.join(name), file);
        }
    }
    let large = scratch.join("large");
    fs::create_dir(&large).unwrap();
    for file in 0..12_000 {
        fs::File::create(large.join(format!("{file}"))).unwrap();
    }
    compare(scratch.path(), Follow::Never);
}
