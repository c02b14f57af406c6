//! `stat` and its kin, `access`, `readlink`.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};

use super::calls::{Call, address, c_path, on_ring, plain, room, user_ring};
use super::{at_last, places};

/// What calls write to: more than any of them needs.
type Output = [u64; 64];

/// The calls with a name.
fn calls(directory: u64, path: u64, output: u64) -> Vec<Call> {
    let nofollow = libc::AT_SYMLINK_NOFOLLOW as u64;
    let mask = u64::from(libc::STATX_BASIC_STATS);
    let len = size_of::<Output>() as u64;
    let mut calls = Vec::new();
    for flags in [0, nofollow, libc::AT_EMPTY_PATH as u64, u64::MAX] {
        calls.push((libc::SYS_newfstatat, [directory, path, output, flags, 0, 0]));
        calls.push((libc::SYS_statx, [directory, path, flags, mask, output, 0]));
    }
    for mode in [libc::F_OK, libc::R_OK, libc::W_OK | libc::X_OK, 99] {
        let mode = mode as u64;
        let effective = libc::AT_EACCESS as u64;
        calls.push((libc::SYS_faccessat, [directory, path, mode, 0, 0, 0]));
        calls.push((
            libc::SYS_faccessat2,
            [directory, path, mode, effective | nofollow, 0, 0],
        ));
        #[cfg(target_arch = "x86_64")]
        calls.push((libc::SYS_access, [path, mode, 0, 0, 0, 0]));
    }
    calls.push((libc::SYS_readlinkat, [directory, path, output, len, 0, 0]));
    #[cfg(target_arch = "x86_64")]
    calls.extend([
        (libc::SYS_readlink, [path, output, 3, 0, 0, 0]),
        (libc::SYS_stat, [path, output, 0, 0, 0, 0]),
        (libc::SYS_lstat, [path, output, 0, 0, 0, 0]),
    ]);
    calls
}

/// One of each kind of file.
fn populate(directory: &Path) {
    fs::write(directory.join("file"), "content").unwrap();
    fs::create_dir(directory.join("directory")).unwrap();
    symlink("file", directory.join("short")).unwrap();
    symlink("../".repeat(100), directory.join("long")).unwrap();
    symlink("loop", directory.join("loop")).unwrap();
    symlink("nowhere", directory.join("dangling")).unwrap();
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(CWD, directory.join("fifo"), FileType::Fifo, mode, 0).unwrap();
    rustix::fs::mknodat(CWD, directory.join("socket"), FileType::Socket, mode, 0).unwrap();
    fs::create_dir(directory.join("closed")).unwrap();
    fs::write(directory.join("closed/file"), "").unwrap();
    let closed = fs::Permissions::from_mode(0o000);
    fs::set_permissions(directory.join("closed"), closed).unwrap();
}

const NAMES: [&str; 15] = [
    "file",
    "directory",
    "directory/",
    "directory/..",
    "short",
    "long",
    "fifo",
    "socket",
    "closed/file",
    "missing",
    "missing/file",
    "file/file",
    "loop",
    "dangling",
    "",
];

#[test]
fn each_says_what_it_says_by_itself() {
    let ring = user_ring();
    let too_long = "n".repeat(300);
    for place in places() {
        populate(place.path());
        let opened = fs::File::open(place.path()).unwrap();
        let mut inline = 0;
        for name in NAMES.into_iter().chain([&*too_long]) {
            let whole = match name {
                "" => c"".into(),
                name => c_path(&place.path().join(name)),
            };
            let name_path = c_path(Path::new(name));
            let relative = (opened.as_raw_fd() as u64, address(name_path.as_c_str()));
            let absolute = (u64::MAX, address(whole.as_c_str()));
            for (directory, path) in [relative, absolute] {
                let mut outputs: [Output; 2] = [[7; 64]; 2];
                let [first, second] = outputs.each_mut().map(room);
                let both = calls(directory, path, first)
                    .into_iter()
                    .zip(calls(directory, path, second));
                for (expected, call) in both {
                    let expected = plain(expected);
                    let (here, result) = on_ring(&ring, call);
                    assert_eq!(result, expected, "{name}: {call:?}");
                    inline += usize::from(here);
                }
                assert_eq!(outputs[0], outputs[1], "{name}");
            }
        }
        let tried = place.path().display();
        assert!(inline > 200, "{inline} calls on this thread in {tried}");
        let open = fs::Permissions::from_mode(0o700);
        fs::set_permissions(place.path().join("closed"), open).unwrap();
    }
}

#[test]
fn what_is_in_the_cache_is_told_at_once() {
    let ring = user_ring();
    for place in places() {
        populate(place.path());
        let mut output: Output = [0; 64];
        let output = room(&mut output);
        for name in ["file", "directory", "short", "fifo", "socket"] {
            let path = c_path(&place.path().join(name));
            let path = address(path.as_c_str());
            for call in calls(u64::MAX, path, output) {
                plain(call);
                let is_inline = || on_ring(&ring, call).0;
                assert!(at_last(is_inline), "{name}: {call:?}");
            }
        }
        let open = fs::Permissions::from_mode(0o700);
        fs::set_permissions(place.path().join("closed"), open).unwrap();
    }
}

#[test]
fn what_a_server_or_the_kernel_makes_up_is_left_to_workers() {
    let ring = user_ring();
    let mut output: Output = [0; 64];
    for path in [c"/proc/self", c"/proc/version"] {
        let args = [address(path), room(&mut output), 0, 0, 0, 0];
        let call = (libc::SYS_newfstatat, [u64::MAX, args[0], args[1], 0, 0, 0]);
        plain(call);
        assert!(!on_ring(&ring, call).0, "{path:?}");
    }
}

#[test]
fn descriptors_are_asked() {
    let ring = user_ring();
    let place = super::scratch();
    fs::write(place.path().join("file"), "content").unwrap();
    let file = fs::File::open(place.path().join("file")).unwrap();
    let (ours, _theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let proc = fs::File::open("/proc/version").unwrap();
    let cases = [
        (file.as_raw_fd(), true),
        (ours.as_raw_fd(), true),
        (proc.as_raw_fd(), false),
        (-1, false),
    ];
    for (fd, is_inline) in cases {
        let mut outputs: [Output; 2] = [[7; 64]; 2];
        let [first, second] = outputs.each_mut().map(room);
        let fd = fd as u64;
        let empty = libc::AT_EMPTY_PATH as u64;
        let name = address(c"");
        let fstat = |output| (libc::SYS_fstat, [fd, output, 0, 0, 0, 0]);
        let fstatat = |output| (libc::SYS_newfstatat, [fd, name, output, empty, 0, 0]);
        assert_eq!(
            on_ring(&ring, fstat(second)),
            (is_inline, plain(fstat(first)))
        );
        assert_eq!(outputs[0], outputs[1]);
        assert_eq!(
            on_ring(&ring, fstatat(second)),
            (is_inline, plain(fstatat(first)))
        );
        assert_eq!(outputs[0], outputs[1]);
    }
}
