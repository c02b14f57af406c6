//! A process that makes random calls.
#![expect(unsafe_code, reason = "namespaces, capabilities and standard streams")]

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rustix::io::Errno;
use rustix::process::{Pid, Resource};
use rustix::thread::UnshareFlags;
use sysbatch::abi::Status;
use sysbatch_reference::random::Random;

use super::arguments::{self, Arena};
use crate::harness::{Host, Options, become_nobody};
use crate::lab::{Batch, Lab};
use crate::pages::Pages;
use crate::process::{ended, fork};
use crate::scratch::Scratch;

/// What a worker tells the case, in memory that they share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    words: [&'static AtomicU64; 5],
    made: [&'static AtomicU64; 8],
}

impl Progress {
    pub(super) fn new() -> Self {
        let pages = Pages::shared(1);
        Self {
            words: std::array::from_fn(|index| pages.atomic(8 * index)),
            made: std::array::from_fn(|index| pages.atomic(64 + 8 * index)),
        }
    }

    /// Batches that it has begun.
    pub(super) fn batches(self) -> &'static AtomicU64 {
        self.words[0]
    }

    /// The number of the first process of its namespace, once there is one.
    pub(super) fn first(self) -> &'static AtomicU64 {
        self.words[1]
    }

    /// Calls that it has made, and those of them that failed.
    pub(super) fn calls(self) -> &'static AtomicU64 {
        self.words[2]
    }

    pub(super) fn errors(self) -> &'static AtomicU64 {
        self.words[3]
    }

    /// Calls that were handed back, and are not made.
    pub(super) fn handed_back(self) -> &'static AtomicU64 {
        self.words[4]
    }

    fn notes(self, number: i32) {
        if let Ok(number) = usize::try_from(number)
            && let Some(word) = self.made.get(number / 64)
        {
            word.fetch_or(1 << (number % 64), SeqCst);
        }
    }

    pub(super) fn has_made(self, number: u64) -> bool {
        let word = self.made[usize::try_from(number / 64).expect("small")];
        word.load(SeqCst) & 1 << (number % 64) != 0
    }
}

/// Batches that a worker runs, if it lives that long, and calls in each.
const BATCHES: u64 = 60;
const CALLS: u64 = 12;

/// Starts a worker. Its namespaces end with the process that is returned.
pub(super) fn start(options: &Options, scratch: &Scratch, seed: u64, progress: Progress) -> Pid {
    let directory = scratch.path().join(seed.to_string());
    std::fs::create_dir(&directory).expect("mkdir");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&directory, mode).expect("chmod");
    fork(|| {
        std::env::set_current_dir(&directory).expect("chdir");
        become_nobody();
        let mut random = Random::new(seed);
        if random.once_in(2) {
            // Root there, and in nothing that matters.
            unshare(UnshareFlags::NEWUSER);
            unshare(
                UnshareFlags::NEWNS
                    | UnshareFlags::NEWIPC
                    | UnshareFlags::NEWNET
                    | UnshareFlags::NEWUTS,
            );
        } else {
            unshare(UnshareFlags::NEWUSER);
        }
        // Processes that it may send signals to are its own.
        unshare(UnshareFlags::NEWPID);
        limit(Resource::Fsize, 1 << 20);
        limit(Resource::As, 256 << 20);
        limit(Resource::Core, 0);
        limit(Resource::Cpu, 20);
        limit(Resource::Nofile, 64);
        limit(Resource::Memlock, 1 << 20);
        // The first one there is deaf to most signals.
        let first = fork(|| {
            let worker = fork(|| work(options, &mut random, progress));
            ended(worker);
        });
        let number = u64::try_from(first.as_raw_nonzero().get()).expect("positive");
        progress.first().store(number, SeqCst);
        ended(first);
    })
}

fn unshare(what: UnshareFlags) {
    // SAFETY: this process has one thread.
    unsafe { rustix::thread::unshare_unsafe(what) }.expect("unshare");
}

fn limit(resource: Resource, value: u64) {
    let mut limit = rustix::process::getrlimit(resource);
    limit.current = Some(value);
    limit.maximum = Some(value);
    rustix::process::setrlimit(resource, limit).expect("setrlimit");
}

/// What the worker does until its end, whatever that is.
fn work(options: &Options, random: &mut Random, progress: Progress) {
    quiet();
    let mut lab = Lab::on(Host::User, options);
    let (backend, _) = crate::module::open().expect("the module is loaded");
    lab.backend = backend;
    let arena = Arena::new(random);
    if random.once_in(2) {
        // `struct __user_cap_header_struct` of version 3, and no capability.
        let (header, none) = ([0x2008_0522_u64], [0_u64; 3]);
        // SAFETY: both are as long as the version says.
        let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
        assert_eq!(result, 0, "capset");
    }
    for _ in 0..BATCHES {
        progress.batches().fetch_add(1, SeqCst);
        let entries: Vec<_> = (0..CALLS)
            .map(|_| arguments::call(random, &arena))
            .collect();
        if run(&mut lab, &mut Batch::new(entries), progress).is_err() {
            // It has closed the device, or destroyed the batch.
            return;
        }
    }
}

/// Runs a batch to its end. Calls that are handed back are left out.
fn run(lab: &mut Lab, batch: &mut Batch, progress: Progress) -> Result<(), Errno> {
    loop {
        let pc = batch.run.pc;
        let status = lab.enter(batch);
        let at = usize::try_from(batch.run.pc).expect("small");
        let from = usize::try_from(pc).expect("small");
        for (entry, result) in batch.entries.iter().zip(&batch.results).take(at).skip(from) {
            progress.notes(entry.nr);
            progress.calls().fetch_add(1, SeqCst);
            let failed = (-4095..0).contains(result);
            progress.errors().fetch_add(u64::from(failed), SeqCst);
        }
        match status {
            Ok(Status::Punt) => {
                progress.handed_back().fetch_add(1, SeqCst);
                batch.run.pc += 1;
            }
            Err(Errno::INTR) => batch.run.pc += 1,
            Ok(_) => return Ok(()),
            Err(error) => return Err(error),
        }
        batch.run.resume = 0;
    }
}

/// What it writes and says is nobody's affair.
fn quiet() {
    std::panic::set_hook(Box::new(|_| {}));
    let null = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .expect("/dev/null");
    for stream in 0..3 {
        let from = std::os::fd::AsRawFd::as_raw_fd(&null);
        // SAFETY: the standard streams belong to nobody else.
        assert_eq!(unsafe { libc::dup2(from, stream) }, stream, "dup2");
    }
}
