//! What cannot be read, and what changes under a walk.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;
use rustix::process::Uid;
use sysbatch_walk::{Follow, Walk};

use crate::{Scratch, compare, write};

/// The user `nobody`, who may not read everything.
const NOBODY: u32 = 65_534;

/// Does something as someone whom modes apply to: in a thread of its own, since
/// the user is one of a thread to the kernel.
fn unprivileged(what: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = Uid::from_raw(NOBODY);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            what();
        });
        thread.join().unwrap();
    });
}

#[test]
fn what_may_not_be_read_is_an_error_and_the_walk_goes_on() {
    let scratch = Scratch::new();
    let modes = [
        ("closed", 0o000),
        ("list only", 0o444),
        ("search only", 0o111),
        ("open/in", 0o000),
    ];
    for name in ["closed/in", "list only/in", "search only/in", "open/in"] {
        fs::create_dir_all(scratch.join(name)).unwrap();
    }
    for name in ["closed/f", "list only/f", "search only/f", "open/f"] {
        write(scratch.join(name), 6000);
    }
    let set = |name: &str, mode| {
        fs::set_permissions(scratch.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set(".", 0o755);
    for (name, mode) in modes {
        set(name, mode);
    }
    unprivileged(|| {
        compare(scratch.path(), Follow::Never);
        compare(scratch.path(), Follow::Always);
        let closed: Vec<_> = Walk::new(scratch.join("closed")).into_iter().collect();
        let [Ok(entry), Err(error)] = &closed[..] else {
            panic!("an entry and an error, and not {closed:?}");
        };
        assert_eq!(entry.path(), scratch.join("closed"));
        assert!(error.is_about_listing());
        let text = format!(
            "cannot open directory {:?}: Permission denied (os error 13)",
            scratch.join("closed")
        );
        assert_eq!(error.to_string(), text);
        let list_only = Walk::new(scratch.join("list only"));
        let errors: Vec<_> = list_only.into_iter().filter_map(Result::err).collect();
        assert_eq!(errors.len(), 2);
        assert!(errors.iter().all(|error| !error.is_about_listing()));
        assert!(errors[0].to_string().starts_with("cannot access \""));
    });
    for (name, _) in modes {
        set(name, 0o755);
    }
}

#[test]
fn a_directory_that_is_gone_when_it_is_its_turn() {
    let scratch = Scratch::new();
    for name in ["gone/below", "replaced", "stays"] {
        fs::create_dir_all(scratch.join(name)).unwrap();
    }
    write(scratch.join("stays/file"), 10);
    let (gone, replaced) = (scratch.join("gone"), scratch.join("replaced"));
    let target = scratch.path().to_owned();
    let walk = Walk::new(scratch.path()).descend_if(move |entry| {
        if entry.file_name() == "gone" {
            fs::remove_dir_all(&gone).unwrap();
        }
        if entry.file_name() == "replaced" {
            // By a link, which is not followed.
            fs::remove_dir(&replaced).unwrap();
            symlink(&target, &replaced).unwrap();
        }
        true
    });
    let (mut names, mut errors) = (Vec::new(), Vec::new());
    for entry in walk {
        match entry {
            Ok(entry) => names.push(entry.path()),
            Err(error) => errors.push((error.path().unwrap(), error.errno().unwrap())),
        }
    }
    names.sort();
    errors.sort_by(|one, other| one.0.cmp(&other.0));
    let mut expected: Vec<_> = ["gone", "replaced", "stays", "stays/file"]
        .map(|name| scratch.join(name))
        .into();
    expected.insert(0, scratch.path().to_owned());
    assert_eq!(names, expected);
    let [(first, not_there), (second, link)] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!((first, *not_there), (&scratch.join("gone"), Errno::NOENT));
    assert_eq!(second, &scratch.join("replaced"));
    assert!([Errno::LOOP, Errno::NOTDIR].contains(link), "{link:?}");
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
    fs::create_dir_all(tree.join("stays/here")).unwrap();
    for file in 0..50 {
        write(tree.join(format!("stays/here/{file}")), file);
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
        for round in 0..60 {
            let walk = Walk::new(&tree)
                .threads(1 + round % 3)
                .sorted(round % 2 == 0);
            let mut stayed = 0;
            for entry in walk {
                match entry {
                    Ok(entry) => {
                        assert!(entry.depth() <= 4, "a link was followed to {entry:?}");
                        stayed += u32::from(entry.path().starts_with(tree.join("stays/here")));
                    }
                    Err(error) => {
                        let errno = error.errno().unwrap();
                        let known = [Errno::NOENT, Errno::LOOP, Errno::NOTDIR];
                        assert!(known.contains(&errno), "{error}");
                    }
                }
            }
            assert_eq!(stayed, 51);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_path_with_a_zero_byte() {
    let errors: Vec<_> = Walk::new("a\0b")
        .root("/")
        .max_depth(0)
        .into_iter()
        .collect();
    let [Err(error), Ok(root)] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!(error.errno(), Some(Errno::INVAL));
    assert_eq!(root.path(), std::path::Path::new("/"));
}
