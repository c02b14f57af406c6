//! The files and descriptors that random programs work on: the same before
//! each run.
//!
//! Programs make names out of random bytes, too, so they are confined: the
//! case's process has a root directory of its own.
#![expect(unsafe_code, reason = "descriptors with fixed numbers")]

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::{AsRawFd as _, FromRawFd as _, IntoRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::Resource;
use sysbatch::Backend;
use sysbatch::abi::DEVICE_PATH;

use crate::harness::{Host, Options};
use crate::lab::Lab;

/// Names that programs use, some of which exist.
pub(super) const NAMES_OF_FILES: [&str; 16] = [
    "file",
    "empty",
    "directory",
    "directory/inner",
    "link",
    "dangling",
    "new",
    "other",
    "directory/new",
    "file/none",
    "none/none",
    ".",
    "..",
    "",
    "/work/file",
    "twin",
];

/// Programs have as many descriptors as are below this number.
const THEIRS: RawFd = 64;
/// Descriptors at and above this number are not for programs.
const OURS: RawFd = 900;
/// Where standard error is kept meanwhile.
const KEPT_OUTPUT: RawFd = 901;
/// The device.
const DEVICE: RawFd = 902;
/// No file grows beyond this, in bytes.
const FILE_SIZE: u64 = 1 << 20;
/// So much of a file is compared, in bytes.
const LOOK: usize = 1 << 16;

/// The root directory that everyone else has.
const OUTSIDE: RawFd = 903;

/// The working directory and the descriptors.
#[derive(Debug)]
pub(crate) struct World {
    /// The directory that is the root, as it is called outside.
    base: PathBuf,
    /// Its device and inode.
    root: (u64, u64),
}

/// What the names of their directories begin with.
const PREFIX: &str = "sysbatch-world-";

/// Where programs work.
const WORK: &str = "/work";

/// What is there after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// Each file by its path: mode, length, links, and the beginning of what
    /// is in it.
    files: BTreeMap<PathBuf, (u32, u64, u64, Vec<u8>)>,
    /// Each descriptor with its flags and position.
    descriptors: Vec<(RawFd, Option<i32>, Option<u64>)>,
    mask: u32,
}

impl World {
    /// Puts what is the case's own out of the programs' reach, and shuts the
    /// process in. The lab is for the host that was asked for.
    pub(super) fn new(options: &Options) -> (Self, Lab) {
        // SAFETY: the null pointer is an action that ignores.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        move_to(libc::STDERR_FILENO, KEPT_OUTPUT);
        std::panic::set_hook(Box::new(|info| {
            move_to(KEPT_OUTPUT, libc::STDERR_FILENO);
            eprintln!("{info}");
        }));
        let lab = lab(options);
        let base = parent().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&base).expect("a new directory");
        let world = Self {
            root: identity(&base),
            base,
        };
        world.confine();
        world.check_confined();
        limit(Resource::Fsize, FILE_SIZE);
        // From here on programs cannot make descriptors that high.
        limit(Resource::Nofile, THEIRS.unsigned_abs().into());
        (world, lab)
    }

    /// Removes those of all processes, which must have ended.
    pub(crate) fn remove_all() {
        for entry in fs::read_dir(parent()).expect("readdir") {
            let entry = entry.expect("an entry");
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(PREFIX.as_bytes())
            {
                remove(&entry.path());
            }
        }
    }

    /// Shuts the process in.
    fn confine(&self) {
        let outside = fs::File::open("/").expect("the root directory");
        move_to(outside.as_raw_fd(), OUTSIDE);
        if let Err(Errno::PERM) = rustix::process::chroot(&self.base) {
            // Who is not root here can be root in a namespace of their own.
            let alone = rustix::thread::UnshareFlags::NEWUSER;
            // SAFETY: this process has one thread.
            let unshared = unsafe { rustix::thread::unshare_unsafe(alone) };
            unshared.expect("programs must be confined: chroot(2) needs root or a user namespace");
            rustix::process::chroot(&self.base).expect("chroot");
        }
        std::env::set_current_dir("/").expect("chdir");
    }

    /// Makes sure that the root directory is the world's own, before anything
    /// is removed there and before a program runs.
    fn check_confined(&self) {
        assert_eq!(
            identity(Path::new("/")),
            self.root,
            "the process is shut in"
        );
    }

    /// Lets the process out again.
    fn free(&self) {
        // SAFETY: the number is this type's own.
        let outside = unsafe { rustix::fd::BorrowedFd::borrow_raw(OUTSIDE) };
        rustix::process::fchdir(outside).expect("fchdir");
        rustix::process::chroot(".").expect("chroot");
    }

    /// Makes everything as it was at first.
    pub(super) fn reset(&mut self) {
        self.check_confined();
        close_all();
        let _ = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        std::env::set_current_dir("/").expect("chdir");
        empty(Path::new("/"));
        fs::create_dir(WORK).expect("mkdir");
        std::env::set_current_dir(WORK).expect("chdir");
        fs::create_dir("directory").expect("mkdir");
        for (name, text) in [
            ("file", "0123456789abcdefghij"),
            ("empty", ""),
            ("directory/inner", "x\n"),
        ] {
            fs::write(name, text).expect("write");
        }
        std::os::unix::fs::symlink("file", "link").expect("symlink");
        std::os::unix::fs::symlink("nothing", "dangling").expect("symlink");
        open_all();
    }

    /// What there is now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let mask = rustix::process::umask(rustix::fs::Mode::empty()).as_raw_mode();
        let descriptors = (0..THEIRS).filter_map(describe).collect();
        close_all();
        std::env::set_current_dir("/").expect("chdir");
        let mut files = BTreeMap::new();
        look(Path::new("/"), &mut files);
        Snapshot {
            files,
            descriptors,
            mask,
        }
    }

    /// Standard error as it was, for a message.
    pub(super) fn give_back_output(&self) {
        move_to(KEPT_OUTPUT, libc::STDERR_FILENO);
        move_to(KEPT_OUTPUT, libc::STDOUT_FILENO);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.free();
        remove(&self.base);
    }
}

/// Where the directories are made: a disk would make programs that call fsync slow.
fn parent() -> PathBuf {
    let shared_memory = PathBuf::from("/dev/shm");
    if shared_memory.is_dir() {
        shared_memory
    } else {
        std::env::temp_dir()
    }
}

/// A lab whose device has a number out of the programs' reach.
fn lab(options: &Options) -> Lab {
    let mut lab = Lab::on(Host::User, options);
    if options.backend == Host::Kernel {
        let device = fs::File::options().read(true).write(true).open(DEVICE_PATH);
        let device = device.expect("the module is loaded");
        move_to(device.as_raw_fd(), DEVICE);
        // SAFETY: the number was made a line ago, for this.
        let device = unsafe { OwnedFd::from_raw_fd(DEVICE) };
        lab.backend = Backend::from_device(device).expect("the module fits");
    }
    lab
}

/// Device and inode.
fn identity(path: &Path) -> (u64, u64) {
    let data = fs::metadata(path).expect("stat");
    (data.dev(), data.ino())
}

fn limit(resource: Resource, value: u64) {
    let mut limit = rustix::process::getrlimit(resource);
    limit.current = Some(value);
    rustix::process::setrlimit(resource, limit).expect("setrlimit");
}

/// Makes `to` the same file as `from`.
fn move_to(from: RawFd, to: RawFd) {
    // SAFETY: the numbers in use here belong to nobody else.
    let result = unsafe { libc::dup3(from, to, libc::O_CLOEXEC) };
    assert_eq!(result, to, "dup3");
}

/// Closes all that programs can reach.
fn close_all() {
    // SAFETY: descriptors that others own are above the range, or are standard
    // streams, which are opened again.
    let result = unsafe { libc::close_range(0, OURS.cast_unsigned() - 1, 0) };
    assert_eq!(result, 0, "close_range");
}

/// The descriptors that programs find: 0 to 2 nameless files, 3 a file, 4 a directory,
/// 5 and 6 a pipe, 7 a counter, 8 and 9 a pair of sockets.
fn open_all() {
    let mut next = 0;
    let mut expect = |fd: OwnedFd| {
        assert_eq!(fd.into_raw_fd(), next);
        next += 1;
    };
    for name in ["zero", "one", "two"] {
        let flags = rustix::fs::MemfdFlags::empty();
        expect(rustix::fs::memfd_create(name, flags).expect("memfd_create"));
    }
    let file = fs::File::options().read(true).write(true).open("file");
    expect(file.expect("file").into());
    expect(fs::File::open("directory").expect("directory").into());
    let pipe = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).expect("pipe2");
    expect(pipe.0);
    expect(pipe.1);
    let flags = rustix::event::EventfdFlags::NONBLOCK;
    expect(rustix::event::eventfd(3, flags).expect("eventfd"));
    let pair = socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::NONBLOCK,
        None,
    );
    let pair = pair.expect("socketpair");
    expect(pair.0);
    expect(pair.1);
}

fn describe(fd: RawFd) -> Option<(RawFd, Option<i32>, Option<u64>)> {
    // SAFETY: asks about a number, whatever it is.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return None;
    }
    // SAFETY: as above.
    let position = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    Some((fd, Some(flags), u64::try_from(position).ok()))
}

/// Removes all that is in a directory of which programs may have taken the
/// rights.
fn empty(path: &Path) {
    let all = fs::Permissions::from_mode(0o700);
    fs::set_permissions(path, all).expect("chmod");
    for entry in fs::read_dir(path).expect("readdir") {
        remove(&entry.expect("an entry").path());
    }
}

fn remove(path: &Path) {
    if path.symlink_metadata().is_ok_and(|data| data.is_dir()) {
        empty(path);
        fs::remove_dir(path).expect("rmdir");
    } else {
        fs::remove_file(path).expect("unlink");
    }
}

fn look(path: &Path, files: &mut BTreeMap<PathBuf, (u32, u64, u64, Vec<u8>)>) {
    use std::io::Read as _;
    let data = path.symlink_metadata().expect("lstat");
    let mut bytes = Vec::new();
    if data.is_symlink() {
        bytes = fs::read_link(path)
            .expect("readlink")
            .into_os_string()
            .into_encoded_bytes();
    } else if data.is_file() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("chmod");
        let file = fs::File::open(path).expect("open");
        let mut limited = file.take(LOOK.try_into().expect("64-bit"));
        limited.read_to_end(&mut bytes).expect("read");
    }
    let links = if data.is_dir() { 0 } else { data.nlink() };
    let len = if data.is_dir() { 0 } else { data.len() };
    files.insert(path.to_owned(), (data.mode(), len, links, bytes));
    if data.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("chmod");
        for entry in fs::read_dir(path).expect("readdir") {
            look(&entry.expect("an entry").path(), files);
        }
    }
}
