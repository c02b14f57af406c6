//! What cannot be read, and what changes under the walk.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;
use syscalls::Sysno;

use crate::{Scratch, coreutils_du, filter, output_of, reference, same, sysbatch_du};

/// The user `nobody`, who may not read everything.
const NOBODY: u32 = 65_534;

/// Runs a command as someone who modes apply to.
fn unprivileged(command: &mut Command) -> Output {
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap()
}

/// A copy of the command that anyone may run, wherever it was built.
///
/// Another process makes it: what this one has open for writing, a child that
/// another test starts at that moment has open too, and nobody could run it.
fn copy_for_anyone(scratch: &Scratch) -> PathBuf {
    let copy = scratch.join("sysbatch");
    let mut install = Command::new("install");
    install.args(["--mode", "755", env!("CARGO_BIN_EXE_sysbatch")]);
    assert!(install.arg(&copy).status().unwrap().success());
    copy
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_is_said_and_the_walk_goes_on() {
    let scratch = Scratch::new();
    let program = copy_for_anyone(&scratch);
    let tree = scratch.join("tree");
    for name in [
        "closed/in",
        "list only/in",
        "search only/in",
        "open/in",
        "it's\nodd",
    ] {
        fs::create_dir_all(tree.join(name)).unwrap();
    }
    for name in ["closed/f", "list only/f", "search only/f", "open/f"] {
        fs::write(tree.join(name), [1; 6000]).unwrap();
    }
    for (name, mode) in [
        ("closed", 0o000),
        ("list only", 0o444),
        ("search only", 0o111),
        ("open/in", 0o000),
    ] {
        set_mode(&tree.join(name), mode);
    }
    for paths in [
        &["."][..],
        &["closed", "open"],
        &["closed/f", "search only/f"],
    ] {
        for form in [&["-b"][..], &["-s", "-B1"], &["-d1"]] {
            let arguments = || form.iter().chain(paths);
            let mut ours = Command::new(&program);
            ours.arg("du").args(arguments()).current_dir(&tree);
            ours.env("SYSBATCH_BACKEND", "user").env("LC_ALL", "C");
            let ours = unprivileged(&mut ours);
            let theirs = unprivileged(coreutils_du(&tree).args(arguments()));
            assert_eq!(theirs.status.code(), Some(1), "modes do not apply");
            same(&ours, &reference::comparable(form, theirs, &ours));
        }
    }
    for name in ["closed", "list only", "search only", "open/in"] {
        set_mode(&tree.join(name), 0o755);
    }
}

#[test]
fn a_tree_that_changes_ends_the_walk_all_the_same() {
    let scratch = Scratch::new();
    let tree = scratch.join("tree");
    for directory in 0..40 {
        for below in 0..20 {
            fs::create_dir_all(tree.join(format!("{directory}/{below}/x/y"))).unwrap();
        }
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Moved away and back, replaced by a link to the top, removed.
            for round in (0..40).cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (here, away) = (tree.join(round.to_string()), scratch.join("away"));
                fs::rename(&here, &away).unwrap();
                symlink(&tree, &here).unwrap();
                fs::remove_file(&here).unwrap();
                fs::rename(&away, &here).unwrap();
                fs::remove_dir(here.join("3/x/y")).unwrap();
                fs::create_dir(here.join("3/x/y")).unwrap();
            }
        });
        for _ in 0..60 {
            let output = sysbatch_du(scratch.path())
                .args(["-b", "tree"])
                .output()
                .unwrap();
            let text = String::from_utf8(output.stderr).unwrap();
            let unknown = text.lines().find(|line| {
                !line.starts_with("sysbatch du: cannot access '")
                    && !line.starts_with("sysbatch du: cannot read directory '")
            });
            assert_eq!(unknown, None);
            assert_eq!(output.status.code(), Some(i32::from(!text.is_empty())));
            let lines = output.stdout.iter().filter(|&&byte| byte == b'\n').count();
            assert!(lines <= 1 + 40 + 40 * 20 * 3, "{lines} directories");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn output_that_cannot_be_written() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = sysbatch_du("/usr/share/doc".as_ref())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("No space left on device"), "{text}");
}

#[test]
fn a_sandbox_without_openat2() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("a/b/c")).unwrap();
    fs::create_dir(scratch.join("a/closed")).unwrap();
    fs::write(scratch.join("a/b/file"), [1; 3000]).unwrap();
    for errno in [Errno::NOSYS, Errno::PERM] {
        for paths in [&["."][..], &["a/b", "missing", "a"]] {
            let mut ours = sysbatch_du(scratch.path());
            ours.arg("-b").args(paths);
            let errno = errno.raw_os_error().unsigned_abs();
            filter::forbid(&mut ours, Sysno::openat2.id().into(), errno);
            let ours = ours.output().unwrap();
            let mut theirs = coreutils_du(scratch.path());
            same(&ours, &output_of(theirs.arg("-b").args(paths), &ours));
        }
    }
}
