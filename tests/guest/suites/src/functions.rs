//! Functions made at random, with `combine` and without: programs of them have been built on
//! the host, and are compared here with batches run by the module. Functions have relative
//! paths only, and work in a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use sysbatch_functions::{DISTURBANCES, How, Program, Situation, Totals, Tracer, compare, lists};
use sysbatch_guest::NOTE;

use crate::harness::cases;
use crate::lab::Lab;

cases! {
    kernel each_batch_takes_one_crossing_and_all_is_the_same within 500;
    kernel strace_sees_the_same_calls within 300;
}

/// Where the tracer is.
const STRACE: &str = "/strace/strace";

/// Where it writes to.
const TRACE: &str = "/tmp/trace";

/// How many functions of each program a tracer follows, which takes its time.
const TRACED: usize = 10;

/// How many programs it follows.
const TRACED_PROGRAMS: usize = 2;

/// Of a hundred batches at least so many take one crossing: calls of the others were handed
/// back, as where a signal came.
const IN_ONE_CROSSING: u64 = 99;

fn each_batch_takes_one_crossing_and_all_is_the_same(lab: &mut Lab) {
    let mut situations = Situation::EVERYWHERE.to_vec();
    situations.extend([Situation::Full, Situation::Signals]);
    let folder = Small::mount();
    let mut totals = Totals::default();
    for (program, functions) in programs(lab) {
        let how = How {
            functions: functions.len(),
            situations: &situations,
            backend: "kernel",
            folder: folder.path(),
            tracer: None,
        };
        totals += same(&program, &functions, &how);
    }
    note(&totals);
    assert!(totals.batches > lab.options.count, "few batches");
    assert!(totals.signals > 0, "no signal came");
    let others = totals.crossings - totals.batches;
    assert!(
        others * 100 <= totals.batches * (100 - IN_ONE_CROSSING),
        "many calls were handed back"
    );
}

fn strace_sees_the_same_calls(lab: &mut Lab) {
    let mut situations = Situation::EVERYWHERE.to_vec();
    situations.push(Situation::Full);
    let folder = Small::mount();
    let mut totals = Totals::default();
    for (program, functions) in programs(lab).into_iter().take(TRACED_PROGRAMS) {
        let tracer = Tracer {
            strace: STRACE,
            options: &[],
            output: Path::new(TRACE),
        };
        let traced = How {
            functions: functions.len().min(TRACED),
            situations: &situations,
            backend: "kernel",
            folder: folder.path(),
            tracer: Some(tracer),
        };
        totals += same(&program, &functions, &traced);
        for options in DISTURBANCES {
            let disturbed = How {
                situations: &[Situation::Ordinary],
                tracer: Some(Tracer { options, ..tracer }),
                ..traced.clone()
            };
            totals += same(&program, &functions, &disturbed);
        }
    }
    note(&totals);
    assert!(totals.entries >= totals.batches, "batches were not entered");
    assert!(totals.batches > 0, "no batches");
    assert!(totals.injected > 0, "no call was disturbed");
}

/// Says what was compared.
fn note(totals: &Totals) {
    println!("{NOTE}{totals}");
}

fn same(program: &Program, functions: &[String], how: &How<'_>) -> Totals {
    compare(program, functions, how).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The programs, with their functions.
fn programs(lab: &Lab) -> Vec<(Program, Vec<String>)> {
    let disk = lab
        .options
        .tree
        .as_ref()
        .expect("the disk with the programs");
    let seed = lab.options.seed.expect("the seed of the functions");
    let lists = lists(seed, lab.options.count);
    let file = |index: usize| Program {
        file: disk.join(index.to_string()),
    };
    let found = fs::read_dir(disk).expect("the disk").count();
    // Beside them there is lost+found.
    assert_eq!(found, lists.len() + 1, "programs of other functions");
    lists
        .into_iter()
        .enumerate()
        .map(|(index, list)| (file(index), list))
        .collect()
}

/// A file system that is soon full.
struct Small(PathBuf);

impl Small {
    fn mount() -> Self {
        let path = Path::new("/tmp/small");
        fs::create_dir_all(path).expect("a directory");
        mount("none", path, "tmpfs", MountFlags::empty(), c"size=256k").expect("it can be mounted");
        Self(path.to_owned())
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}
