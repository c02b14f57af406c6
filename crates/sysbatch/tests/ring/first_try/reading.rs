//! Opening, reading and writing files of which others know, and files in memory.

use std::ffi::CString;
use std::fs;
use std::io::{Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::mount::{MountFlags, mount};
use rustix::thread::UnshareFlags;
use sysbatch::{Batch, Ring};

use super::calls::{address, c_path, on_ring, plain, room, user_ring};
use super::{at_last, file, in_shared_memory, is_inline, places, scratch};
use crate::common::in_child;

/// Reads what is left of a file that others may read from, too, with buffers of
/// this size; whether each read was on this thread.
fn read_shared(ring: &Ring, file: &fs::File, size: usize) -> (bool, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut inline = true;
    loop {
        let mut buffer = vec![0_u8; size];
        let args = [file.as_raw_fd() as u64, room(&mut buffer[..]), size as u64];
        let [fd, to, len] = args;
        let (here, result) = on_ring(ring, (libc::SYS_read, [fd, to, len, 0, 0, 0]));
        inline &= here;
        match usize::try_from(result) {
            Ok(0) => return (inline, bytes),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(_) => panic!("read gave {result}"),
        }
    }
}

/// What the tests read.
fn content(len: u32) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 9)) as u8).collect()
}

#[test]
fn at_an_offset_that_others_know() {
    let ring = user_ring();
    for place in places() {
        let content = content(20_000);
        let path = file(place.path(), "file", &content);
        let mut opened = fs::File::open(&path).unwrap();
        for size in [1000, 4096, 30_000] {
            opened.rewind().unwrap();
            assert_eq!(read_shared(&ring, &opened, size), (true, content.clone()));
            assert_eq!(opened.stream_position().unwrap(), 20_000);
        }
        // From within a page to behind the end.
        opened.seek(std::io::SeekFrom::Start(19_999)).unwrap();
        let end = content[19_999..].to_vec();
        assert_eq!(read_shared(&ring, &opened, 3), (true, end));
        opened.seek(std::io::SeekFrom::Start(1 << 40)).unwrap();
        assert_eq!(read_shared(&ring, &opened, 3), (true, Vec::new()));
    }
}

#[test]
fn what_is_not_in_the_cache_is_read_elsewhere() {
    let ring = user_ring();
    let place = scratch();
    let content = content(1 << 20);
    let path = file(place.path(), "file", &content);
    let mut opened = fs::File::open(&path).unwrap();
    opened.sync_all().unwrap();
    rustix::fs::fadvise(&opened, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    let (_, bytes) = read_shared(&ring, &opened, 1 << 16);
    assert_eq!(bytes, content);
    // More than is looked at, although it is there now.
    opened.rewind().unwrap();
    let (inline, bytes) = read_shared(&ring, &opened, 1 << 19);
    assert_eq!(bytes, content);
    assert_eq!(inline, super::is_tmpfs(place.path()));
    // Around the cache.
    let Ok(direct) = rustix::fs::open(&path, OFlags::RDONLY | OFlags::DIRECT, Mode::empty()) else {
        return;
    };
    if !super::is_tmpfs(place.path()) {
        let mut room_to_align = vec![0_u8; 8192];
        let start = room(&mut room_to_align[..]).next_multiple_of(4096);
        let read = [direct.as_raw_fd() as u64, start, 4096, 0, 0, 0];
        assert_eq!(on_ring(&ring, (libc::SYS_read, read)), (false, 4096));
        assert_eq!(on_ring(&ring, (libc::SYS_pread64, read)), (false, 4096));
    }
}

/// Opens a file, reads it in two pieces and at an offset, and closes it; whether on
/// this thread.
fn open_read_close(ring: &Ring, path: &Path, content: &[u8]) -> bool {
    let mut batch = Batch::new();
    let buffer = batch.buffer(content.len() + 1);
    let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
    let first = batch.read(&file, buffer.part(0, 5));
    let rest = batch.read(&file, buffer.part(5, content.len() - 4));
    let again = batch.pread(&file, buffer.part(0, 5), 0_u64);
    let closed = batch.close(file);
    let (inline, mut completion) = is_inline(ring, batch);
    let results = completion.results().unwrap();
    assert_eq!(results.get(&first), Ok(5));
    assert_eq!(results.get(&rest), Ok(content.len() - 5));
    assert_eq!(results.get(&again), Ok(5));
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(&results.bytes(buffer)[..content.len()], content);
    inline
}

#[test]
fn files_in_the_cache() {
    let ring = user_ring();
    for place in places() {
        let content = content(10_000);
        let path = file(place.path(), "file", &content);
        assert!(at_last(|| open_read_close(&ring, &path, &content)));
    }
}

#[test]
fn files_in_memory() {
    let ring = user_ring();
    let Some(place) = in_shared_memory() else {
        return;
    };
    let content = content(10_000);
    let path = file(place.path(), "file", &content);
    // Writing waits for nothing either.
    let mut written = fs::File::options()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let fd = written.as_raw_fd() as u64;
    let bytes = b"other bytes";
    let len = bytes.len() as u64;
    let write = (libc::SYS_write, [fd, address(bytes), len, 0, 0, 0]);
    assert_eq!(on_ring(&ring, write), (true, len as i64));
    let pwrite = (libc::SYS_pwrite64, [fd, address(bytes), len, 100, 0, 0]);
    assert_eq!(on_ring(&ring, pwrite), (true, len as i64));
    assert_eq!(written.stream_position().unwrap(), len);
    let now = fs::read(&path).unwrap();
    assert_eq!(now.len(), content.len());
    assert_eq!((&now[..11], &now[100..111]), (&bytes[..], &bytes[..]));
    // So does reading a directory.
    let opened = [(); 2].map(|()| fs::File::open(place.path()).unwrap());
    let mut entries = [[0_u8; 512]; 2];
    let [first, second] = entries.each_mut().map(room);
    let list = |file: &fs::File, to| {
        let args = [file.as_raw_fd() as u64, to, 512, 0, 0, 0];
        (libc::SYS_getdents64, args)
    };
    let expected = plain(list(&opened[0], first));
    assert!(expected > 0);
    assert_eq!(on_ring(&ring, list(&opened[1], second)), (true, expected));
    assert_eq!(entries[0], entries[1]);
}

#[test]
fn what_is_said_of_the_names() {
    let ring = user_ring();
    let place = scratch();
    fs::write(place.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("loop", place.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("file", place.path().join("link")).unwrap();
    let mode = Mode::RUSR | Mode::WUSR;
    let socket = place.path().join("socket");
    rustix::fs::mknodat(CWD, &socket, FileType::Socket, mode, 0).unwrap();
    let long = "n".repeat(300);
    let is_tmpfs = super::is_tmpfs(place.path());
    let open = |path: &CString, flags: OFlags| {
        let args = [u64::MAX, address(path.as_c_str()), flags.bits().into()];
        let [directory, path, flags] = args;
        (libc::SYS_openat, [directory, path, flags, 0, 0, 0])
    };
    let read = OFlags::RDONLY;
    let cases = [
        // It does not keep in mind what is not there.
        ("missing", read, !is_tmpfs),
        ("file/file", read, false),
        ("file", OFlags::DIRECTORY, true),
        ("loop", read, true),
        (&*long, read, false),
        ("link", OFlags::NOFOLLOW, false),
        ("socket", read, false),
        ("missing", OFlags::PATH, !is_tmpfs),
    ];
    for (name, flags, is_inline) in cases {
        let path = c_path(&place.path().join(name));
        let expected = plain(open(&path, flags));
        assert!(expected < 0, "{name}");
        let found = at_last(|| {
            let (here, result) = on_ring(&ring, open(&path, flags));
            assert_eq!(result, expected, "{name} {flags:?}");
            here
        });
        assert_eq!(found, is_inline, "{name} {flags:?}");
    }
}

#[test]
fn a_descriptor_of_a_path_is_what_it_would_be() {
    let ring = user_ring();
    let place = scratch();
    let path = c_path(&file(place.path(), "file", b"content"));
    // What does not count with it is ignored.
    let flags = (OFlags::PATH | OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC).bits();
    let call = (
        libc::SYS_openat,
        [u64::MAX, address(path.as_c_str()), flags.into(), 0, 0, 0],
    );
    let flags_of = |fd: i64| {
        use std::os::fd::FromRawFd;
        // SAFETY: it has just been opened.
        let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        let flags = rustix::fs::fcntl_getfl(&fd).unwrap();
        (flags, rustix::io::fcntl_getfd(&fd).unwrap())
    };
    let expected = flags_of(plain(call));
    assert!(at_last(|| {
        let (inline, fd) = on_ring(&ring, call);
        assert_eq!(flags_of(fd), expected);
        inline
    }));
    assert_eq!(fs::read(place.path().join("file")).unwrap(), b"content");
}

/// Has the rest of this process see another file system over `lower`. `None` where
/// a sandbox does not let it.
fn overlay(lower: &Path) -> Option<PathBuf> {
    let spaces = UnshareFlags::NEWUSER | UnshareFlags::NEWNS;
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    // SAFETY: descriptors are shared as before.
    unsafe { rustix::thread::unshare_unsafe(spaces) }.ok()?;
    fs::write("/proc/self/setgroups", "deny").ok()?;
    fs::write("/proc/self/uid_map", format!("0 {} 1", user.as_raw())).ok()?;
    fs::write("/proc/self/gid_map", format!("0 {} 1", group.as_raw())).ok()?;
    let memory = lower.join("memory");
    mount("memory", &memory, "tmpfs", MountFlags::empty(), c"").ok()?;
    let [upper, work, merged] = ["upper", "work", "merged"].map(|name| memory.join(name));
    for directory in [&upper, &work, &merged] {
        fs::create_dir(directory).unwrap();
    }
    let options = format!(
        "userxattr,lowerdir={},upperdir={},workdir={}",
        lower.join("lower").display(),
        upper.display(),
        work.display()
    );
    let options = CString::new(options).unwrap();
    mount("merged", &merged, "overlay", MountFlags::empty(), &*options).ok()?;
    Some(merged)
}

#[test]
fn files_laid_over_others() {
    let place = scratch();
    let content = content(100_000);
    for name in ["lower", "memory"] {
        fs::create_dir(place.path().join(name)).unwrap();
    }
    let lower = place.path().join("lower");
    let below = file(&lower, "file", &content);
    file(&lower, "cold", &content);
    in_child(|| {
        let Some(merged) = overlay(place.path()) else {
            return;
        };
        let ring = user_ring();
        let path = merged.join("file");
        assert_eq!(fs::read(&path).unwrap(), content);
        assert!(at_last(|| open_read_close(&ring, &path, &content)));
        let mut opened = fs::File::open(&path).unwrap();
        for size in [777, 4096, 200_000] {
            opened.rewind().unwrap();
            assert_eq!(read_shared(&ring, &opened, size), (true, content.clone()));
        }
        // What is copied up is in memory.
        let mut upper = fs::File::options().append(true).open(&path).unwrap();
        upper.write_all(b"more").unwrap();
        let longer = [&content[..], b"more"].concat();
        assert!(at_last(|| open_read_close(&ring, &path, &longer)));
        // What is not in the cache is told from what is.
        let cold = fs::File::open(lower.join("cold")).unwrap();
        cold.sync_all().unwrap();
        rustix::fs::fadvise(&cold, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        let is_cold = !super::is_tmpfs(&lower);
        // Only its name is in the cache.
        fs::metadata(merged.join("cold")).unwrap();
        let is_inline = open_read_close(&ring, &merged.join("cold"), &content);
        assert!(!(is_cold && is_inline));
        let cold = merged.join("cold");
        assert!(at_last(|| open_read_close(&ring, &cold, &content)));
    });
    assert_eq!(fs::read(below).unwrap(), content);
}

#[test]
fn what_was_read_here_is_not_read_again_elsewhere() {
    let ring = user_ring();
    for place in places() {
        let path = file(place.path(), "file", b"hello, world");
        let gate = crate::gate::Gate::new();
        let mut batch = Batch::new();
        let buffer = batch.buffer(32);
        let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
        let first = batch.read(&file, buffer.part(0, 7));
        let waited = gate.add_to(&mut batch);
        let rest = batch.read(&file, buffer.part(7, 25));
        let closed = batch.close(file);
        let ticket = ring.submit(batch).unwrap();
        assert!(!ticket.is_complete());
        gate.open(1);
        let mut completion = ticket.wait().unwrap();
        let results = completion.results().unwrap();
        assert_eq!(results.get(&first), Ok(7));
        assert_eq!(results.get(&waited), Ok(1));
        assert_eq!(results.get(&rest), Ok(5));
        assert_eq!(results.get(&closed), Ok(()));
        assert_eq!(&results.bytes(buffer)[..12], b"hello, world");
    }
}
