//! The options of a walk.

use std::fs;
use std::path::Path;

use rustix::fs::StatxFlags;
use sysbatch_walk::{FileType, Walk};
use walkdir::WalkDir;

use crate::{Scratch, Sequence, ours, theirs, write};

fn tree() -> Scratch {
    let scratch = Scratch::new();
    for directory in ["a/b/c/d", "a/e", "f/g/h"] {
        fs::create_dir_all(scratch.join(directory)).unwrap();
    }
    for file in ["one", "a/two", "a/b/c/three", "a/b/c/d/four", "f/g/five"] {
        write(scratch.join(file), 100);
    }
    scratch
}

#[test]
fn depths() {
    let scratch = tree();
    for min in 0..5 {
        for max in min..6 {
            let walk = Walk::new(scratch.path()).sorted(true);
            let walk = walk.min_depth(min).max_depth(max);
            let other = WalkDir::new(scratch.path()).sort_by_file_name();
            let other = other.min_depth(min as usize).max_depth(max as usize);
            assert_eq!(ours(walk), theirs(other), "{min} to {max}");
        }
    }
}

#[test]
fn one_file_system() {
    // Other file systems are mounted in it, on any machine and in the guest.
    let root = Path::new("/dev");
    // Terminals and what other tests make come and go.
    let names = |sequence: Sequence| -> Vec<_> {
        let ours = sequence.into_iter().map(|(path, _)| path);
        ours.filter(|path| !path.starts_with("/dev/shm/")).collect()
    };
    let walk = Walk::new(root).sorted(true).same_file_system(true);
    let other = WalkDir::new(root)
        .sort_by_file_name()
        .same_file_system(true);
    let found = names(ours(walk));
    assert_eq!(found, names(theirs(other)));
    assert!(found.contains(&"/dev/pts".into()));
    assert!(!found.contains(&"/dev/pts/ptmx".into()));
    let through = names(ours(Walk::new(root).sorted(true)));
    assert!(through.contains(&"/dev/pts/ptmx".into()));
}

#[test]
fn some_directories_only() {
    let scratch = tree();
    let walk = Walk::new(scratch.path())
        .sorted(true)
        .descend_if(|entry| entry.file_name() != "b" && entry.file_name() != "f");
    let names: Vec<_> = walk
        .into_iter()
        .skip(1)
        .map(|entry| entry.unwrap().path())
        .collect();
    let expected = ["a", "a/b", "a/e", "a/two", "f", "one"].map(|name| scratch.join(name));
    assert_eq!(names, expected);
}

#[test]
fn several_roots() {
    let scratch = tree();
    let roots = ["f", "a/e", "missing", "one", "a"].map(|name| scratch.join(name));
    let expected: Sequence = roots
        .iter()
        .flat_map(|root| theirs(WalkDir::new(root).sort_by_file_name()))
        .collect();
    for threads in [1, 3] {
        let [first, rest @ ..] = &roots;
        let walk = Walk::new(first).sorted(true).threads(threads);
        let walk = rest.iter().fold(walk, Walk::root);
        assert_eq!(ours(walk), expected);
    }
}

#[test]
fn fields() {
    let scratch = tree();
    let walk = Walk::new(scratch.path()).fields(StatxFlags::empty());
    for entry in walk {
        let entry = entry.unwrap();
        assert_ne!(entry.file_type(), FileType::Unknown);
        assert_ne!(entry.metadata().id().inode, 0);
        assert_eq!(entry.metadata().created(), None);
    }
    let fields = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    for entry in Walk::new(scratch.path()).fields(fields) {
        let entry = entry.unwrap();
        let created = fs::symlink_metadata(entry.path()).unwrap().created();
        let metadata = entry.metadata();
        let time = metadata.created().and_then(|time| time.to_system_time());
        assert_eq!(time, created.ok());
        assert!(metadata.fields().contains(StatxFlags::BASIC_STATS));
    }
}

#[test]
fn what_it_took() {
    let scratch = tree();
    let mut entries = Walk::new(scratch.path()).into_iter();
    let count = entries.by_ref().count() as u64;
    let took = entries.statistics();
    // For each file one statx, for each of nine directories open, two reads and
    // close.
    assert_eq!((count, took.sub_calls), (14, 14 + 9 * 4));
    // The root is opened and closed, for paths to be relative to.
    assert_eq!(took.calls, 2);
    // One for the root's status, one for each level.
    assert_eq!(took.batches, 1 + 5);
}
