//! No limit from depth, width, path length or open files.

use std::fs::{self, File};
use std::process::Command;

use rustix::fs::{Mode, mkdirat};

use crate::{Scratch, compare, compare_all, coreutils_du, descend, output_of, same, sysbatch_du};

/// The same command, allowed few open files.
pub(crate) fn with_few_files(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 32; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

#[test]
fn thousands_of_levels() {
    let scratch = Scratch::new();
    descend(scratch.path(), (0..4000).map(|level| format!("d{level}")));
    compare(scratch.path(), &["-s", "-b"]);
    compare(scratch.path(), &["-s", "-B1"]);
    compare(scratch.path(), &["-d1500", "-k"]);
}

#[test]
fn long_names_at_every_level_and_few_open_files() {
    let scratch = Scratch::new();
    // 600 times 250 bytes, with others to come back to at each level.
    let last = descend(
        scratch.path(),
        (0..600).map(|level| format!("{level:0>250}")),
    );
    mkdirat(&last, "last", Mode::RWXU).unwrap();
    let mut directory = fs::canonicalize(scratch.path()).unwrap();
    for level in 0..12 {
        directory.push(format!("{level:0>250}"));
        for sibling in 0..5 {
            fs::create_dir_all(directory.join(format!("sibling{sibling}/below"))).unwrap();
        }
    }
    compare(scratch.path(), &["-s", "-b"]);
    let mut ours = sysbatch_du(scratch.path());
    ours.args(["-d300", "-b"]);
    let ours = with_few_files(&ours).output().unwrap();
    let mut theirs = coreutils_du(scratch.path());
    theirs.args(["-d300", "-b"]);
    same(&ours, &output_of(&mut theirs, &ours));
}

#[test]
fn many_operands_and_few_open_files() {
    let scratch = Scratch::new();
    let names: Vec<_> = (0..200).map(|index| format!("operand{index}")).collect();
    for name in &names {
        fs::create_dir_all(scratch.join(name).join("x/y")).unwrap();
        fs::create_dir_all(scratch.join(name).join("z")).unwrap();
    }
    let mut ours = sysbatch_du(scratch.path());
    ours.args(&names);
    let ours = with_few_files(&ours).output().unwrap();
    same(
        &ours,
        &coreutils_du(scratch.path()).args(&names).output().unwrap(),
    );
}

#[test]
fn a_hundred_thousand_files() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.join("large")).unwrap();
    for index in 0_u32..100_100 {
        let file = File::create(scratch.join(format!("large/file {index}"))).unwrap();
        file.set_len((index % 777).into()).unwrap();
    }
    compare(scratch.path(), &["-b"]);
    compare(scratch.path(), &["-s", "-B1"]);
}

#[test]
fn many_names_are_taken_by_inode_number() {
    // Made in an order that is that of neither the names nor the directory, and
    // with links that count where they are met first.
    let scratch = Scratch::new();
    fs::write(scratch.join("linked"), [1; 4000]).unwrap();
    for number in [9_990, 10_000, 10_001, 10_100] {
        let top = scratch.join(format!("with {number}"));
        fs::create_dir(&top).unwrap();
        for index in 0..number {
            let path = top.join(format!("{:08x}", index * 7919 % number));
            if index % 100 == 0 {
                fs::create_dir(&path).unwrap();
                fs::hard_link(scratch.join("linked"), path.join("link")).unwrap();
            } else {
                File::create(&path).unwrap();
            }
        }
        fs::write(top.join("linked too"), [1; 4000]).unwrap();
        fs::hard_link(top.join("linked too"), top.join("00000000/link too")).unwrap();
    }
    compare_all(scratch.path(), &["."]);
}
