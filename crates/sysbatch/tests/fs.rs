//! Each call on files, compared with the same call made alone.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use common::{assert_crossings, backend, scratch};
use rustix::fs::{
    Access, AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, ResolveFlags, StatxFlags, Timespec,
    Timestamps,
};
use rustix::io::Errno;
use sysbatch::{Batch, DirectoryEntries, Target};

#[test]
fn statx_of_many() {
    let directory = scratch();
    let names: Vec<String> = (0..200).map(|index| format!("file {index}")).collect();
    for (index, name) in names.iter().enumerate() {
        fs::write(directory.path().join(name), vec![0; index]).unwrap();
    }
    let base = fs::File::open(directory.path()).unwrap();
    let mut batch = Batch::new();
    let calls: Vec<_> = names
        .iter()
        .map(|name| batch.statx(&base, name, AtFlags::empty(), StatxFlags::BASIC_STATS))
        .collect();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    for (name, call) in names.iter().zip(&calls) {
        let batched = results.get(call).unwrap();
        let alone =
            rustix::fs::statx(&base, name, AtFlags::empty(), StatxFlags::BASIC_STATS).unwrap();
        assert_eq!(format!("{batched:?}"), format!("{alone:?}"));
    }
    assert_crossings(&backend, 1, 200);
}

#[test]
fn statx_of_an_open_file() {
    let directory = scratch();
    fs::write(directory.path().join("file"), "four").unwrap();
    let base = fs::File::open(directory.path()).unwrap();
    let mut batch = Batch::new();
    let file = batch.openat(&base, "file", OFlags::RDONLY, Mode::empty());
    let stat = batch.statx(&file, "", AtFlags::EMPTY_PATH, StatxFlags::SIZE);
    let bad = batch.statx(&base, "file/x", AtFlags::empty(), StatxFlags::SIZE);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&stat).unwrap().stx_size, 4);
    let error = results.get(&bad).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOTDIR));
}

#[test]
fn limits_on_where_a_path_leads() {
    let directory = scratch();
    let base = fs::File::open(directory.path()).unwrap();
    fs::write(directory.path().join("file"), "four").unwrap();
    let (read, none) = (OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let beneath = ResolveFlags::BENEATH;
    let mut batch = Batch::new();
    let inside = batch.openat2(&base, "file", read, none, beneath);
    let outside = batch.openat2(&base, "../x", read, none, beneath);
    let made = OFlags::CREATE | OFlags::WRONLY;
    let made = batch.openat2(&base, "made", made, Mode::RUSR, beneath);
    let mode = batch.openat2(&base, "file", read, Mode::RUSR, beneath);
    let size = batch.statx(&inside, "", AtFlags::EMPTY_PATH, StatxFlags::SIZE);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&size).unwrap().stx_size, 4);
    let flags = rustix::io::fcntl_getfd(results.fd(&inside).unwrap());
    assert_eq!(flags, Ok(rustix::io::FdFlags::CLOEXEC));
    assert!(results.fd(&made).is_ok());
    for (call, errno) in [(&outside, Errno::XDEV), (&mode, Errno::INVAL)] {
        assert_eq!(results.fd(call).unwrap_err().errno(), Some(errno));
    }
    let metadata = fs::metadata(directory.path().join("made")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o400);
}

#[test]
fn the_life_of_a_directory() {
    let directory = scratch();
    let base = fs::File::open(directory.path()).unwrap();
    let mut target = [0; 64];
    let mut batch = Batch::new();
    let mode = Mode::RWXU;
    let made = batch.mkdirat(&base, "one", mode);
    let again = batch.mkdirat(&base, "one", mode);
    let opened = batch.openat(&base, "one", OFlags::DIRECTORY, Mode::empty());
    let file = batch.openat(&opened, "file", OFlags::CREATE | OFlags::WRONLY, mode);
    let written = batch.write(&file, "content");
    let linked = batch.linkat(&opened, "file", &base, "hard", AtFlags::empty());
    let symbolic = batch.symlinkat("one/file", &base, "soft");
    let read = batch.readlinkat(&base, "soft", &mut target);
    let followed = batch.statx(&base, "soft", AtFlags::empty(), StatxFlags::BASIC_STATS);
    let renamed = batch.renameat2(&base, "one", &base, "two", RenameFlags::empty());
    let refused = batch.renameat2(&base, "hard", &base, "soft", RenameFlags::NOREPLACE);
    let removed = batch.unlinkat(&opened, "file", AtFlags::empty());
    let busy = batch.unlinkat(&base, "two", AtFlags::empty());
    let gone = batch.unlinkat(&base, "two", AtFlags::REMOVEDIR);
    let results = batch.run(&backend()).unwrap();
    for call in [&made, &linked, &symbolic, &renamed, &removed, &gone] {
        assert_eq!(results.get(call), Ok(()));
    }
    assert_eq!(results.get(&written), Ok(7));
    let length = results.get(&read).unwrap();
    let followed = results.get(&followed).unwrap();
    assert_eq!((followed.stx_size, followed.stx_nlink), (7, 2));
    for (call, errno) in [
        (&again, Errno::EXIST),
        (&refused, Errno::EXIST),
        (&busy, Errno::ISDIR),
    ] {
        assert_eq!(results.get(call).unwrap_err().errno(), Some(errno));
    }
    drop(results);
    drop(batch);
    assert_eq!(&target[..length], b"one/file");
    assert_eq!(fs::read(directory.path().join("hard")).unwrap(), b"content");
    assert!(!directory.path().join("two").exists());
}

#[test]
fn modes_times_and_access() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "x").unwrap();
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 1_000_000,
            tv_nsec: 1,
        },
        last_modification: Timespec {
            tv_sec: -5,
            tv_nsec: 999_999_999,
        },
    };
    let mut batch = Batch::new();
    let exists = batch.faccessat(CWD, &path, Access::EXISTS, AtFlags::empty());
    let mode = batch.fchmodat(CWD, &path, Mode::RUSR | Mode::WGRP);
    let executable = batch.faccessat(CWD, &path, Access::EXEC_OK, AtFlags::empty());
    let effective = batch.faccessat(CWD, &path, Access::READ_OK, AtFlags::EACCESS);
    let touched = batch.utimensat(CWD, &path, &times, AtFlags::empty());
    let results = batch.run(&backend()).unwrap();
    for call in [&exists, &mode, &effective, &touched] {
        assert_eq!(results.get(call), Ok(()));
    }
    let error = results.get(&executable).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ACCESS));
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o420);
    assert_eq!((metadata.atime(), metadata.atime_nsec()), (1_000_000, 1));
    assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (-5, 999_999_999));
}

#[test]
fn lengths() {
    let directory = scratch();
    let path = directory.path().join("file");
    let file = fs::File::create(&path).unwrap();
    let mut batch = Batch::new();
    let length = batch.param(0_u64);
    let cut = batch.ftruncate(&file, &length);
    let synced = batch.fsync(&file);
    let backend = backend();
    for bytes in [5_000, 0, 1 << 40] {
        batch.set(&length, bytes);
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&cut), Ok(()));
        assert_eq!(results.get(&synced), Ok(()));
        assert_eq!(file.metadata().unwrap().len(), bytes);
    }
    batch.set(&length, u64::MAX);
    let results = batch.run(&backend).unwrap();
    let error = results.get(&cut).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL));
}

#[test]
fn reading_a_directory() {
    let directory = scratch();
    for index in 0..100 {
        fs::write(directory.path().join(format!("{index:0100}")), "").unwrap();
    }
    fs::create_dir(directory.path().join("below")).unwrap();
    let base = fs::File::open(directory.path()).unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(4096);
    let read = batch.getdents64(&base, buffer);
    batch.on_zero(&read, Target::Exit);
    let backend = backend();
    let mut names = Vec::new();
    loop {
        let results = batch.run(&backend).unwrap();
        let length = results.get(&read).unwrap();
        if length == 0 {
            break;
        }
        for entry in DirectoryEntries::new(&results.bytes(buffer)[..length]) {
            let name = entry.name.to_str().unwrap().to_owned();
            let expected = match &*name {
                "." | ".." | "below" => FileType::Directory,
                _ => FileType::RegularFile,
            };
            assert_eq!(entry.file_type, expected);
            if name != ".." {
                let metadata = fs::metadata(directory.path().join(&name)).unwrap();
                assert_eq!(entry.inode, metadata.ino());
            }
            names.push(name);
        }
    }
    names.sort();
    let mut expected: Vec<String> = (0..100).map(|index| format!("{index:0100}")).collect();
    expected.extend([".", "..", "below"].map(String::from));
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn directory_entries_that_are_none() {
    for length in 0..40 {
        assert_eq!(DirectoryEntries::new(&vec![0; length]).count(), 0);
        assert_eq!(DirectoryEntries::new(&vec![0xFF; length]).count(), 0);
    }
    // An entry of 24 bytes whose name does not end within it.
    let mut bytes = [b'x'; 48];
    bytes[16..18].copy_from_slice(&24_u16.to_ne_bytes());
    assert_eq!(DirectoryEntries::new(&bytes).count(), 0);
    bytes[23] = 0;
    assert_eq!(DirectoryEntries::new(&bytes).next().unwrap().name, c"xxxx");
}
