//! A walk over files that have to be read from a disk first.

use std::collections::VecDeque;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use sysbatch::abi::Status;
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of_mut, at, imm, result, sys};

cases! {
    both walk_over_a_cold_tree within 500;
}

/// Most names that one batch asks for.
const NAMES: usize = 100;
/// The size of `struct statx`, and where two of its fields are (`statx(2)`).
const STATX_SIZE: usize = 256;
const STATX_MODE: usize = 28;
const STATX_SIZE_FIELD: usize = 40;

/// What a walk found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    directories: u64,
    others: u64,
    bytes: u64,
}

fn walk_over_a_cold_tree(lab: &mut Lab) {
    let tree = lab
        .options
        .tree
        .clone()
        .expect("--tree says where there are many files");
    // Whoever may not drop caches walks a warm tree; in the guest it is root.
    if lab.is_kernel() {
        rustix::fs::sync();
        std::fs::write("/proc/sys/vm/drop_caches", "3").expect("root may drop caches");
    }
    let crossings = lab.backend.crossings();
    let by_batches = walk_by_batches(lab, &tree);
    let crossings = lab.backend.crossings() - crossings;
    let by_calls = walk_by_calls(&tree);
    println!("{by_batches:?} in {crossings} crossings");
    assert_eq!(by_batches, by_calls);
    assert!(by_calls.others > 100, "a tree of some size: {by_calls:?}");
}

fn walk_by_calls(tree: &Path) -> Found {
    let mut found = Found::default();
    let mut queue = VecDeque::from([tree.to_owned()]);
    while let Some(directory) = queue.pop_front() {
        found.directories += 1;
        for entry in std::fs::read_dir(&directory).expect("readdir") {
            let path = entry.expect("an entry").path();
            let data = std::fs::symlink_metadata(&path).expect("lstat");
            if data.is_dir() {
                queue.push_back(path);
            } else {
                found.others += 1;
                found.bytes += data.size();
            }
        }
    }
    found
}

fn walk_by_batches(lab: &mut Lab, tree: &Path) -> Found {
    let mut found = Found::default();
    let root = CString::new(tree.as_os_str().as_bytes()).expect("no zero in a path");
    let mut queue = VecDeque::from([root]);
    while let Some(directory) = queue.pop_front() {
        found.directories += 1;
        let names = names_in(lab, &directory);
        for names in names.chunks(NAMES) {
            for (name, (mode, size)) in names.iter().zip(look_at(lab, &directory, names)) {
                if mode & libc::S_IFMT == libc::S_IFDIR {
                    let path = [directory.as_bytes(), b"/", name.as_bytes()].concat();
                    queue.push_back(CString::new(path).expect("no zero in a path"));
                } else {
                    found.others += 1;
                    found.bytes += size;
                }
            }
        }
    }
    found
}

fn open(path: &CString) -> sysbatch::abi::Entry {
    let path = crate::lab::address_of(path.as_bytes_with_nul());
    let flags = imm(libc::O_RDONLY | libc::O_DIRECTORY);
    sys(
        Sysno::openat,
        [imm(libc::AT_FDCWD), at(path), flags, imm(0)],
    )
}

/// The names in a directory: opened, read to its end and closed in one batch.
fn names_in(lab: &mut Lab, directory: &CString) -> Vec<CString> {
    use sysbatch::abi::BuiltIn::{Add, Set};
    use sysbatch_reference::built_in;
    let mut buffer = vec![0_u8; 1 << 20];
    let start = address_of_mut(&mut buffer);
    let mut batch = Batch::new([
        open(directory).jumps(i16::MIN, 0, 0),
        // Slot 1: where the next names go.
        built_in(Set, &[at(start)]),
        sys(Sysno::getdents64, [result(0), result(1), imm(32768)]).jumps(i16::MIN, 1, 0),
        built_in(Add, &[result(1), result(2)])
            .to_slot(1)
            .jumps(-2, -2, -2),
        sys(Sysno::close, [result(0)]),
    ])
    .with_fuel(1000);
    assert_eq!(
        lab.run(&mut batch),
        Ok(Status::Done),
        "{directory:?} {:?}",
        batch.results
    );
    let len = batch.results[1].cast_unsigned() - start;
    parse_names(&buffer[..usize::try_from(len).expect("64-bit")])
}

/// Names from the records of `getdents64(2)`, without `.` and `..`.
fn parse_names(mut records: &[u8]) -> Vec<CString> {
    let mut names = Vec::new();
    while !records.is_empty() {
        let len = usize::from(u16::from_le_bytes([records[16], records[17]]));
        let name = std::ffi::CStr::from_bytes_until_nul(&records[19..len]).expect("a name");
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
        records = &records[len..];
    }
    names
}

/// Mode and size of each name, by one batch.
fn look_at(lab: &mut Lab, directory: &CString, names: &[CString]) -> Vec<(u32, u64)> {
    let mut data = vec![[0_u8; STATX_SIZE]; names.len()];
    let mut entries = vec![open(directory).jumps(i16::MIN, 0, 0)];
    for (name, data) in names.iter().zip(&mut data) {
        let name = crate::lab::address_of(name.as_bytes_with_nul());
        let flags = imm(libc::AT_SYMLINK_NOFOLLOW);
        let mask = imm(libc::STATX_BASIC_STATS);
        let statx = [result(0), at(name), flags, mask, at(address_of_mut(data))];
        entries.push(sys(Sysno::statx, statx));
    }
    entries.push(sys(Sysno::close, [result(0)]));
    let mut batch = Batch::new(entries);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert!(
        batch.results[1..].iter().all(|&result| result == 0),
        "{:?}",
        batch.results
    );
    let field = |data: &[u8; STATX_SIZE], at: usize| {
        u64::from_le_bytes(data[at..at + 8].try_into().expect("8 bytes"))
    };
    let mode = |data: &[u8; STATX_SIZE]| {
        u32::from(u16::from_le_bytes([data[STATX_MODE], data[STATX_MODE + 1]]))
    };
    data.iter()
        .map(|data| (mode(data), field(data, STATX_SIZE_FIELD)))
        .collect()
}
