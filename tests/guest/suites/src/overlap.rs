//! Work that waits for a disk overlaps: batches that open, read and close files
//! which are in no cache, from a disk that delays each read.
//!
//! The delay is of 1 ms, for which device mapper's delay target takes one or two
//! of the kernel's jiffies, 4 ms each.

mod mapper;
mod slow;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sysbatch::{Backend, Ring, RingOptions};

use crate::harness::{Host, cases};
use crate::lab::Lab;
use slow::SlowDisk;
use work::{one_after_another, submit};

cases! {
    kernel all_wait_at_once_on_the_module within 120;
    kernel all_wait_at_once_in_user_space within 120;
    kernel sooner_on_the_module within 120;
    kernel sooner_in_user_space within 120;
}

/// How many files there must be, and how many workers there may be.
const FILES: usize = 64;
/// The delay of a read, in milliseconds.
const DELAY: u32 = 1;
/// How many times sooner all have to be read asynchronously.
const SOONER: f64 = 8.0;
/// How often each is timed at least, and at most if that does not do. The
/// shortest times count: what else wants the processor makes either longer, and
/// never shorter.
const ROUNDS: core::ops::RangeInclusive<u32> = 3..=12;

fn all_wait_at_once_on_the_module(lab: &mut Lab) {
    all_wait_at_once(lab, Host::Kernel);
}

fn all_wait_at_once_in_user_space(lab: &mut Lab) {
    all_wait_at_once(lab, Host::User);
}

fn sooner_on_the_module(lab: &mut Lab) {
    sooner(lab, Host::Kernel);
}

fn sooner_in_user_space(lab: &mut Lab) {
    sooner(lab, Host::User);
}

/// With a disk that answers nothing for a while, each batch is begun and waits
/// in a thread of its own, and submitting them waits for nothing.
fn all_wait_at_once(lab: &mut Lab, host: Host) {
    let (files, disk, ring, _) = set_up(lab, host);
    let expected = contents(&files);
    disk.forget();
    let suspended = disk.suspend();
    let submitted = submit(&ring, &files);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut waiting = 0;
    while waiting < FILES && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
        waiting = workers_that_wait_for_a_disk();
    }
    let (out, complete) = (ring.out(), submitted.complete());
    // Before anything is asserted: nothing that waits for the disk can end.
    drop(suspended);
    let outcome = submitted.wait();
    ring.shut_down(sysbatch::Shutdown::Drain);
    println!("{waiting} workers waited for the disk at once");
    assert_eq!((waiting, out, complete), (FILES, FILES, 0));
    assert!(
        outcome.contents == expected,
        "the bytes are those read alone"
    );
}

/// Reads all files one after another and asynchronously, from the disk and from
/// the cache.
fn sooner(lab: &mut Lab, host: Host) {
    let (files, disk, ring, backend) = set_up(lab, host);
    let expected = contents(&files);
    let (mut shortest_alone, mut shortest_together) = (Duration::MAX, Duration::MAX);
    for round in 1..=*ROUNDS.end() {
        disk.forget();
        let before = disk.reads();
        let alone = one_after_another(&backend, &files);
        let alone_reads = disk.reads().since(before);

        disk.forget();
        let before = disk.reads();
        let together = submit(&ring, &files).wait();
        let together_reads = disk.reads().since(before);

        let cached_alone = one_after_another(&backend, &files);
        let cached_together = submit(&ring, &files).wait();

        shortest_alone = shortest_alone.min(alone.time);
        shortest_together = shortest_together.min(together.time);
        println!(
            "round {round}: uncached one after another {:?}, asynchronous {:?}; reads {} and {}, \
             at a time {:.1} and {:.1}",
            alone.time,
            together.time,
            alone_reads.count,
            together_reads.count,
            alone_reads.at_once(),
            together_reads.at_once(),
        );
        println!(
            "round {round}: cached one after another {:?}, asynchronous {:?}",
            cached_alone.time, cached_together.time,
        );
        for outcome in [&alone, &together, &cached_alone, &cached_together] {
            assert!(
                outcome.contents == expected,
                "the bytes are those read alone"
            );
        }
        // Or it was not the disk that was waited for.
        for reads in [alone_reads, together_reads] {
            assert!(reads.count >= FILES as u64, "{reads:?}");
        }
        let ratio = shortest_alone.as_secs_f64() / shortest_together.as_secs_f64();
        if ROUNDS.contains(&round) && ratio >= SOONER {
            break;
        }
    }
    ring.shut_down(sysbatch::Shutdown::Drain);
    let ratio = shortest_alone.as_secs_f64() / shortest_together.as_secs_f64();
    println!("{shortest_alone:?} to {shortest_together:?}: {ratio:.1} times sooner");
    assert!(ratio >= SOONER, "only {ratio:.1} times sooner");
}

fn set_up(lab: &Lab, host: Host) -> (Vec<PathBuf>, SlowDisk, Ring, Arc<Backend>) {
    let directory = lab.options.tree.as_ref();
    let directory = directory.expect("--tree says where a disk with files is mounted");
    let disk = SlowDisk::new(directory, DELAY);
    let mut files = Vec::new();
    find(directory.clone(), &mut files);
    assert_eq!(files.len(), FILES, "as many files as workers");
    let backend = Arc::new(Lab::on(host, &lab.options).backend);
    let options = RingOptions::default().workers(FILES);
    let ring = Ring::with_options(Arc::clone(&backend), options).expect("a ring");
    (files, disk, ring, backend)
}

/// All regular files below a directory.
fn find(directory: PathBuf, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("readdir") {
        let entry = entry.expect("readdir");
        let kind = entry.file_type().expect("readdir");
        if kind.is_dir() {
            find(entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// What the files hold, by the calls of the standard library.
fn contents(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let contents = files.iter().map(std::fs::read);
    contents.collect::<Result<_, _>>().expect("read")
}

/// How many workers of rings in this process are in an uninterruptible sleep:
/// waiting for the disk, or for a thread that does (`proc_pid_stat(5)`).
fn workers_that_wait_for_a_disk() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("this process has threads");
    let waits = |task: std::io::Result<std::fs::DirEntry>| {
        // A thread may end meanwhile.
        let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        let (start, rest) = stat.rsplit_once(") ")?;
        let name = start.split_once('(')?.1;
        (name.starts_with("sysbatch-") && rest.starts_with('D')).then_some(())
    };
    tasks.filter_map(waits).count()
}
