//! Attempts to get a call past a filter, each written down as a test that shows it
//! fails.
//!
//! What must not happen is always the same: that a directory is made
//! ([`Goal`]), which filters forbid by number or by argument. Each attempt is made
//! twice, each time in a process of its own: without the filter, where it must
//! reach the goal, for else it would show nothing; and with the filter, where it must
//! not. That it fails in the same way as the call made alone is for `watched` to show.
//!
//! Not among them, because they are the same without batches: a filter that forgets a
//! call which does the same, looks at half of an argument, or is asked about memory
//! that another thread may change (`seccomp(2)`); and a thread without a filter, which
//! may be asked to make a call by one that has one.

mod actions;
#[cfg(target_arch = "x86_64")]
mod compat;
mod descriptors;
mod formats;
mod headers;
mod moments;
mod numbers;
mod pauses;
mod races;
mod rewrites;
mod tracers;
mod vehicles;
mod ways;

use std::ffi::CString;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::encode;
use syscalls::Sysno;

use crate::arch::{self, MKDIR};
use crate::harness::Case;
use crate::lab::{Batch, Lab, address_of, at, error, imm, sys};
use crate::process::{ended, fork};
use crate::scratch::Scratch;
use crate::watched::filter::{Instruction, fail_with, filters_of, install, install_for_all};

pub(crate) fn cases() -> Vec<Case> {
    let cases = vec![
        numbers::cases(),
        rewrites::cases(),
        races::cases(),
        pauses::cases(),
        headers::cases(),
        formats::cases(),
        descriptors::cases(),
        moments::cases(),
        actions::cases(),
        tracers::cases(),
        vehicles::cases(),
        ways::cases(),
        #[cfg(target_arch = "x86_64")]
        compat::cases(),
    ];
    cases.concat()
}

/// The directory that must not be made: `made` in a directory `closed`. There is
/// another, `open`, in which filters forbid nothing.
struct Goal {
    scratch: Scratch,
    path: CString,
    closed: OwnedFd,
    open: OwnedFd,
}

/// Its name.
const MADE: &core::ffi::CStr = c"made";
/// The rights that it is made with.
const MODE: i32 = 0o700;

impl Goal {
    fn new() -> Self {
        let scratch = Scratch::new("bypass");
        let directory = |name: &str| {
            std::fs::create_dir(scratch.path().join(name)).expect("mkdir");
            let path = scratch.file(name);
            let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY;
            rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("open")
        };
        Self {
            closed: directory("closed"),
            open: directory("open"),
            path: scratch.file("closed/made"),
            scratch,
        }
    }

    /// Whether the directory was made.
    fn is_reached(&self) -> bool {
        self.scratch.path().join("closed/made").exists()
    }

    /// Makes it possible to reach it once more.
    fn reset(&self) {
        // It may be there or not.
        let _ = rustix::fs::rmdir(&self.path);
    }

    /// The address of its path.
    fn path(&self) -> u64 {
        address_of(self.path.to_bytes_with_nul())
    }

    /// The arguments of `mkdir` that make it.
    fn args(&self) -> impl AsRef<[u64]> + use<> {
        arch::mkdir_arguments(self.path(), u64::from(MODE.unsigned_abs()))
    }

    /// The call that makes it, by `mkdir`.
    fn mkdir(&self) -> Entry {
        arch::mkdir(at(self.path()), imm(MODE))
    }

    /// The same, by `mkdirat` and the directory that it lies in.
    fn mkdirat(&self) -> Entry {
        mkdirat(self.closed.as_raw_fd())
    }

    /// The descriptor by which filters know the directory that it lies in.
    fn closed(&self) -> u64 {
        u64::from(self.closed.as_raw_fd().unsigned_abs())
    }
}

/// The call that makes the directory in the one with this descriptor.
fn mkdirat(directory: i32) -> Entry {
    let name = at(address_of(MADE.to_bytes_with_nul()));
    sys(Sysno::mkdirat, [imm(directory), name, imm(MODE)])
}

/// The filter of an attempt, or none.
struct Guard<'a>(Option<&'a [Instruction]>);

impl Guard<'_> {
    fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Installs it for this thread.
    fn install(&self) {
        if let Some(filter) = self.0 {
            install(filter);
        }
    }

    /// Installs it for all threads of the process.
    fn install_for_all(&self) {
        if let Some(filter) = self.0 {
            install_for_all(filter);
        }
    }

    /// What the forbidden call returns.
    fn result(&self) -> i64 {
        self.or(0, error(REFUSED))
    }

    /// The first if there is no filter, else the second: for attempts that come to
    /// nothing without a filter, too.
    fn or<T>(&self, without: T, with: T) -> T {
        if self.is_on() { with } else { without }
    }
}

/// What filters fail the forbidden call with, as nothing else fails here.
const REFUSED: Errno = Errno::XDEV;

/// A filter that forbids to make directories at all, with this action.
fn no_directories(action: u32) -> Vec<Instruction> {
    filters_of(&[MKDIR, Sysno::mkdirat], action)
}

/// The filter of most attempts.
fn refusing() -> Vec<Instruction> {
    no_directories(fail_with(REFUSED))
}

/// A filter that forbids `mkdirat` in the directory with this descriptor.
fn refusing_in(goal: &Goal) -> Vec<Instruction> {
    let closed = goal.closed.as_raw_fd().unsigned_abs();
    crate::watched::filter::filter_argument(Sysno::mkdirat, closed, fail_with(REFUSED)).to_vec()
}

/// What an attempt does, in a process of its own.
type Body<'a> = &'a dyn Fn(&mut Lab, &Goal, &Guard<'_>);

/// Makes an attempt with and without the filter that `make` gives.
#[track_caller]
fn attempt_with(lab: &mut Lab, make: impl Fn(&Goal) -> Vec<Instruction>, body: Body<'_>) {
    for is_guarded in [false, true] {
        let status = make_attempt(lab, is_guarded, &make, body);
        assert_eq!(
            status.exit_status(),
            Some(0),
            "with filter {is_guarded}: {status:?}"
        );
    }
}

/// The same with a filter that ends the process by `SIGSYS`.
#[track_caller]
fn fatal_attempt(lab: &mut Lab, filter: &[Instruction], signal: Signal, body: Body<'_>) {
    let make = |_: &Goal| filter.to_vec();
    let status = make_attempt(lab, false, &make, body);
    assert_eq!(status.exit_status(), Some(0), "{status:?}");
    let status = make_attempt(lab, true, &make, body);
    let ended_by = status.terminating_signal();
    assert_eq!(ended_by, Some(signal.as_raw()), "{status:?}");
}

#[track_caller]
fn make_attempt(
    lab: &mut Lab,
    is_guarded: bool,
    make: &dyn Fn(&Goal) -> Vec<Instruction>,
    body: Body<'_>,
) -> rustix::process::WaitStatus {
    let goal = Goal::new();
    let filter = make(&goal);
    let guard = Guard(is_guarded.then_some(&filter));
    let child = fork(|| body(lab, &goal, &guard));
    let status = ended(child);
    assert_eq!(
        goal.is_reached(),
        !is_guarded,
        "the directory is there, with filter {is_guarded}: {status:?}"
    );
    status
}

/// Makes an attempt with and without a filter that forbids to make directories.
#[track_caller]
fn attempt(lab: &mut Lab, body: Body<'_>) {
    attempt_with(lab, |_| refusing(), body);
}

/// Makes an attempt with and without a filter that forbids it by an argument.
#[track_caller]
fn attempt_by_argument(lab: &mut Lab, body: Body<'_>) {
    attempt_with(lab, refusing_in, body);
}

/// Runs a batch to its end.
#[track_caller]
fn done(lab: &mut Lab, batch: &mut Batch) {
    assert_eq!(lab.run(batch), Ok(Status::Done), "{batch:?}");
}

/// The address of an entry of a batch.
fn entry_at(batch: &Batch, index: u64) -> u64 {
    batch.run.program + 64 * index
}

/// Where the arguments of an entry begin.
const ARGUMENTS: u64 = 16;

/// The two words of an entry before its arguments.
fn words_of(entry: &Entry) -> [u64; 2] {
    let bytes = encode(entry);
    let (words, _) = bytes.as_chunks::<8>();
    [words[0], words[1]].map(u64::from_le_bytes)
}
