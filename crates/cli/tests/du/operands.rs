//! What is named on the command line.

use std::fs;
use std::os::unix::fs::symlink;

use crate::{Scratch, compare, compare_all};

fn tree() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("a/b/c")).unwrap();
    fs::create_dir_all(scratch.join("d")).unwrap();
    for file in ["top", "a/one", "a/b/two", "a/b/c/three", "d/four"] {
        fs::write(scratch.join(file), vec![1; 1000 * file.len()]).unwrap();
    }
    symlink("a", scratch.join("link")).unwrap();
    symlink("a/b", scratch.join("d/inner")).unwrap();
    scratch
}

#[test]
fn files_and_links() {
    let scratch = tree();
    for paths in [&["top"][..], &["link"], &["top", "a/one"], &["top", "top"]] {
        compare_all(scratch.path(), paths);
    }
}

#[test]
fn slashes() {
    let scratch = tree();
    for path in [
        "a/", "a//", "a///", "./a//b//", "link/", "link/b", "d/inner/",
    ] {
        compare_all(scratch.path(), &[path]);
    }
    let absolute = format!("//{}//", scratch.path().display());
    compare_all(scratch.path(), &[absolute]);
}

#[test]
fn what_was_seen_is_left_out() {
    let scratch = tree();
    for paths in [
        &["a", "a"][..],
        &["a", "a/b"],
        &["a/b", "a"],
        &["a/b/c", "a", "d", "."],
        &[".", "a", "top"],
        &["a/one", "a"],
        &["a/b/../b", "link/b", "a"],
    ] {
        compare_all(scratch.path(), paths);
    }
}

#[test]
fn what_is_not_there() {
    let scratch = tree();
    for paths in [
        &["missing"][..],
        &["missing", "a"],
        &["a", "top/below"],
        &["a", "missing", "d"],
    ] {
        compare_all(scratch.path(), paths);
    }
    let long = "x".repeat(300);
    compare_all(scratch.path(), &[long.as_str(), "a"]);
    let long = "a/../".repeat(900);
    compare_all(scratch.path(), &[long.as_str(), "a"]);
}

#[test]
fn an_empty_path() {
    let scratch = tree();
    compare_all(scratch.path(), &["", "d"]);
    compare_all(scratch.path(), &["d", "", "a"]);
    compare_all(scratch.path(), &[""]);
}

#[test]
fn thousands() {
    let scratch = Scratch::new();
    let names: Vec<_> = (0..2500).map(|index| format!("operand{index}")).collect();
    for (index, name) in names.iter().enumerate() {
        let path = scratch.join(name);
        match index % 3 {
            0 => fs::write(path, vec![0; index]).unwrap(),
            1 => fs::create_dir(path).unwrap(),
            _ => {
                fs::create_dir_all(path.join("below/again")).unwrap();
                fs::write(path.join("below/file"), vec![0; index]).unwrap();
            }
        }
    }
    compare(scratch.path(), &names);
}

#[test]
fn depths() {
    let scratch = tree();
    for depth in 0..5 {
        let depth = format!("--max-depth={depth}");
        compare(scratch.path(), &[depth.as_str(), "."]);
        compare(scratch.path(), &[depth.as_str(), "a", "d", "top"]);
    }
    let output = crate::sysbatch_du(scratch.path())
        .args(["-s", "-d1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}
