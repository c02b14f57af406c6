//! The first try: as much of a batch as goes without waiting, on the thread
//! that submits it.
//!
//! A batch whose files are in the cache and whose sockets have data is through
//! before a worker would have woken up. At the first call that would wait, or
//! of which this is not known, the batch stops *before* that call, and a
//! worker goes on with it there, with all earlier results in place.
//!
//! With the kernel's device the module makes the calls themselves as long as they do not
//! wait, in one crossing (`docs/abi.md`, section 13). What follows is how it is done
//! without, and where the module gives everything back.
//!
//! There are two ways to make a call that may wait without waiting: by its documented
//! non-blocking *form*, if that differs in nothing else, and by a *look* at what
//! it would wait for, after which the call is made as it is.
//!
//! | call | if it would not wait it is made as | its result is taken if |
//! | --- | --- | --- |
//! | those that never wait, see [`never_waits`](sysbatch_abi::never_waits) | the call | always |
//! | `openat`, `open`, for reading, of local regular files and directories, and with `O_PATH` | `openat2` with `RESOLVE_CACHED`, after a look at the type, see [`open`] | it is a descriptor, or an error that is found on the way along the names |
//! | `pread64` of regular files | `preadv2` with `RWF_NOWAIT`, see [`read`] | it is all, or what there is up to the end |
//! | `read` of regular files that the batch itself has just opened | the same, at the file's offset | the same; else the offset is put back |
//! | `read` of other regular files, up to 256 KiB | the call, after a look at the cache, see [`memory`] | always |
//! | `read`, `pread64` of files of overlayfs, up to 256 KiB | the same | always |
//! | `read`, `pread64`, `write`, `pwrite64`, `getdents64` on tmpfs | the call | always |
//! | `read` of pipes, sockets, eventfds, timers | `preadv2` with `RWF_NOWAIT` | it is not `EAGAIN` and the like |
//! | `write` to pipes, up to `PIPE_BUF` bytes, and to sockets that keep messages apart | `pwritev2` with `RWF_NOWAIT` | the same |
//! | `recvfrom`, `recvmsg`; `sendto`, `sendmsg` where messages are kept apart | the call with `MSG_DONTWAIT`, see [`sockets`] | the same |
//! | `accept`, `accept4` of sockets with `O_NONBLOCK` | the call | always |
//! | `stat`, `lstat`, `fstat`, `newfstatat`, `statx`, `access`, `faccessat`, `faccessat2`, `readlink`, `readlinkat` of local files | the call, after a look at the names, see [`names`] | always |
//! | `close` of local files that are only read, pipes, sockets that do not linger, and what was opened here | the call, see [`close`] | always |
//!
//! *Local* are the files of the usual file systems of disks, and of those in
//! memory or laid over others: see [`look`].
//!
//! Left to workers, although there is a form, because it is not the same call:
//! - writing to regular files on devices, and to streams: what is written in
//!   part cannot be taken back;
//! - receiving with `MSG_WAITALL` or `SO_RCVLOWAT`;
//! - accepting on a socket without `O_NONBLOCK`: after `poll` has said that a
//!   connection waits another thread, or another process that has the socket,
//!   may take it, and `O_NONBLOCK` belongs to all of them;
//! - reading directories on devices: there is no way to find out what of them is in the cache.
//!
//! # After a look
//! between the look and the call the kernel may need the memory and drop from
//! the cache what was seen, and others may put something else under the name.
//! Then the submitting thread waits, once, as it would without a ring. The
//! result is the call's own in any case.
//!
//! # Who watches
//! A thread that a seccomp filter watches makes calls only as they are: the
//! filter is shown nothing else but `prctl(PR_GET_SECCOMP)`, once for each
//! thread, which is how it is known. Where no filter has been seen it is asked
//! again for each batch that has use for a form or a look, for a filter can come
//! at any time, from another thread too (`SECCOMP_FILTER_FLAG_TSYNC`). Of a list
//! that is submitted at once it is asked again when as many steps have been made as
//! one batch may make. A tracer sees the calls in the table and those of the looks; a
//! batch that is to look exactly as written is submitted without a first try.

mod close;
mod host;
mod look;
mod memory;
mod names;
mod open;
mod own;
mod read;
mod sockets;
mod watch;

use core::ptr;

use rustix::io::Errno;
use sysbatch_abi::{Run, Status};

use crate::{Backend, Memory};
use host::NowaitHost;
pub(super) use watch::Watch;

/// How many steps may be made on the submitting thread: a loop that never waits
/// is not to keep it for long.
pub(super) const STEPS: u64 = 1024;

/// Runs a batch until it would wait. Gives its result if it is over; if not,
/// the header says where it goes on.
///
/// With the kernel's device it is made there, by the rules of a first try in
/// `docs/abi.md`; else, and where that cannot be done, it is interpreted in this process.
///
/// # Safety
/// As for [`Backend::run`].
#[expect(unsafe_code, reason = "a batch is run")]
pub(super) unsafe fn first_try<M: Memory>(
    backend: &Backend,
    run: &mut Run,
    memory: &mut M,
    watch: &mut Watch,
) -> Option<Result<Status, Errno>> {
    let fuel = run.fuel;
    let steps = fuel.min(STEPS);
    run.fuel = steps;
    // SAFETY: the caller's promise.
    let result = match unsafe { backend.run_unless_waiting(run, memory) } {
        Some(result) => result,
        None => interpret(backend, run, memory, watch),
    };
    // SAFETY: a reference is valid for reads; the word was written through the
    // address.
    let left = unsafe { (&raw const run.fuel).read_volatile() };
    watch.passed(steps - left.min(steps));
    run.fuel = left.saturating_add(fuel - steps);
    match result {
        Ok(Status::Punt) => None,
        Ok(Status::OutOfFuel) if run.fuel > 0 => None,
        other => Some(other),
    }
}

/// Makes it in this process.
fn interpret<M: Memory>(
    backend: &Backend,
    run: &mut Run,
    memory: &mut M,
    watch: &mut Watch,
) -> Result<Status, Errno> {
    run.status = Status::None.raw();
    let mut host = NowaitHost::new(memory, *watch);
    let address = ptr::from_mut(run).expose_provenance() as u64;
    let result = sysbatch_engine::enter(&mut host, address);
    *watch = host.watch;
    backend.count(host.crossings());
    result.map_err(|error| Errno::from_raw_os_error(error.errno()))
}

impl Backend {
    /// Runs a batch on this thread until it would wait, as a submission to a
    /// ring does first. Gives its result if it is over; if not, the header says
    /// where [`Backend::run`] goes on, and with [`Status::OutOfFuel`] and fuel
    /// left that the batch has not waited but is long.
    ///
    /// For the C library, whose syslets go elsewhere by themselves.
    ///
    /// # Safety
    /// As for [`Backend::run`].
    #[doc(hidden)]
    #[expect(unsafe_code, reason = "a batch is run")]
    pub unsafe fn first_try<M: Memory>(
        &self,
        run: &mut Run,
        memory: &mut M,
    ) -> Option<Result<Status, Errno>> {
        // SAFETY: the caller's promise.
        unsafe { first_try(self, run, memory, &mut Watch::new()) }
    }
}
