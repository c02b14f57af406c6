//! In several threads the same is printed as in one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::limits::with_few_files;
use crate::{Scratch, coreutils_du, output_of, same, sysbatch_du};

/// Compares what several threads print.
#[track_caller]
fn compare(directory: &Path, arguments: &[&str]) {
    for threads in ["2", "5"] {
        let mut ours = sysbatch_du(directory);
        let ours = ours.args(["--threads", threads]).args(arguments);
        let ours = ours.output().unwrap();
        let mut theirs = coreutils_du(directory);
        same(&ours, &output_of(theirs.args(arguments), &ours));
    }
}

#[test]
fn the_same_in_several_threads() {
    let scratch = Scratch::new();
    fs::write(scratch.join("linked"), [1; 9000]).unwrap();
    for directory in 0..300 {
        let path = scratch.join(format!("{}/{}/{directory}", directory % 3, directory % 20));
        fs::create_dir_all(&path).unwrap();
        for file in 0..directory % 23 {
            fs::write(path.join(format!("file{file}")), vec![1; file * 700]).unwrap();
        }
        // It counts where it is met first.
        fs::hard_link(scratch.join("linked"), path.join("link")).unwrap();
        symlink(scratch.join((directory % 20).to_string()), path.join("to")).unwrap();
    }
    for form in [
        &["-a"][..],
        &["-s", "-B1"],
        &["-b", "-c", "1", ".", "2"],
        &["-L"],
        &["-la"],
    ] {
        compare(scratch.path(), form);
    }
    compare("/usr/share/doc".as_ref(), &[]);
    compare("/".as_ref(), &["-s", "/usr/share/doc", "/missing"]);
}

#[test]
fn few_open_files() {
    let scratch = Scratch::new();
    // So deep that each needs a descriptor to start from.
    for branch in 0..40 {
        let mut path = scratch.join(format!("{branch:0>200}"));
        for level in 0..8 {
            path.push(format!("{level:0>200}"));
        }
        fs::create_dir_all(path).unwrap();
    }
    let mut ours = sysbatch_du(scratch.path());
    let ours = with_few_files(ours.args(["--threads", "3"])).output();
    let ours = ours.unwrap();
    same(&ours, &coreutils_du(scratch.path()).output().unwrap());
}
