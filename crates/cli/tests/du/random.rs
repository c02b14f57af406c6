//! Random trees.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Scratch, compare_all};

/// What to make in a tree. Numbers choose among what there is already.
#[derive(Clone, Debug)]
enum Make {
    Directory(usize, Vec<u8>),
    File(usize, Vec<u8>, u16),
    Sparse(usize, Vec<u8>, u32),
    HardLink(usize, Vec<u8>, usize),
    Symlink(usize, Vec<u8>, usize),
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = (1_u8..=255).prop_map(|byte| if byte == b'/' { b'x' } else { byte });
    vec(byte, 1..40).prop_filter("taken", |name| name != b"." && name != b"..")
}

fn make() -> impl Strategy<Value = Make> {
    prop_oneof![
        3 => (any::<usize>(), name()).prop_map(|(at, name)| Make::Directory(at, name)),
        4 => (any::<usize>(), name(), any::<u16>())
            .prop_map(|(at, name, length)| Make::File(at, name, length)),
        1 => (any::<usize>(), name(), any::<u32>())
            .prop_map(|(at, name, length)| Make::Sparse(at, name, length)),
        2 => (any::<usize>(), name(), any::<usize>())
            .prop_map(|(at, name, to)| Make::HardLink(at, name, to)),
        1 => (any::<usize>(), name(), any::<usize>())
            .prop_map(|(at, name, to)| Make::Symlink(at, name, to)),
    ]
}

/// Makes a tree, leaving out what is there already, and tells which
/// directories and files it has, relative to its top.
fn build(top: &Path, tree: &[Make]) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut directories, mut files) = (vec![PathBuf::from(".")], Vec::new());
    for make in tree {
        let (Make::Directory(at, name)
        | Make::File(at, name, _)
        | Make::Sparse(at, name, _)
        | Make::HardLink(at, name, _)
        | Make::Symlink(at, name, _)) = make;
        let path = directories[at % directories.len()].join(OsString::from_vec(name.clone()));
        let full = top.join(&path);
        if full.symlink_metadata().is_ok() {
            continue;
        }
        match *make {
            Make::Directory(..) => {
                fs::create_dir(full).unwrap();
                directories.push(path);
                continue;
            }
            Make::File(_, _, length) => fs::write(full, vec![1; length.into()]).unwrap(),
            Make::Sparse(_, _, length) => fs::File::create(full)
                .and_then(|file| file.set_len(length.into()))
                .unwrap(),
            Make::HardLink(_, _, to) => {
                let Some(to) = to.checked_rem(files.len()) else {
                    continue;
                };
                fs::hard_link(top.join::<&PathBuf>(&files[to]), full).unwrap();
            }
            Make::Symlink(_, _, to) => {
                let to = &directories[to % directories.len()];
                std::os::unix::fs::symlink(top.join(to), full).unwrap();
            }
        }
        files.push(path);
    }
    (directories, files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn trees(tree in vec(make(), 0..120), operands in vec(any::<usize>(), 0..4)) {
        let scratch = Scratch::new();
        let (directories, files) = build(scratch.path(), &tree);
        compare_all(scratch.path(), &["."]);
        let all: Vec<_> = directories.iter().chain(&files).collect();
        let operands: Vec<_> = operands.iter().map(|at| all[at % all.len()]).collect();
        compare_all(scratch.path(), &operands);
    }
}
