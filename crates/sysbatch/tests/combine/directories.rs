//! Reading directories.

use std::collections::BTreeSet;
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;

use sysbatch::combine;
use sysbatch::rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RawDir, fstat, ftruncate, openat, statat, unlinkat,
};
use sysbatch::rustix::io::{Errno, read, write};

use crate::common::scratch;
use crate::{batches, crossings};

/// How many there are of each type, and the sum of the numbers of their inodes.
#[combine(deny_split)]
fn count(
    directory: BorrowedFd<'_>,
    memory: &mut [MaybeUninit<u8>],
) -> Result<([u64; 4], u64), Errno> {
    let mut entries = RawDir::new(directory, memory);
    let mut files = 0_u64;
    let mut directories = 0_u64;
    let mut links = 0_u64;
    let mut others = 0_u64;
    let mut sum = 0_u64;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_name() == c"." || entry.file_name().to_bytes() == b".." {
            continue;
        }
        sum += entry.ino();
        let of = entry.file_type();
        if of.is_file() {
            files += 1;
        } else if of == FileType::Directory {
            directories += 1;
        } else if matches!(of, FileType::Symlink | FileType::Fifo) {
            links += 1;
        } else if FileType::Unknown != of {
            others += 1;
        }
    }
    Ok(([files, directories, links, others], sum))
}

/// Removes what begins with a letter, up to the first that does not; how many there were.
#[combine(deny_split)]
fn remove(directory: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut memory = Vec::with_capacity(4096);
    let mut removed = 0_u64;
    let mut entries = RawDir::new(&directory, memory.spare_capacity_mut());
    while let Some(entry) = entries.next().transpose()? {
        if entry.file_name().to_bytes().starts_with(b"x") {
            unlinkat(directory, entry.file_name(), AtFlags::empty())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The sizes of files two levels deep; what is below that, or cannot be had, is left out.
#[combine(deny_split)]
fn two_levels(directory: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut sum = 0_u64;
    let mut first = [MaybeUninit::uninit(); 1024];
    let mut second = [MaybeUninit::uninit(); 1024];
    let mut entries = RawDir::new(directory, &mut first);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    'outer: while let Some(entry) = entries.next() {
        let Ok(entry) = entry else { break };
        if entry.file_name().to_bytes().starts_with(b".") || !entry.file_type().is_dir() {
            continue;
        }
        let inner = openat(directory, entry.file_name(), flags, Mode::empty())?;
        let mut inner_entries = RawDir::new(&inner, &mut second);
        while let Some(Ok(entry)) = inner_entries.next() {
            if entry.file_name() == c"stop" {
                break 'outer;
            }
            if entry.file_name() == c"next" {
                continue 'outer;
            }
            let stat = statat(&inner, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                sum += stat.st_size as u64;
            }
        }
    }
    Ok(sum)
}

/// It ends in the middle of a directory, with a file open.
#[combine(deny_split)]
fn first_program(directory: BorrowedFd<'_>, magic: &mut [u8; 4]) -> Result<Option<i64>, Errno> {
    let mut memory = [MaybeUninit::uninit(); 512];
    let mut entries = RawDir::new(directory, &mut memory[..]);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let Ok(file) = openat(directory, entry.file_name(), OFlags::RDWR, Mode::empty()) else {
            continue;
        };
        read(&file, &mut *magic)?;
        if magic.starts_with(b"\x7fELF") {
            let stat = fstat(&file)?;
            ftruncate(&file, 2)?;
            write(&file, b"more")?;
            return Ok(Some(stat.st_size));
        }
    }
    Ok(None)
}

#[test]
fn types_and_numbers_of_entries() {
    let directory = scratch();
    let path = directory.path();
    let mut expected = BTreeSet::new();
    for name in ["a", "b", ".hidden", "...", "..x"] {
        fs::write(path.join(name), "text").unwrap();
    }
    fs::create_dir(path.join("sub")).unwrap();
    std::os::unix::fs::symlink("a", path.join("link")).unwrap();
    let _listener = UnixListener::bind(path.join("socket")).unwrap();
    for entry in fs::read_dir(path).unwrap() {
        expected.insert(std::os::unix::fs::DirEntryExt::ino(&entry.unwrap()));
    }
    let sum = expected.into_iter().sum();
    // With room for all, for one, and for one at another alignment.
    for size in [8192, 64, 71] {
        let mut memory = vec![MaybeUninit::uninit(); size];
        let file = fs::File::open(path).unwrap();
        let part = &mut memory[size % 8..];
        let (found, taken) = batches(|| count(file.as_fd(), part).unwrap());
        assert_eq!((found, taken), (([5, 1, 1, 1], sum), 1));
        // It is at its end.
        let (found, _) = batches(|| count(file.as_fd(), &mut memory).unwrap());
        assert_eq!(found, ([0; 4], 0));
    }
    let file = fs::File::open(path).unwrap();
    let (error, taken) = batches(|| count(file.as_fd(), &mut []).unwrap_err());
    assert_eq!((error, taken), (Errno::INVAL, 1));
    let file = fs::File::open(path.join("a")).unwrap();
    let mut memory = [MaybeUninit::uninit(); 64];
    let (error, _) = batches(|| count(file.as_fd(), &mut memory).unwrap_err());
    assert_eq!(error, Errno::NOTDIR);
}

#[test]
fn names_are_paths() {
    let directory = scratch();
    for at in 0..200 {
        let name = format!("{}{at}", ["x", "y"][at % 2]);
        fs::write(directory.path().join(name), "").unwrap();
    }
    let file = fs::File::open(directory.path()).unwrap();
    let (removed, taken) = batches(|| remove(file.as_fd()).unwrap());
    assert_eq!((removed, taken), (100, 1));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 100);
    fs::create_dir(directory.path().join("x")).unwrap();
    let file = fs::File::open(directory.path()).unwrap();
    let (error, _) = batches(|| remove(file.as_fd()).unwrap_err());
    assert_eq!(error, Errno::ISDIR);
}

#[test]
fn directories_in_directories() {
    let directory = scratch();
    let path = directory.path();
    let make = |sub: &str, names: &[&str]| {
        fs::create_dir(path.join(sub)).unwrap();
        for name in names {
            fs::write(path.join(sub).join(name), "four").unwrap();
        }
    };
    make("one", &["a", "b", "c"]);
    make("two", &["next"]);
    make("three", &["d"]);
    fs::write(path.join("file"), "four").unwrap();
    let file = fs::File::open(path).unwrap();
    let (sum, taken) = batches(|| two_levels(file.as_fd()).unwrap());
    assert_eq!((sum, taken), (16, 1));
    make("four", &["stop"]);
    let file = fs::File::open(path).unwrap();
    let (sum, taken) = batches(|| two_levels(file.as_fd()).unwrap());
    assert!(sum <= 16 && taken == 1, "{sum} {taken}");
}

#[test]
fn a_directory_may_be_left_in_the_middle() {
    let directory = scratch();
    let path = directory.path();
    fs::write(path.join("program"), b"\x7fELF and so on").unwrap();
    let file = fs::File::open(path).unwrap();
    let mut magic = [0; 4];
    let (size, taken) = crossings(None, || first_program(file.as_fd(), &mut magic).unwrap());
    assert_eq!((size, taken), (Some(14), 1));
    assert_eq!(fs::read(path.join("program")).unwrap(), b"\x7fE\0\0more");
    let file = fs::File::open(path).unwrap();
    let (size, _) = batches(|| first_program(file.as_fd(), &mut magic).unwrap());
    assert_eq!((size, magic), (None, *b"\x7fE\0\0"));
}
