//! Work that waits for a disk overlaps: batches that open, read and close files
//! which are in no cache, from a disk that delays each read.
//!
//! How much sooner all are read depends on the machine and is printed. What must
//! hold on any machine is that they wait at once.

mod mapper;
mod slow;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sysbatch::{Backend, Ring, RingOptions};

use crate::harness::{Host, cases, scaled};
use crate::lab::Lab;
use slow::{Reads, SlowDisk};
use work::{Contents, one_after_another, submit};

cases! {
    kernel all_wait_at_once_on_the_module within 120;
    kernel all_wait_at_once_in_user_space within 120;
    kernel reads_overlap_on_the_module within 240;
    kernel reads_overlap_in_user_space within 240;
}

/// How many files there must be, and how many workers there may be.
const FILES: usize = 64;
/// Delays of a read that are tried, in milliseconds, until the machine submits fast
/// enough for it: the kernel rounds them up to jiffies of 4 ms. If batches ran one
/// after another, no delay would make their reads overlap.
const DELAYS: &[u32] = &[1, 16, 64, 256];
/// How many reads must be under way at a time, on average.
const AT_ONCE: f64 = 8.0;
/// How long to wait for all workers: no more than the case may take.
const ALL_WORKERS: Duration = Duration::from_secs(60);

fn all_wait_at_once_on_the_module(lab: &mut Lab) {
    all_wait_at_once(lab, Host::Kernel);
}

fn all_wait_at_once_in_user_space(lab: &mut Lab) {
    all_wait_at_once(lab, Host::User);
}

fn reads_overlap_on_the_module(lab: &mut Lab) {
    reads_overlap(lab, Host::Kernel);
}

fn reads_overlap_in_user_space(lab: &mut Lab) {
    reads_overlap(lab, Host::User);
}

/// With a disk that answers nothing for a while, each batch is begun and waits
/// in a thread of its own, and submitting them waits for nothing.
fn all_wait_at_once(lab: &mut Lab, host: Host) {
    let (backend, disk) = (backend(lab, host), disk(lab, DELAYS[0]));
    let (files, ring) = (files(lab), ring(&backend));
    let expected = contents(&files);
    disk.forget();
    let suspended = disk.suspend();
    let submitted = submit(&ring, &files);
    let deadline = Instant::now() + scaled(ALL_WORKERS);
    let mut waiting = 0;
    while waiting < FILES && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
        waiting = workers_that_wait_for_a_disk();
    }
    let (out, complete) = (ring.out(), submitted.complete());
    // Before anything is asserted: nothing that waits for the disk can end.
    drop(suspended);
    let contents = submitted.wait();
    ring.shut_down(sysbatch::Shutdown::Drain);
    println!("{waiting} workers waited for the disk at once");
    assert_eq!((waiting, out, complete), (FILES, FILES, 0));
    assert!(contents == expected, "the bytes are those read alone");
}

/// Reads all files one after another and asynchronously, from a disk that delays
/// each read more and more until the reads overlap.
fn reads_overlap(lab: &mut Lab, host: Host) {
    let backend = backend(lab, host);
    let mut most = 0.0_f64;
    for &delay in DELAYS {
        let disk = disk(lab, delay);
        let (files, ring) = (files(lab), ring(&backend));
        let expected = contents(&files);
        let asynchronous = read_uncached(&disk, &expected, || submit(&ring, &files).wait());
        let cached = submit(&ring, &files).wait();
        assert!(cached == expected, "the bytes are those read alone");
        ring.shut_down(sysbatch::Shutdown::Drain);
        most = most.max(asynchronous.at_once());
        println!("delay {delay} ms, asynchronous: {asynchronous}");
        if delay == DELAYS[0] {
            // For comparison: it would take long on a slower disk.
            let alone = || one_after_another(&backend, &files);
            let alone = read_uncached(&disk, &expected, alone);
            let ratio = alone.busy.as_secs_f64() / asynchronous.busy.as_secs_f64();
            println!("delay {delay} ms, one after another: {alone}; {ratio:.1} times as long");
        }
        if most >= AT_ONCE {
            return;
        }
    }
    panic!("at most {most:.1} reads were under way at a time");
}

/// Reads by `read` what is in no cache and must be `expected`.
fn read_uncached(disk: &SlowDisk, expected: &Contents, read: impl FnOnce() -> Contents) -> Reads {
    disk.forget();
    let before = disk.reads();
    let contents = read();
    let reads = disk.reads().since(before);
    assert!(contents == *expected, "the bytes are those read alone");
    // Or it was not the disk that was waited for.
    assert!(reads.count >= FILES as u64, "{reads}");
    reads
}

fn tree(lab: &Lab) -> &Path {
    let directory = lab.options.tree.as_deref();
    directory.expect("--tree says where a disk with files is mounted")
}

fn disk(lab: &Lab, delay: u32) -> SlowDisk {
    SlowDisk::new(tree(lab), delay)
}

fn files(lab: &Lab) -> Vec<PathBuf> {
    let mut files = Vec::new();
    find(tree(lab).to_owned(), &mut files);
    assert_eq!(files.len(), FILES, "as many files as workers");
    files
}

fn backend(lab: &Lab, host: Host) -> Arc<Backend> {
    Arc::new(Lab::on(host, &lab.options).backend)
}

fn ring(backend: &Arc<Backend>) -> Ring {
    let options = RingOptions::default().workers(FILES);
    Ring::with_options(Arc::clone(backend), options).expect("a ring")
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
fn contents(files: &[PathBuf]) -> Contents {
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
