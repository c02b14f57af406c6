//! The interfaces that came before.
//!
//! Each function here is a symbol of the library under a name of ours; the
//! header of the interface gives it its author's name (`supersyscall.h`,
//! `linux/batch.h`, …, under `sysbatch-compat`), so that two interfaces that
//! chose the same one live in one library.

mod program;
mod supersyscall;
mod sys_batch;

pub(crate) use program::device_errno;
pub use supersyscall::sysbatch_compat_supersyscall;
pub use sys_batch::sysbatch_compat_batch;
