//! Random trees.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use sysbatch_walk::Follow;

use crate::{Scratch, compare};

/// What to make in a tree. Numbers choose among what there is already.
#[derive(Clone, Debug)]
enum Make {
    Directory(usize, Vec<u8>),
    File(usize, Vec<u8>, u16),
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
        1 => (any::<usize>(), name(), any::<usize>())
            .prop_map(|(at, name, to)| Make::HardLink(at, name, to)),
        1 => (any::<usize>(), name(), any::<usize>())
            .prop_map(|(at, name, to)| Make::Symlink(at, name, to)),
    ]
}

/// Makes a tree, leaving out what is there already.
fn build(top: &Path, tree: &[Make]) {
    let (mut directories, mut files) = (vec![PathBuf::from(".")], Vec::new());
    let mut links = 0;
    for make in tree {
        let (Make::Directory(at, name)
        | Make::File(at, name, _)
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
            Make::HardLink(_, _, to) => {
                let Some(to) = to.checked_rem(files.len()) else {
                    continue;
                };
                fs::hard_link(top.join::<&PathBuf>(&files[to]), full).unwrap();
            }
            Make::Symlink(_, _, to) => {
                // Each link to a directory can double what there is to walk.
                links += 1;
                if links > 4 {
                    continue;
                }
                let to = &directories[to % directories.len()];
                std::os::unix::fs::symlink(top.join(to), full).unwrap();
            }
        }
        files.push(path);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn trees(tree in vec(make(), 0..100)) {
        let scratch = Scratch::new();
        build(scratch.path(), &tree);
        compare(scratch.path(), Follow::Never);
        compare(scratch.path(), Follow::Always);
    }
}
