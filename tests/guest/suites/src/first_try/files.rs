//! Files that are in the cache, on each file system that is known, and files that are
//! not.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};
use sysbatch::abi::Entry;
use syscalls::Sysno;

use super::{assert_runs, assert_runs_as_alone, assert_would_wait};
use crate::arch;
use crate::harness::cases;
use crate::lab::{Lab, address_of, address_of_mut, at, error, imm, result, sys};
use crate::watched::filter::{filter, install};

cases! {
    kernel files_on_ext4;
    kernel files_on_tmpfs;
    kernel files_on_overlayfs;
    kernel files_that_are_not_there;
    kernel contents_that_are_in_no_cache;
    kernel names_that_are_in_no_cache;
    kernel holes_of_a_file_in_memory;
    kernel part_of_a_file_that_is_in_the_cache;
    kernel closing_what_has_to_be_written;
    kernel descriptors_that_are_none;
    kernel scratch_that_cannot_be_written;
    kernel under_a_filter_only_the_calls_themselves;
    kernel unknown_files_are_left_alone;
}

/// How long the file is.
const LEN: usize = 10_000;

/// A directory with a file, a link to it and a directory.
struct Tree {
    path: PathBuf,
}

impl Tree {
    fn new(path: &Path) -> Self {
        std::fs::create_dir_all(path.join("directory")).expect("mkdir");
        let contents: Vec<u8> = (0..LEN).map(|index| (index % 251) as u8).collect();
        std::fs::write(path.join("file"), contents).expect("write");
        std::os::unix::fs::symlink("file", path.join("link")).expect("symlink");
        Self {
            path: path.to_owned(),
        }
    }

    fn name(&self, name: &str) -> CString {
        let path = self.path.join(name).into_os_string();
        CString::new(path.into_encoded_bytes()).expect("no zero in a path")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // Best effort: the machine goes with it.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn disk(lab: &Lab) -> PathBuf {
    let tree = lab.options.tree.clone();
    tree.expect("--tree says where a disk is mounted")
        .join("first-try")
}

fn memory() -> PathBuf {
    "/tmp/first-try".into()
}

fn open(path: &CString, flags: u32) -> Entry {
    let path = at(address_of(path.as_bytes()));
    sys(
        Sysno::openat,
        [imm(libc::AT_FDCWD), path, imm(flags), imm(0)],
    )
}

/// Opens, asks about, reads in all ways and closes a file.
fn look_at_all(lab: &mut Lab, tree: &Tree) {
    let names = ["file", "link", "directory"].map(|name| tree.name(name));
    let [file, link, directory] = &names;
    // The kernel notes that a link was followed, but once in a while only.
    std::thread::sleep(core::time::Duration::from_millis(50));
    let path = |name: &CString| at(address_of(name.as_bytes()));
    let (mut status, mut buffer) = ([0_u64; 32], vec![0_u8; 16384]);
    let (status, buffer) = (
        at(address_of_mut(&mut status)),
        at(address_of_mut(&mut buffer)),
    );
    let here = imm(libc::AT_FDCWD);
    let vector: [u64; 4] = [address_of(&[0_u8; 0]), 0, 0, 0];
    let vector = at(address_of(&vector));
    // So that all names are known.
    for name in &names {
        let _ = std::fs::read_link(Path::new(name.to_str().expect("UTF-8")));
    }
    let _ = std::fs::read(tree.path.join("link"));
    let entries = [
        open(file, libc::O_RDONLY as u32),
        sys(Sysno::fstat, [result(0), status]),
        sys(Sysno::read, [result(0), buffer, imm(4096)]),
        sys(Sysno::read, [result(0), buffer, imm(16384)]),
        sys(Sysno::read, [result(0), buffer, imm(100)]),
        sys(Sysno::lseek, [result(0), imm(-1), imm(libc::SEEK_CUR)]),
        sys(Sysno::read, [result(0), buffer, imm(100)]),
        sys(Sysno::pread64, [result(0), buffer, imm(100), imm(LEN - 7)]),
        sys(
            Sysno::pread64,
            [result(0), buffer, imm(100), imm(1_i64 << 40)],
        ),
        sys(Sysno::pread64, [result(0), buffer, imm(100), imm(-1)]),
        sys(Sysno::readv, [result(0), vector, imm(2)]),
        sys(Sysno::write, [result(0), buffer, imm(1)]),
        sys(Sysno::close, [result(0)]),
        open(directory, libc::O_DIRECTORY as u32),
        sys(Sysno::read, [result(13), buffer, imm(1)]),
        sys(Sysno::close, [result(13)]),
        open(link, libc::O_NOFOLLOW as u32),
        arch::lstat(path(link), status),
        arch::stat(path(file), status),
        arch::newfstatat(
            here,
            path(directory),
            status,
            imm(libc::AT_SYMLINK_NOFOLLOW),
        ),
        sys(Sysno::statx, [here, path(file), imm(0), imm(0x7FF), status]),
        arch::access(path(file), imm(libc::R_OK)),
        sys(Sysno::faccessat, [here, path(directory), imm(libc::R_OK)]),
        arch::readlink(path(file), buffer, imm(100)),
    ];
    assert_runs_as_alone(lab, entries);
}

/// Follows and reads a symbolic link.
fn follow(lab: &mut Lab, tree: &Tree) {
    let link = tree.name("link");
    let (mut status, mut buffer) = ([0_u64; 32], [0_u8; 128]);
    let (status, buffer) = (
        at(address_of_mut(&mut status)),
        at(address_of_mut(&mut buffer)),
    );
    let path = at(address_of(link.as_bytes()));
    let empty = at(address_of(c"".to_bytes_with_nul()));
    let here = imm(libc::AT_FDCWD);
    let entries = [
        arch::open(path, imm(0), imm(0)),
        sys(Sysno::close, [result(0)]),
        open(&link, (libc::O_NOFOLLOW | libc::O_PATH) as u32),
        sys(Sysno::readlinkat, [result(2), empty, buffer, imm(100)]),
        sys(Sysno::close, [result(2)]),
        arch::stat(path, status),
        arch::readlink(path, buffer, imm(100)),
        sys(Sysno::readlinkat, [here, path, buffer, imm(2)]),
    ];
    assert_runs_as_alone(lab, entries);
}

fn files_on_ext4(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    look_at_all(lab, &tree);
    follow(lab, &tree);
}

fn files_on_tmpfs(lab: &mut Lab) {
    let tree = Tree::new(&memory());
    look_at_all(lab, &tree);
    follow(lab, &tree);
    let (directory, mut buffer) = (tree.name("."), [0_u64; 512]);
    let buffer = at(address_of_mut(&mut buffer));
    let results = assert_runs_as_alone(
        lab,
        [
            open(&directory, 0),
            sys(Sysno::getdents64, [result(0), buffer, imm(4096)]),
            sys(Sysno::getdents64, [result(0), buffer, imm(4096)]),
            sys(Sysno::close, [result(0)]),
        ],
    );
    assert!(results[1] > 0 && results[2] == 0);
}

fn files_on_overlayfs(lab: &mut Lab) {
    // The file is in the lower layer, on the disk.
    let lower = Tree::new(&disk(lab));
    let merged = memory();
    for name in ["upper", "work", "merged"] {
        std::fs::create_dir_all(merged.join(name)).expect("mkdir");
    }
    let options = format!(
        "lowerdir={},upperdir={m}/upper,workdir={m}/work",
        lower.path.display(),
        m = merged.display()
    );
    let options = CString::new(options).expect("no zero in a path");
    let place = merged.join("merged");
    rustix::mount::mount("overlay", &place, "overlay", MountFlags::empty(), &*options)
        .expect("mount");
    let tree = core::mem::ManuallyDrop::new(Tree {
        path: place.clone(),
    });
    look_at_all(lab, &tree);
    // What is copied up is in the upper layer from then on.
    std::fs::OpenOptions::new()
        .append(true)
        .open(place.join("file"))
        .expect("copying up");
    look_at_all(lab, &tree);
    // Links are followed by asking the layer below.
    assert_would_wait(lab, [open(&tree.name("link"), 0)]);
    rustix::mount::unmount(&place, UnmountFlags::DETACH).expect("umount");
    let _ = std::fs::remove_dir_all(merged);
}

/// It is known that they are not, on file systems that keep that in mind.
fn files_that_are_not_there(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    let name = tree.name("missing");
    assert!(!tree.path.join("missing").exists());
    let mut status = [0_u64; 32];
    let (path, status) = (
        at(address_of(name.as_bytes())),
        at(address_of_mut(&mut status)),
    );
    let calls = [
        open(&name, 0),
        arch::stat(path, status),
        sys(Sysno::faccessat, [imm(libc::AT_FDCWD), path, imm(0)]),
        arch::readlink(path, status, imm(8)),
    ];
    let results = assert_runs_as_alone(lab, calls);
    assert_eq!(results, [error(Errno::NOENT); 4]);
}

/// Writes what is to be written, and forgets what is not in use.
fn forget() {
    rustix::fs::sync();
    std::fs::write("/proc/sys/vm/drop_caches", "3").expect("root may drop caches");
}

fn position(file: &File) -> u64 {
    rustix::fs::tell(file).expect("lseek")
}

fn contents_that_are_in_no_cache(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    let file = File::open(tree.path.join("file")).expect("open");
    rustix::fs::sync();
    fadvise(&file, 0, None, Advice::DontNeed).expect("fadvise");
    let mut buffer = vec![7_u8; LEN];
    let place = at(address_of_mut(&mut buffer));
    let fd = imm(file.as_raw_fd());
    let read = || sys(Sysno::read, [fd, place, imm(LEN)]);
    let pread = || sys(Sysno::pread64, [fd, place, imm(1), imm(LEN - 1)]);
    assert_would_wait(lab, [sys(Sysno::getpid, []), read()]);
    assert_would_wait(lab, [pread()]);
    assert_eq!(position(&file), 0);
    assert!(buffer.iter().all(|&byte| byte == 7));
    // Behind the end there is nothing to be read.
    assert_runs(lab, [sys(Sysno::pread64, [fd, place, imm(1), imm(LEN)])]);
    // Read once, it is there.
    std::fs::read(tree.path.join("file")).expect("read");
    assert_eq!(assert_runs(lab, [pread(), read()]), [1, LEN as i64]);
    assert_eq!(position(&file), LEN as u64);
}

fn names_that_are_in_no_cache(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    let mut status = [0_u64; 32];
    let name = tree.name("file");
    let calls = [
        open(&name, 0),
        arch::stat(
            at(address_of(name.as_bytes())),
            at(address_of_mut(&mut status)),
        ),
        arch::access(at(address_of(name.as_bytes())), imm(0)),
    ];
    for call in calls {
        forget();
        assert_would_wait(lab, [call]);
    }
    // A file has been made to be opened no more.
    let create = open(&tree.name("new"), (libc::O_CREAT | libc::O_WRONLY) as u32);
    assert_would_wait(lab, [create]);
    assert!(!tree.path.join("new").exists());
}

fn holes_of_a_file_in_memory(lab: &mut Lab) {
    let tree = Tree::new(&memory());
    let file = File::options()
        .write(true)
        .read(true)
        .open(tree.path.join("file"));
    let file = file.expect("open");
    file.set_len(1 << 20).expect("ftruncate");
    let mut buffer = vec![7_u8; 1 << 20];
    let place = at(address_of_mut(&mut buffer));
    let read = sys(
        Sysno::pread64,
        [imm(file.as_raw_fd()), place, imm(1 << 20), imm(0)],
    );
    assert_runs_as_alone(lab, [read]);
    assert!(buffer[LEN..].iter().all(|&byte| byte == 0));
}

fn part_of_a_file_that_is_in_the_cache(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    let path = tree.path.join("large");
    std::fs::write(&path, vec![1; 1 << 20]).expect("write");
    let file = File::open(&path).expect("open");
    // What was written may lie in the cache in one piece, of which no part can be
    // forgotten. Nothing is read ahead of what is asked for at random.
    rustix::fs::sync();
    fadvise(&file, 0, None, Advice::DontNeed).expect("fadvise");
    fadvise(&file, 0, None, Advice::Random).expect("fadvise");
    let mut buffer = vec![0_u8; 1 << 20];
    let place = at(address_of_mut(&mut buffer));
    let pread = |len: i64, offset: i64| {
        sys(
            Sysno::pread64,
            [imm(file.as_raw_fd()), place, imm(len), imm(offset)],
        )
    };
    let last = (1 << 20) - 4096;
    assert_would_wait(lab, [pread(8192, last)]);
    file.read_exact_at(&mut [0; 4096], last as u64)
        .expect("pread");
    assert_eq!(assert_runs(lab, [pread(8192, last)]), [4096]);
    assert_would_wait(lab, [pread(8192, last - 1)]);
    assert_would_wait(lab, [pread(1, 0)]);
}

fn closing_what_has_to_be_written(lab: &mut Lab) {
    let tree = Tree::new(&disk(lab));
    let path = tree.path.join("file");
    let open = || File::options().append(true).open(&path).expect("open");
    let writable = std::os::fd::IntoRawFd::into_raw_fd(open());
    assert_would_wait(lab, [sys(Sysno::close, [imm(writable)])]);
    // There is another reference.
    let results = assert_runs(
        lab,
        [
            sys(Sysno::dup, [imm(writable)]),
            sys(Sysno::close, [imm(writable)]),
        ],
    );
    assert_would_wait(lab, [sys(Sysno::close, [imm(results[0])])]);
    // Its space is given back when it is closed.
    let deleted = File::open(&path).expect("open");
    std::fs::remove_file(&path).expect("unlink");
    let fd = std::os::fd::IntoRawFd::into_raw_fd(deleted);
    assert_would_wait(lab, [sys(Sysno::close, [imm(fd)])]);
}

fn descriptors_that_are_none(lab: &mut Lab) {
    let mut buffer = [0_u64; 32];
    let buffer = at(address_of_mut(&mut buffer));
    let calls = [
        sys(Sysno::read, [imm(-1), buffer, imm(1)]),
        sys(Sysno::write, [imm(999), buffer, imm(1)]),
        sys(Sysno::pread64, [imm(999), buffer, imm(1), imm(0)]),
        sys(Sysno::close, [imm(999)]),
        sys(Sysno::fstat, [imm(999), buffer]),
        sys(
            Sysno::recvfrom,
            [imm(999), buffer, imm(1), imm(0), imm(0), imm(0)],
        ),
        sys(Sysno::accept, [imm(999), imm(0), imm(0)]),
        sys(Sysno::getdents64, [imm(999), buffer, imm(256)]),
        sys(Sysno::readv, [imm(999), at(8), imm(0)]),
    ];
    let results = assert_runs_as_alone(lab, calls);
    assert!(results.iter().all(|&result| result == error(Errno::BADF)));
}

fn scratch_that_cannot_be_written(lab: &mut Lab) {
    use sysbatch::abi::{FLAG_FIRST_TRY, PuntReason, Status};
    let tree = Tree::new(&memory());
    let name = tree.name("file");
    for scratch in [0, 8, 1 << 63, u64::MAX - 7] {
        let mut batch = crate::lab::Batch::new([open(&name, 0)]);
        batch.run.flags = FLAG_FIRST_TRY;
        batch.run.scratch = scratch;
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
        assert_eq!(batch.run.reason, PuntReason::WouldWait.raw());
    }
}

fn under_a_filter_only_the_calls_themselves(lab: &mut Lab) {
    let tree = Tree::new(&memory());
    let name = tree.name("file");
    let file = File::open(tree.path.join("file")).expect("open");
    let mut buffer = [0_u64; 32];
    let buffer = at(address_of_mut(&mut buffer));
    install(&filter(Sysno::openat2, libc::SECCOMP_RET_KILL_PROCESS));
    let fd = imm(file.as_raw_fd());
    assert_would_wait(
        lab,
        [
            sys(Sysno::getpid, []),
            sys(Sysno::read, [fd, buffer, imm(100)]),
            open(&name, 0),
        ],
    );
    assert_would_wait(lab, [sys(Sysno::nanosleep, [buffer, imm(0)])]);
}

fn unknown_files_are_left_alone(lab: &mut Lab) {
    let file = File::open("/sys/kernel/notes").expect("open");
    let mut buffer = [0_u8; 64];
    let place = at(address_of_mut(&mut buffer));
    let fd = imm(file.as_raw_fd());
    assert_would_wait(lab, [sys(Sysno::read, [fd, place, imm(64)])]);
    assert_eq!(position(&file), 0);
    // What the kernel makes up is read.
    let file = File::open("/proc/version").expect("open");
    let fd = imm(file.as_raw_fd());
    let results = assert_runs(lab, [sys(Sysno::read, [fd, place, imm(64)])]);
    assert_eq!(results, [64]);
    assert!(buffer.starts_with(b"Linux version"));
}
