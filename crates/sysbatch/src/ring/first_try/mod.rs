//! The first try: as much of a batch as goes without waiting, on the thread
//! that submits it.
//!
//! A batch whose files are in the cache and whose sockets have data is through
//! before a worker would have woken up. Each call that may wait is made in its
//! documented non-blocking form, if it has one that can be told from the call
//! itself by nothing but that; at the first that would wait, or has no such
//! form, the batch stops *before* that call, and a worker goes on with it there,
//! with all earlier results in place.
//!
//! | call | what is made on the submitting thread |
//! | --- | --- |
//! | those that never wait, see [`never_waits`](sysbatch_abi::never_waits) | the call |
//! | `openat`, `open`, for reading, of regular files and directories | `openat2` with `RESOLVE_CACHED`, see [`files`] |
//! | `pread64` of regular files | `preadv2` with `RWF_NOWAIT`, if it gives all, or what there is up to the end |
//! | `read` of regular files that the batch itself has just opened | the same, at the file's offset |
//! | `read` of pipes and sockets | `preadv2` with `RWF_NOWAIT` |
//! | `write` to pipes, up to `PIPE_BUF` bytes, and to sockets that keep messages apart | `pwritev2` with `RWF_NOWAIT` |
//! | `recvfrom`, `recvmsg`; `sendto`, `sendmsg` where messages are kept apart | the call with `MSG_DONTWAIT`, see [`sockets`] |
//! | `accept`, `accept4` of sockets with `O_NONBLOCK` | the call |
//! | `close` of a file opened so | the call |
//!
//! Left to workers, although there is a form, because it is not the same call:
//! - `read` of a regular file that others may have open too: a short count
//!   cannot be told from the end of the file without moving the offset, which
//!   they would see;
//! - writing to regular files, and to streams: what is written in part cannot
//!   be taken back;
//! - receiving with `MSG_WAITALL` or `SO_RCVLOWAT`;
//! - accepting on a socket without `O_NONBLOCK`: after `poll` has said that a
//!   connection waits another thread may take it.
//!
//! # Who watches
//! A thread that a seccomp filter watches makes calls only as they are: the
//! filter is shown nothing else. A tracer sees the forms in the table; a batch
//! that is to look exactly as written is submitted without a first try.

mod files;
mod host;
mod sockets;

use core::ptr;

use rustix::io::Errno;
use sysbatch_abi::{Run, Status};

use crate::{Backend, Memory};
use host::NowaitHost;

/// How many steps may be made on the submitting thread: a loop that never waits
/// is not to keep it for long.
const STEPS: u64 = 1024;

/// Runs a batch until it would wait. Gives its result if it is over; if not,
/// the header says where it goes on.
///
/// It is interpreted in this process, whatever the backend.
///
/// # Safety
/// As for [`Backend::run`].
#[expect(unsafe_code, reason = "a batch is run")]
pub(super) unsafe fn first_try<M: Memory>(
    backend: &Backend,
    run: &mut Run,
    memory: &mut M,
) -> Option<Result<Status, Errno>> {
    let fuel = run.fuel;
    let steps = fuel.min(STEPS);
    run.fuel = steps;
    run.status = Status::None.raw();
    let mut host = NowaitHost::new(memory);
    let address = ptr::from_mut(run).expose_provenance() as u64;
    let result = sysbatch_engine::enter(&mut host, address);
    backend.count(host.crossings());
    // SAFETY: a reference is valid for reads; the word was written through the
    // address.
    let left = unsafe { (&raw const run.fuel).read_volatile() };
    run.fuel = left.saturating_add(fuel - steps);
    match result {
        Ok(Status::Punt) => None,
        Ok(Status::OutOfFuel) if run.fuel > 0 => None,
        Ok(status) => Some(Ok(status)),
        Err(error) => Some(Err(Errno::from_raw_os_error(error.errno()))),
    }
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
        unsafe { first_try(self, run, memory) }
    }
}
