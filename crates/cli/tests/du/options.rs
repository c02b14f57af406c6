//! The options, alone and together.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::fs::{CWD, Timespec, Timestamps, utimensat};

use crate::{Scratch, compare, coreutils_du, output_of, same, sysbatch_du};

/// Files of all sizes, with several names, links everywhere and times.
fn tree() -> Scratch {
    let scratch = Scratch::new();
    for directory in ["a/b/c", "d/e", "odd\n name", "empty"] {
        fs::create_dir_all(scratch.join(directory)).unwrap();
    }
    for (file, length) in [
        ("a/one", 5000),
        ("a/b/two", 20_000),
        ("a/b/c/three.o", 300_000),
        ("d/e/four.o", 10),
        ("odd\n name/it's", 1_100_000),
        (".hidden", 1),
    ] {
        fs::write(scratch.join(file), vec![1; length]).unwrap();
    }
    fs::hard_link(scratch.join("a/one"), scratch.join("d/hard")).unwrap();
    fs::hard_link(scratch.join("a/one"), scratch.join("top")).unwrap();
    for (to, link) in [
        ("a", "link"),
        ("../../d", "a/b/to d"),
        ("..", "a/up"),
        ("one", "a/to one"),
        ("nowhere", "d/broken"),
        ("itself", "d/itself"),
    ] {
        symlink(to, scratch.join(link)).unwrap();
    }
    for (file, seconds) in [
        ("a/b/two", 981_173_045),
        ("d/e/four.o", -315_619_200),
        ("a/one", 4_102_444_800),
        ("empty", 1),
    ] {
        let time = |seconds, nanoseconds| Timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds,
        };
        let times = Timestamps {
            last_access: time(seconds + 1_000_000, 7),
            last_modification: time(seconds, 123_456_789),
        };
        let flags = rustix::fs::AtFlags::empty();
        utimensat(CWD, scratch.join(file), &times, flags).unwrap();
    }
    scratch
}

/// Compares on the tree, for each of these command lines.
#[track_caller]
fn compare_each(lines: &[&str]) {
    let scratch = tree();
    for line in lines {
        let arguments: Vec<_> = line.split(' ').collect();
        compare(scratch.path(), &arguments);
    }
}

#[test]
fn which_lines() {
    compare_each(&[
        "-a",
        "-a -c",
        "-ac a d",
        "-a -d1",
        "-a --max-depth=0",
        "-d2 -a d",
        "-c",
        "-sc a d",
        "-s a missing d -c",
        "-c missing",
        "-ac missing top top",
        "-0",
        "-0 -a -c",
        "-a a link",
        "--all --total --null --max=1",
        "-t30K",
        "-t 30K -a",
        "-t -30K -a",
        "-at 24576",
        "-at -24576",
        "-at -1",
        "--threshold=0",
        "--threshold=-1MB -a",
        "-t1K -c",
    ]);
}

#[test]
fn what_counts() {
    compare_each(&[
        "-l",
        "-la",
        "-lac a d a",
        "-l a a",
        "-acl top top d",
        "-S",
        "-Sa",
        "-Sc a d",
        "-S -d1",
        "--separate-dirs -a -l",
        "--inodes",
        "--inodes -a",
        "--inodes -c a d",
        "--inodes -S",
        "--inodes -l",
        "--inodes -h",
        "--inodes -t2",
        "--inodes -BK",
        "--inodes -L",
        "--inodes -a -t -1",
    ]);
}

#[test]
fn which_links_are_followed() {
    compare_each(&[
        "-L",
        "-L -a",
        "-L -l",
        "-L -l -a a",
        "-L a d",
        "-L -a link a",
        "-L -S",
        "-L d",
        "-L -x",
        "-D link",
        "-D -a link a",
        "-H link a",
        "-D d/broken",
        "-D d/itself",
        "-D a",
        "-D -P link",
        "-P -L link",
        "-L -H link a",
        "-L -P",
        "-D -L link",
        "-L -a d/broken top",
        "-D -a link/",
        "-D -l link link",
    ]);
}

#[test]
fn many_links_to_each_other_are_followed_once() {
    // As many ways as there are orders of twelve.
    let scratch = Scratch::new();
    for from in 0..12 {
        let directory = scratch.join(format!("d{from}"));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("file"), vec![1; 5000]).unwrap();
        for to in 0..12 {
            symlink(format!("../d{to}"), directory.join(format!("to{to}"))).unwrap();
        }
    }
    for form in [&["-L"][..], &["-L", "-a"], &["-L", "d3", "d7", "."]] {
        compare(scratch.path(), form);
    }
}

#[test]
fn units() {
    compare_each(&[
        "--si",
        "--si -a",
        "-h -a",
        "-h -k",
        "-k -h",
        "-m -a",
        "-k -m",
        "-BM",
        "-B M -a",
        "-BkB -a",
        "-BKiB -a",
        "-B1MB",
        "-B 1MiB",
        "-Bhuman",
        "-B si -a",
        "-B '1",
        "-BG",
        "-B0x10",
        "-B010",
        "-h --si -a",
        "--si -h -a",
        "-hh",
        "-kkk -s -s",
        "-B7 -k",
        "-k -B7",
        "-B1 -m",
    ]);
}

#[test]
fn what_is_left_out_by_name() {
    compare_each(&[
        "--exclude=b",
        "--exclude=*.o -a",
        "--exclude=a/b",
        "--exclude=b/* -a",
        "--exclude=a a d",
        "--exclude=./a",
        "--exclude=? -a",
        "--exclude=[a-c] -a",
        "--exclude=* -a a/",
        "--exclude=a/ a/",
        "--exclude=broken -L",
        "--exclude=[[:alpha:]][[:digit:]] -a",
        "--exclude=*/e -a",
        "--exclude=.* -a",
        "--exclude=.?* -a",
        r"--exclude=\a -a",
        "--exclude=three.o --exclude=two -a",
        "--exclude=missing missing",
        "--exclude=d/e --exclude=up -L -a",
    ]);
    let scratch = tree();
    fs::write(scratch.join("patterns"), "*.o \t\n\n  tw*\nb/c\ntop").unwrap();
    fs::write(scratch.join("more"), b"\xff\n*'s\n").unwrap();
    for form in [
        &["-X", "patterns", "-a"][..],
        &["--exclude-from=patterns", "-X", "more", "-a"],
        &["-Xpatterns", "--exclude=e", "-c"],
    ] {
        compare(scratch.path(), form);
    }
    compare_with_input(&scratch, &["-X", "-", "-a"], b"*.o\ne\n");
}

#[test]
fn patterns_are_about_letters_where_the_locale_says_so() {
    let scratch = Scratch::new();
    for name in [
        &b"gr\xc3\xb6\xc3\x9fe"[..],
        b"gr12e",
        b"gr\xff\xffe",
        b"gr1234e",
    ] {
        fs::write(scratch.join(OsStr::from_bytes(name)), [1; 5000]).unwrap();
    }
    for locale in ["C", "C.UTF-8"] {
        for pattern in ["gr??e", "gr????e", "gr*e", "gr[ö]*e"] {
            let run = |mut command: Command| {
                command.env("LC_ALL", locale).arg("-a");
                command
                    .arg(format!("--exclude={pattern}"))
                    .output()
                    .unwrap()
            };
            let ours = run(sysbatch_du(scratch.path()));
            same(&ours, &run(coreutils_du(scratch.path())));
        }
    }
}

#[test]
fn other_file_systems() {
    // Several are mounted there, with few files.
    let directory = Path::new("/dev");
    for form in [
        &["-x"][..],
        &["-x", "-a"],
        &["-x", "-L"],
        &["-x", "-c", ".", "pts"],
    ] {
        compare(directory, form);
    }
}

#[test]
fn times() {
    compare_each(&[
        "--time",
        "--time -a",
        "--time=atime -a",
        "--time=access",
        "--time=use -d1",
        "--time=ctime",
        "--time=status -c a d",
        "--time=st",
        "--time=a",
        "--time -S",
        "--time --time-style=full-iso -a",
        "--time --time-style=iso",
        "--time --time-style=long-iso -c",
        "--time --time-style=+%s -a",
        "--time --time-style=+%s.%N|%A|%j|%e|%H:%M:%S%:z|%%|%Y%m%d -a",
        "--time --time-style=+",
        "--time --inodes -a -0",
        "--time -l -a",
    ]);
    let scratch = tree();
    for (name, value) in [
        ("TZ", "America/New_York"),
        ("TZ", "EST5EDT"),
        ("TZ", "<+0545>-5:45"),
        ("TZ", ""),
        ("TIME_STYLE", "+%Y"),
        ("TIME_STYLE", "+%Y\n%H"),
        ("TIME_STYLE", "locale"),
        ("TIME_STYLE", "posix-full-iso"),
    ] {
        compare_with(&scratch, &[(name, value)], &["--time", "-a"]);
    }
}

#[test]
fn paths_from_a_file() {
    let scratch = tree();
    let list = |text: &[u8]| fs::write(scratch.join("list"), text).unwrap();
    for text in [
        &b"a\0d\0"[..],
        b"a\0d",
        b"a\0\0missing\0d\0\0",
        b"",
        b"\0",
        b"a",
        b"top\0-\0a/one\0odd\n name\0a/b\0link",
    ] {
        list(text);
        for form in [
            &["--files0-from=list"][..],
            &["--files0-from", "list", "-c", "-a"],
            &["--files0-from=list", "-D"],
        ] {
            compare(scratch.path(), form);
        }
        compare_with_input(&scratch, &["--files0-from=-", "-c"], text);
    }
    list(b"a\0");
    for form in [&["--files0-from=missing"][..], &["--files0-from=list", "a"]] {
        let output = sysbatch_du(scratch.path()).args(form).output().unwrap();
        assert!(!output.status.success());
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn the_environment() {
    let scratch = tree();
    for set in [
        &[("DU_BLOCK_SIZE", "M")][..],
        &[("BLOCK_SIZE", "7")],
        &[("BLOCKSIZE", "si")],
        &[("DU_BLOCK_SIZE", "K"), ("BLOCKSIZE", "1")],
        &[("DU_BLOCK_SIZE", "x"), ("BLOCK_SIZE", "1")],
        &[("DU_BLOCK_SIZE", ""), ("BLOCK_SIZE", "1")],
        &[("BLOCK_SIZE", "7x")],
        &[("BLOCK_SIZE", "1Y")],
        &[("BLOCK_SIZE", "0")],
        &[("POSIXLY_CORRECT", "")],
        &[("POSIXLY_CORRECT", "1"), ("BLOCKSIZE", "human-readable")],
    ] {
        for form in [&["-a"][..], &["-k"], &["-s", "a", "-c"], &["--inodes"]] {
            compare_with(&scratch, set, form);
        }
    }
}

#[test]
fn options_that_cannot_be() {
    let scratch = tree();
    for form in [
        &["-s", "-a"][..],
        &["-s", "-d1"],
        &["-t", "-0"],
        &["-t", "1x"],
        &["-B0"],
        &["-B", "1kib"],
        &["-B1Y"],
        &["-X", "missing"],
        &["--time=x"],
        &["--time", "--time-style=x"],
    ] {
        let ours = sysbatch_du(scratch.path()).args(form).output().unwrap();
        let theirs = coreutils_du(scratch.path()).args(form).output().unwrap();
        assert!(
            !theirs.status.success() && !ours.status.success(),
            "{form:?}"
        );
        assert!(
            ours.stdout.is_empty() && !ours.stderr.is_empty(),
            "{form:?}"
        );
    }
    for form in [&["-s", "-d0"][..], &["-b", "--inodes"]] {
        let ours = sysbatch_du(scratch.path()).args(form).output().unwrap();
        let theirs = coreutils_du(scratch.path()).args(form).output().unwrap();
        assert_eq!(ours.stdout, theirs.stdout);
        let text = String::from_utf8(ours.stderr).unwrap();
        assert!(text.starts_with("sysbatch du: warning: "), "{text}");
        assert!(ours.status.success());
    }
}

/// Compares with variables set.
#[track_caller]
fn compare_with(scratch: &Scratch, set: &[(&str, &str)], arguments: &[&str]) {
    let run = |command: &mut Command| command.envs(set.iter().copied()).args(arguments).output();
    let ours = run(&mut sysbatch_du(scratch.path())).unwrap();
    let mut theirs = coreutils_du(scratch.path());
    theirs.envs(set.iter().copied()).args(arguments);
    same(&ours, &output_of(&mut theirs, &ours));
}

/// Compares with something on standard input.
#[track_caller]
fn compare_with_input(scratch: &Scratch, arguments: &[&str], input: &[u8]) {
    let run = |mut command: Command| -> Output {
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    };
    let ours = run(sysbatch_du(scratch.path()));
    same(&ours, &run(coreutils_du(scratch.path())));
}
