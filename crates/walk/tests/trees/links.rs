//! Symbolic links.

use std::fs;
use std::os::unix::fs::symlink;

use sysbatch_walk::{Follow, Walk};

use crate::{Scratch, compare, write};

/// Links to files and directories, up, down, across, to themselves and to
/// nothing.
fn tree() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.join("a/b/c")).unwrap();
    fs::create_dir_all(scratch.join("d/e")).unwrap();
    for file in ["a/one", "a/b/two", "a/b/c/three", "d/e/four"] {
        write(scratch.join(file), 1000 * file.len());
    }
    for (to, link) in [
        ("one", "a/to a file"),
        ("../d", "a/to d"),
        ("../../a", "a/b/up"),
        (".", "a/b/c/here"),
        ("nowhere", "a/broken"),
        ("itself", "d/itself"),
        ("../../a/b", "d/e/to b"),
        ("to d/e", "a/through a link"),
    ] {
        symlink(to, scratch.join(link)).unwrap();
    }
    symlink(scratch.join("a"), scratch.join("absolute")).unwrap();
    scratch
}

#[test]
fn links_are_entries_or_followed() {
    let scratch = tree();
    compare(scratch.path(), Follow::Never);
    compare(scratch.path(), Follow::Always);
    compare(&scratch.join("a/b"), Follow::Always);
    compare(&scratch.join("d/e/to b"), Follow::Always);
}

#[test]
fn a_loop_names_the_directory_that_it_leads_back_to() {
    let scratch = tree();
    let mut loops: Vec<_> = Walk::new(scratch.join("a/b"))
        .follow(Follow::Always)
        .max_depth(3)
        .into_iter()
        .filter_map(|entry| {
            let error = entry.err()?;
            Some((error.path()?, error.loop_ancestor()?))
        })
        .collect();
    loops.sort();
    let b = scratch.join("a/b");
    let expected = [
        (b.join("c/here"), b.join("c")),
        (b.join("up/b/up"), b.join("up")),
        (b.join("up/through a link/to b"), b.clone()),
    ];
    assert_eq!(loops, expected);
    let text = format!(
        "{}",
        Walk::new(b.join("c"))
            .follow(Follow::Always)
            .into_iter()
            .find_map(Result::err)
            .unwrap()
    );
    let c = b.join("c");
    assert_eq!(
        text,
        format!(
            "not following the symbolic link {:?}, which leads back to {c:?}, a directory that it is in",
            c.join("here")
        )
    );
}

#[test]
fn a_root_that_is_a_link() {
    let scratch = tree();
    let count = |follow| {
        let walk = Walk::new(scratch.join("absolute")).follow(follow);
        walk.into_iter().filter(Result::is_ok).count()
    };
    assert_eq!(count(Follow::Never), 1);
    let inside = Walk::new(scratch.join("a")).into_iter().count();
    assert_eq!(count(Follow::Roots), inside);
    let links = Walk::new(scratch.join("absolute"))
        .follow(Follow::Roots)
        .into_iter()
        .filter(|entry| entry.as_ref().unwrap().path_is_symlink())
        .count();
    assert_eq!(links, 6);
}
