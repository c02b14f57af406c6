//! Loops over lists.

use std::fs::{self, File};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use sysbatch::combine;
use sysbatch::rustix::fs::{AtFlags, CWD, MemfdFlags, Mode, OFlags, memfd_create, openat, statat};
use sysbatch::rustix::io::{Errno, pread, pwrite, write};

use crate::common::scratch;
use crate::{batches, crossings};

/// The sizes of files, and how many are missing; with its name the first that is a directory.
#[combine(deny_split)]
fn sizes(names: &[PathBuf]) -> Result<(u64, u64), (String, Errno)> {
    let mut sum = 0_u64;
    let mut missing = 0_u64;
    for name in names {
        match statat(CWD, name, AtFlags::empty()) {
            Ok(stat) => {
                if stat.st_mode & 0o170_000 == 0o040_000 {
                    return Err((name.display().to_string(), Errno::ISDIR));
                }
                sum += stat.st_size as u64;
            }
            Err(Errno::NOENT) => missing += 1,
            Err(error) => return Err((name.display().to_string(), error)),
        }
    }
    Ok((sum, missing))
}

/// Writes texts at places, until one cannot be.
#[combine(deny_split)]
fn place(file: BorrowedFd<'_>, texts: &Vec<(u64, &str)>, limit: u64) -> Result<u64, Errno> {
    let mut count = 0_u64;
    for &(at, text) in texts {
        if at > limit {
            continue;
        }
        if text.is_empty() {
            break;
        }
        let length = pwrite(file, text.as_bytes(), at)?;
        count += length as u64;
    }
    Ok(count)
}

/// Opens each file twice and appends to it.
#[combine(deny_split)]
fn twice(names: [&str; 3], directory: BorrowedFd<'_>, flags: &[OFlags]) -> Result<u64, Errno> {
    let mut rounds = 0_u64;
    let mut opened = 0_u64;
    'rounds: while rounds < 2 {
        rounds += 1;
        for name in &names {
            for of in flags.iter() {
                let Ok(file) = openat(directory, *name, *of, Mode::RUSR | Mode::WUSR) else {
                    continue 'rounds;
                };
                opened += 1;
                write(&file, b"x")?;
            }
        }
    }
    Ok(opened)
}

/// Reads the beginning of each.
#[combine(deny_split)]
fn beginnings(files: &[OwnedFd], wanted: &[u8; 4]) -> Result<u64, Errno> {
    let mut found = 0_u64;
    let mut bytes = [0; 4];
    for file in files {
        for offset in [0, 2] {
            let length = pread(file, &mut bytes, offset)?;
            if length == wanted.len() && bytes == *b"text" {
                found += 1;
            }
        }
    }
    Ok(found)
}

/// Not one of the batch's: it is no reference.
#[combine]
fn others(names: Vec<PathBuf>) -> usize {
    let mut count = 0;
    for name in names {
        let first = statat(CWD, &name, AtFlags::empty());
        let second = statat(CWD, &name, AtFlags::SYMLINK_NOFOLLOW);
        count += usize::from(first.is_ok() && second.is_ok());
    }
    count
}

#[test]
fn a_list_is_one_batch() {
    let directory = scratch();
    let names: Vec<PathBuf> = (0..100)
        .map(|at| directory.path().join(at.to_string()))
        .collect();
    for (at, name) in names.iter().enumerate().filter(|(at, _)| at % 3 == 0) {
        fs::write(name, "x".repeat(at)).unwrap();
    }
    let sum = (0..100).step_by(3).sum::<usize>() as u64;
    let (found, taken) = crossings(Some(100), || sizes(&names));
    assert_eq!((found, taken), (Ok((sum, 66)), 1));
    let (found, taken) = crossings(Some(0), || sizes(&[]));
    assert_eq!((found, taken), (Ok((0, 0)), 1));
    let (found, taken) = batches(|| others(names));
    assert_eq!((found, taken), (34, 100));
}

#[test]
fn a_long_list_is_a_batch_for_each_part() {
    let directory = scratch();
    let file = directory.path().join("file");
    fs::write(&file, "four").unwrap();
    for (length, parts) in [(255, 1), (256, 1), (257, 2), (512, 2), (1000, 4)] {
        let mut names = vec![file.clone(); length];
        let (found, taken) = crossings(Some(length as u64), || sizes(&names));
        assert_eq!((found, taken), (Ok((4 * length as u64, 0)), parts));
        // What comes of the last is known by its name.
        *names.last_mut().unwrap() = directory.path().to_owned();
        let (found, taken) = batches(|| sizes(&names).unwrap_err());
        let last = directory.path().display().to_string();
        assert_eq!((found, taken), ((last, Errno::ISDIR), parts));
    }
}

#[test]
fn a_path_that_is_none_is_an_error_in_its_turn() {
    let directory = scratch();
    let file = directory.path().join("file");
    fs::write(&file, "four").unwrap();
    let bad = PathBuf::from("with\0zero");
    let (found, taken) = crossings(Some(2), || sizes(&[file.clone(), file.clone(), bad]));
    let (name, error) = found.unwrap_err();
    assert_eq!((&name[..], error, taken), ("with\0zero", Errno::INVAL, 1));
    let long = PathBuf::from("x".repeat(300));
    let (found, _) = crossings(Some(2), || sizes(&[file, long]));
    assert_eq!(found.unwrap_err().1, Errno::NAMETOOLONG);
}

#[test]
fn elements_are_arguments() {
    let file = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
    let texts = vec![
        (3, "abc"),
        (100, "never"),
        (0, "text"),
        (5, ""),
        (7, "nor this"),
    ];
    let (count, taken) = batches(|| place(file.as_fd(), &texts, 50).unwrap());
    assert_eq!((count, taken), (7, 1));
    let mut bytes = [0; 16];
    let length = pread(&file, &mut bytes, 0).unwrap();
    assert_eq!(&bytes[..length], b"textbc");
    let directory = scratch();
    let read_only = directory.path().join("file");
    fs::write(&read_only, "").unwrap();
    let read_only = File::open(read_only).unwrap();
    let (error, _) = batches(|| place(read_only.as_fd(), &texts, 50).unwrap_err());
    assert_eq!(error, Errno::BADF);
}

#[test]
fn loops_over_lists_in_loops() {
    let directory = scratch();
    let file = File::open(directory.path()).unwrap();
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND;
    let many = vec![create; 300];
    let (opened, taken) = batches(|| twice(["a", "b", "c"], file.as_fd(), &many).unwrap());
    // The second part for each of six, and the first again for five.
    assert_eq!((opened, taken), (1800, 12));
    let found = ["a", "b", "c"].map(|name| fs::read(directory.path().join(name)).unwrap().len());
    assert_eq!(found, [600; 3]);
    let (opened, taken) =
        batches(|| twice(["a", "missing/x", "c"], file.as_fd(), &[create]).unwrap());
    assert_eq!((opened, taken), (2, 1));
}

#[test]
fn descriptors_of_a_list() {
    let files: Vec<OwnedFd> = ["text", "a text", "tetext", "te"]
        .iter()
        .map(|text| {
            let file = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
            write(&file, text.as_bytes()).unwrap();
            file
        })
        .collect();
    let (found, taken) = crossings(Some(8), || beginnings(&files, b"text").unwrap());
    assert_eq!((found, taken), (3, 1));
}
