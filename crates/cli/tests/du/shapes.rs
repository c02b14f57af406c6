//! Trees of every shape.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode};

use crate::{Scratch, compare, compare_all};

#[test]
fn the_library_of_the_system() {
    let root = "/usr/share/doc";
    compare_all(root.as_ref(), &["."]);
    compare_all("/".as_ref(), &[root]);
}

#[test]
fn nothing_at_all() {
    let scratch = Scratch::new();
    compare_all(scratch.path(), &["."]);
    compare_all::<&str>(scratch.path(), &[]);
}

#[test]
fn every_kind_of_file() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), [1; 5000]).unwrap();
    fs::write(scratch.join("empty"), []).unwrap();
    let _socket = UnixListener::bind(scratch.join("socket")).unwrap();
    let fifo = scratch.join("fifo");
    rustix::fs::mknodat(CWD, fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
    std::os::unix::fs::symlink("/usr", scratch.join("link to a directory")).unwrap();
    std::os::unix::fs::symlink("x".repeat(3000), scratch.join("long link")).unwrap();
    compare_all(scratch.path(), &["."]);
}

#[test]
fn sparse_files() {
    let scratch = Scratch::new();
    for (index, length) in [
        0,
        1,
        511,
        1023,
        1024,
        10_239,
        10_241,
        1_047_553,
        1 << 33,
        1 << 42,
    ]
    .into_iter()
    .enumerate()
    {
        let directory = scratch.join(index.to_string());
        fs::create_dir(&directory).unwrap();
        let file = File::create(directory.join("sparse")).unwrap();
        file.set_len(length).unwrap();
    }
    compare_all(scratch.path(), &["."]);
    for unit in ["-h", "-k", "-B1", "-B7", "-B1M", "-B3G"] {
        compare(scratch.path(), &["--apparent-size", unit, "."]);
    }
    compare(scratch.path(), &["-b", "-h", "."]);
}

#[test]
fn names_of_any_bytes() {
    let scratch = Scratch::new();
    let names: &[&[u8]] = &[
        b"\xff\xfe\xfd",
        b"new\nline",
        b"tab\tand\x1b[31mcolour",
        b"-s",
        b"...",
        b".hidden",
        b".a",
        b"..b",
        b"a",
        b"abcd",
        b"abcde",
        "größe".as_bytes(),
        &[b'x'; 255],
        &[0x80; 254],
    ];
    for name in names {
        let directory = scratch.join(OsStr::from_bytes(name));
        fs::create_dir(&directory).unwrap();
        for name in names {
            fs::write(directory.join(OsStr::from_bytes(name)), name).unwrap();
        }
    }
    compare_all(scratch.path(), &["."]);
}

#[test]
fn hard_links_count_once_where_they_are_found_first() {
    let scratch = Scratch::new();
    for name in ["a/x", "a/y", "b/x", "b/y", "c"] {
        fs::create_dir_all(scratch.join(name)).unwrap();
    }
    for (index, name) in ["a/x", "b/y", "c", "."].into_iter().enumerate() {
        let first = scratch.join(name).join(format!("file{index}"));
        fs::write(&first, vec![7; 10_000 * (index + 1)]).unwrap();
        for other in ["a", "a/y", "b", "b/x", "b/y", "c", "."] {
            fs::hard_link(&first, scratch.join(other).join(format!("link{index}"))).unwrap();
        }
    }
    compare_all(scratch.path(), &["."]);
    compare_all(scratch.path(), &["b", "a", "c"]);
    compare_all(scratch.path(), &["c/link0", "b"]);
}

#[test]
fn directories_of_middling_size_fill_the_arenas_anywhere() {
    let scratch = Scratch::new();
    for directory in 0..400 {
        let path = scratch.join(format!("directory {directory}"));
        fs::create_dir(&path).unwrap();
        for file in 0..directory % 37 {
            let name = format!("{file}{}", "n".repeat(directory % 200));
            fs::write(path.join(name), vec![0; file]).unwrap();
        }
    }
    compare_all(scratch.path(), &["."]);
}

#[test]
fn a_directory_below_itself_by_a_mount() {
    // Needs a mount namespace of its own, which root has, and others mostly
    // get from a user namespace.
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("top/below/again")).unwrap();
    fs::write(scratch.join("top/file"), [1; 9000]).unwrap();
    let run = |command: &str, form: &str| {
        let script = format!("mount --bind top top/below/again && exec {command} {form} top");
        let output = std::process::Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", &script])
            .env("SYSBATCH_BACKEND", "user")
            .env("LC_ALL", "C")
            .current_dir(scratch.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    };
    let ours = format!("{} du", env!("CARGO_BIN_EXE_sysbatch"));
    for form in ["-b", "-B1", "-s -B1"] {
        let ours = run(&ours, form);
        let theirs = crate::reference::comparable(form.split(' '), run("du", form), &ours);
        crate::same(&ours, &theirs);
    }
}
