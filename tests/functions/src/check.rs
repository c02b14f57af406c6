//! Functions made, compiled and compared on this machine.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, Result, ensure};

use crate::compare::{Totals, compare};
use crate::function::lists;
use crate::package::Package;
use crate::program::{How, Program, Tracer};
use crate::situation::{DISTURBANCES, Situation};

/// How many programs there are for each processor in one build.
const SHARE: usize = 2;

/// Makes so many functions and compares what they do under `strace` and alone, with batches
/// in user space; tells after each part how many there were so far, and what they came to.
///
/// # Errors
/// When a function does not do the same both ways, or something can't be run.
pub fn check(
    package: &Package,
    seed: u64,
    count: u64,
    told: &mut dyn FnMut(usize, &Totals),
) -> Result<Totals> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let mut totals = Totals::default();
    let mut done = 0;
    for lists in lists(seed, count).chunks(processors * SHARE) {
        let programs = package.build(lists)?;
        let work = Mutex::new(programs.iter().zip(lists).enumerate());
        let next = || work.lock().ok()?.next();
        let worker = || -> Result<Totals> {
            let mut totals = Totals::default();
            while let Some((index, (program, functions))) = next() {
                let folder = package.scratch().join(index.to_string());
                totals += in_user_space(program, functions, &folder, index)?;
            }
            Ok(totals)
        };
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..processors).map(|_| scope.spawn(worker)).collect();
            for worker in workers {
                let result = worker.join();
                totals += result.ok().context("a comparison has panicked")??;
            }
            Ok(())
        })?;
        done += lists.iter().map(Vec::len).sum::<usize>();
        told(done, &totals);
    }
    ensure!(
        totals.batches > count,
        "functions have few batches: {totals:?}"
    );
    ensure!(totals.signals > 0, "no signal came: {totals:?}");
    ensure!(totals.injected > 0, "no call was disturbed: {totals:?}");
    Ok(totals)
}

/// Compares in all ways that there are without the module.
fn in_user_space(
    program: &Program,
    functions: &[String],
    folder: &Path,
    index: usize,
) -> Result<Totals> {
    let mut everything = Situation::EVERYWHERE.to_vec();
    everything.push(Situation::Signals);
    let work = folder.join("work");
    fs::create_dir_all(&work)?;
    let alone = How {
        functions: functions.len(),
        situations: &everything,
        backend: "user",
        folder: &work,
        tracer: None,
    };
    let mut totals = compare(program, functions, &alone)?;
    let tracer = Tracer {
        strace: "strace",
        options: &[],
        output: &folder.join("trace"),
    };
    let traced = How {
        situations: &Situation::EVERYWHERE,
        tracer: Some(tracer),
        ..alone.clone()
    };
    totals += compare(program, functions, &traced)?;
    let options = DISTURBANCES[index % DISTURBANCES.len()];
    let disturbed = How {
        situations: &[Situation::Ordinary],
        tracer: Some(Tracer { options, ..tracer }),
        ..alone
    };
    totals += compare(program, functions, &disturbed)?;
    fs::remove_dir_all(folder)?;
    Ok(totals)
}
