//! The C library of sysbatch, and earlier interfaces.
//!
//! [`native`] is what `sysbatch.h` declares: the native encoding, run in the
//! kernel or in user space. Its functions return a negated errno and leave
//! `errno` alone.
//!
//! [`history`] has the interfaces of others, each with its own header under
//! `sysbatch-compat`: their programs are read by the same engine as they are,
//! and errors are returned as by the originals, as −1 and `errno`.
//!
//! Nothing here interprets a batch: that is the engine's, through
//! [`sysbatch::Backend`].

mod cancellation;
mod errno;
pub mod history;
mod memory;
pub mod native;
mod signals;
mod touch;
