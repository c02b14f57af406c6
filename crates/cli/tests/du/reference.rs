//! The `du` of this machine, and where it follows other rules.
//!
//! Apparent sizes are those of coreutils from 9.2 on, which leave directories out.
//! With an older one as on Debian 12 the lines that it prints of them, their order
//! and all it complains of are compared, but not the sizes; the tests below have
//! these counted apart.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::{Scratch, sysbatch_du};

/// The version of coreutils on this machine.
fn version() -> (u32, u32) {
    static VERSION: OnceLock<(u32, u32)> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = Command::new("du").arg("--version").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("GNU coreutils"),
            "these tests compare with du of GNU coreutils, and this one is {text}"
        );
        let version = text.lines().next().unwrap().rsplit(' ').next().unwrap();
        let (major, minor) = version.split_once('.').unwrap();
        (major.parse().unwrap(), minor.parse().unwrap())
    })
}

/// Fails where there is no du of coreutils.
pub(crate) fn check() {
    version();
}

/// What coreutils printed, given these arguments, as it is to be compared.
pub(crate) fn comparable<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    theirs: Output,
    ours: &Output,
) -> Output {
    let theirs = Output {
        stderr: with_reasons(&theirs.stderr),
        ..theirs
    };
    let counts_lengths = arguments.into_iter().any(|argument| {
        let argument = argument.as_ref();
        argument == "-b" || argument == "--apparent-size"
    });
    if !counts_lengths || version() >= (9, 2) {
        return theirs;
    }
    Output {
        stdout: with_sizes_of(&theirs.stdout, &ours.stdout),
        ..theirs
    }
}

/// Complaints with the reason that coreutils leaves out of those about links to
/// nothing.
fn with_reasons(complaints: &[u8]) -> Vec<u8> {
    let lines = complaints.split_inclusive(|&byte| byte == b'\n');
    lines
        .flat_map(|line| match line.strip_suffix(b"'\n") {
            Some(start) if start.starts_with(b"du: cannot access '") => {
                [start, b"': No such file or directory\n"].concat()
            }
            _ => line.to_vec(),
        })
        .collect()
}

/// The lines of one output with the sizes of another.
fn with_sizes_of(theirs: &[u8], ours: &[u8]) -> Vec<u8> {
    let lines = |bytes| <[u8]>::split_inclusive(bytes, |&byte| byte == b'\n');
    let start = |line: &[u8]| line.iter().position(|&byte| byte == b'\t').unwrap_or(0);
    let mut sizes = lines(ours).map(|line| &line[..start(line)]);
    lines(theirs)
        .flat_map(|line| [sizes.next().unwrap_or_default(), &line[start(line)..]].concat())
        .collect()
}

/// The lengths of all regular files and symbolic links below a directory, each
/// counted once.
fn lengths(directory: &Path, seen: &mut HashSet<(u64, u64)>) -> u64 {
    let mut sum = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let status = fs::symlink_metadata(&path).unwrap();
        if status.is_dir() {
            sum += lengths(&path, seen);
        } else if (status.is_file() || status.is_symlink())
            && seen.insert((status.dev(), status.ino()))
        {
            sum += status.len();
        }
    }
    sum
}

#[track_caller]
fn assert_total(directory: &Path) {
    let output = sysbatch_du(directory).args(["-s", "-b"]).output().unwrap();
    let expected = format!("{}\t.\n", lengths(directory, &mut HashSet::new()));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn apparent_sizes_are_the_lengths_of_files_and_links() {
    let scratch = Scratch::new();
    assert_total(scratch.path());
    fs::create_dir_all(scratch.join("a/b")).unwrap();
    assert_total(scratch.path());
    fs::write(scratch.join("a/file"), [1; 777]).unwrap();
    fs::hard_link(scratch.join("a/file"), scratch.join("a/b/again")).unwrap();
    std::os::unix::fs::symlink("a/file", scratch.join("link")).unwrap();
    let sparse = fs::File::create(scratch.join("a/b/sparse")).unwrap();
    sparse.set_len(1 << 33).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(scratch.join("fifo"))
            .status()
            .unwrap()
            .success()
    );
    assert_total(scratch.path());
}

#[test]
fn apparent_sizes_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_total(&root.join("src"));
    assert_total(&root.join("../../docs"));
}

#[test]
fn sizes_are_put_in_line_by_line() {
    let merged = with_sizes_of(b"9\ta\n10\tb\n11\tc\n", b"1\ta\n2\tx\n");
    assert_eq!(merged, b"1\ta\n2\tb\n\tc\n");
}
