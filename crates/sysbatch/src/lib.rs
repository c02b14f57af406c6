//! Many system calls in one crossing to the kernel.
//!
//! A program often knows several system calls in advance: open this file, read it,
//! close it; stat these two hundred names. Each of them alone costs a
//! crossing from user space to the kernel and back. A [`Batch`] holds any number of
//! them, with branches and loops, and the result of one can be an argument of the
//! next; a [`Backend`] runs it in one crossing.
//!
//! By hand, with three crossings:
//!
//! ```
//! let path = c"/proc/version";
//! let mut buffer = [0_u8; 256];
//! // SAFETY: the path ends with a zero byte, the buffer is as long as is said,
//! // and the descriptor is nobody else's.
//! let length = unsafe {
//!     let file = libc::openat(libc::AT_FDCWD, path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
//!     if file < 0 {
//!         return Err(std::io::Error::last_os_error());
//!     }
//!     let length = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
//!     let error = std::io::Error::last_os_error();
//!     if libc::close(file) < 0 {
//!         return Err(std::io::Error::last_os_error());
//!     }
//!     usize::try_from(length).map_err(|_| error)?
//! };
//! assert!(buffer[..length].starts_with(b"Linux version"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The same as a batch, with one:
//!
//! ```
//! use sysbatch::rustix::fs::{CWD, Mode, OFlags};
//! use sysbatch::{Backend, Batch};
//!
//! let backend = Backend::select()?;
//! let mut buffer = [0_u8; 256];
//!
//! let mut batch = Batch::new();
//! let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
//! let read = batch.read(&file, &mut buffer);
//! batch.close(file);
//!
//! let results = batch.run(&backend)?;
//! results.check()?;
//! let length = results.get(&read)?;
//! # drop(results);
//! assert!(buffer[..length].starts_with(b"Linux version"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The compiler checks what the comment above only promises. A batch borrows
//! the memory that its calls write to, so the buffer cannot be read or
//! freed before the batch is dropped:
//!
//! ```compile_fail,E0502
//! # use sysbatch::{Backend, Batch};
//! # let file = std::fs::File::open("/proc/version").unwrap();
//! let mut buffer = [0_u8; 256];
//! let mut batch = Batch::new();
//! batch.read(&file, &mut buffer);
//! println!("{buffer:?}");
//! batch.run(&Backend::user()).unwrap();
//! ```
//!
//! A descriptor must stay open as long as the batch may use it, and one that
//! the batch has closed cannot be used again:
//!
//! ```compile_fail,E0505
//! # use sysbatch::{Backend, Batch};
//! let file = std::fs::File::open("/proc/version").unwrap();
//! let mut batch = Batch::new();
//! batch.fsync(&file);
//! drop(file);
//! batch.run(&Backend::user()).unwrap();
//! ```
//!
//! ```compile_fail,E0382
//! # use rustix::fs::{CWD, Mode, OFlags};
//! # use sysbatch::Batch;
//! # let mut batch = Batch::new();
//! let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY, Mode::empty());
//! batch.close(file);
//! batch.close(file);
//! ```
//!
//! What a run opened lives no longer than its results, unless it is taken:
//!
//! ```compile_fail,E0499
//! # use rustix::fs::{CWD, Mode, OFlags};
//! # use sysbatch::{Backend, Batch};
//! # let backend = Backend::user();
//! # let mut batch = Batch::new();
//! let file = batch.openat(CWD, "/proc/version", OFlags::RDONLY, Mode::empty());
//! let results = batch.run(&backend).unwrap();
//! let fd = results.fd(&file).unwrap();
//! batch.run(&backend).unwrap();
//! println!("{fd:?}");
//! ```
//!
//! # What fails
//!
//! A call that fails does not end the batch, as it would not end a program:
//! calls that need its result are skipped, and [`Batch::on_error`] can branch
//! elsewhere. [`Results::check`] returns the first error; [`Results::get`] the
//! result of one call. As always, a write may be short, which is not an
//! error.
//!
//! The error of a call that was skipped names the failure that caused it, and has
//! its kind and number:
//!
//! ```
//! # use rustix::fs::{CWD, Mode, OFlags};
//! # use rustix::io::Errno;
//! # use sysbatch::{Backend, Batch};
//! fn first_bytes(path: &str) -> std::io::Result<[u8; 16]> {
//!     let mut bytes = [0; 16];
//!     let mut batch = Batch::new();
//!     let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
//!     let read = batch.read(&file, &mut bytes);
//!     batch.run(&Backend::select()?)?.get(&read)?;
//!     drop(batch);
//!     Ok(bytes)
//! }
//!
//! let error = first_bytes("/missing").unwrap_err();
//! assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
//! assert_eq!(sysbatch::errno(&error), Some(Errno::NOENT));
//! assert_eq!(
//!     error.to_string(),
//!     "read (entry 1): not executed, because openat (entry 0) failed: \
//!      No such file or directory (os error 2)"
//! );
//! ```
//!
//! Every error converts to [`std::io::Error`] and can be sent to other threads,
//! so `?` works in functions that return [`std::io::Result`] or `anyhow::Result`.
//!
//! # Memory
//!
//! Calls fill what [rustix](rustix::buffer::Buffer) fills: `&mut [u8]`,
//! `&mut [MaybeUninit<u8>]`, and with [`spare_capacity`] the capacity of a vector, see
//! [`Destination`]. [`Batch::buffer`] and [`Batch::lend`] are for memory that several calls
//! work on. [`Results::filled`] gives the bytes that a call put there.
//!
//! # Loops
//!
//! A whole file is copied in one crossing, however long it is. The length of
//! each write is the result of the read before it:
//!
//! ```
#![doc = include_str!("../examples/copy/copy.rs")]
//!
//! # let directory = tempfile::tempdir()?;
//! # let [source, target] = ["source", "target"].map(|name| directory.path().join(name));
//! # std::fs::write(&source, vec![7; 3 << 20])?;
//! let backend = Backend::select()?;
//! assert_eq!(copy(&backend, &source, &target)?, 3 << 20);
//! // No space left on device
//! assert!(copy(&backend, &source, Path::new("/dev/full")).is_err());
//! # assert!(std::fs::read(&source)? == std::fs::read(&target)?);
//! # assert!(copy(&backend, Path::new("/no/such"), &target).is_err());
//! # assert_eq!(std::fs::metadata(&target)?.len(), 3 << 20);
//! # Ok::<(), Box<dyn Error>>(())
//! ```
//!
//! # Code that is not written as a batch
//!
//! [`combine`](macro@combine) makes batches of functions that are written with the ordinary
//! calls of rustix.
//!
//! # Where it runs
//!
//! [`Backend::select`] uses the kernel's device `/dev/sysbatch` if the
//! module is loaded and compatible, else this process: the same interpreter makes
//! the same calls with the same results, each with its own crossing. Calls that
//! the module does not make itself, because they work on the frame of
//! their caller, or because a tracer has to see each call, are handed
//! back and made here.
//!
//! `SYSBATCH_BACKEND=kernel` or `user`, and `BATCH_EMUL=1`, override the
//! choice; `BATCH_VERBOSE=1` reports it on standard error.
//!
//! # Below the builder
//!
//! [`Backend::run`] runs entries of [`abi`] made by hand, with [`Direct`] or
//! [`Checked`] memory.
//!
//! # Safety
//!
//! Without `unsafe`, a program cannot use a batch to access memory that it must
//! not access, or to close or use descriptors of other owners. As with the standard
//! library, this does not cover what the kernel offers through files, above all
//! `/proc/self/mem`.

/// The example of the project's README, which is not in the crate's package.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ProjectReadme;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[doc(hidden)]
pub mod __private;
mod arch;
mod backend;
mod batch;
mod calls;
pub mod combined;
mod host;
mod io_error;
mod ring;

pub use __private::{backend as combined_backend, runs as combined_batches};
pub use backend::{Backend, Choice, DeviceError, Kind, SelectError};
pub use batch::{
    Batch, BatchError, Buffer, BuildError, CallError, CallErrorKind, Destination, FdOperand,
    Handle, InSlot, Kept, Label, Number, NumberParam, Operand, Output, Param, ParamValue,
    PathOperand, Prefix, Results, Source, SpareCapacity, Target, spare_capacity,
};
pub use calls::{
    DirectoryEntries, DirectoryEntry, FileOffset, OwnedFdOperand, PollFd, ReceivedMessage,
    SocketOption, SocketOptionName,
};
pub use host::{Checked, Direct, Memory, UserHost};
pub use io_error::errno;
#[doc(hidden)]
pub use ring::Generation;
pub use ring::{
    Access, Completion, CompletionError, EventError, FirstTry, Posted, RawCompletion, RawOutcome,
    RawRing, RawSubmit, RawSubmitError, RefusedReason, Ring, RingError, RingOptions, Shutdown,
    Submit, SubmitError, Ticket, WaitError, WhenFull,
};
/// The crate whose types the calls take: paths, flags, modes, times, addresses.
///
/// It is re-exported with the features `event`, `fs`, `mm`, `net`, `pipe`, `process` and
/// `time`, so that a program needs no dependency of its own on it. One that has one takes
/// version 1.
pub use rustix;
pub use sysbatch_abi as abi;
#[doc = include_str!("combine.md")]
pub use sysbatch_macros::combine;
/// Combines the system calls of a block: see [`combine`](macro@combine).
///
/// An attribute cannot be on a block, nor have a macro its name, so this has another one.
/// Options come first, as inner attributes.
///
/// ```
/// use sysbatch::rustix::fs::{CWD, Mode, OFlags, openat};
/// use sysbatch::rustix::io::read;
///
/// fn first(path: &str) -> std::io::Result<u8> {
///     let mut byte = [0];
///     sysbatch::combine_block! {
///         #![deny_split]
///         let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
///         read(&file, &mut byte)?;
///         drop(file);
///     }
///     Ok(byte[0])
/// }
///
/// assert_eq!(first("/proc/version")?, b'L');
/// # Ok::<(), std::io::Error>(())
/// ```
pub use sysbatch_macros::combine_block;
