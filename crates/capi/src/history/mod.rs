//! Earlier interfaces.
//!
//! Each function here is a symbol of the library under a name of ours; the
//! header of the interface gives it its author's name (`supersyscall.h`,
//! `linux/batch.h`, …, under `sysbatch-compat`), so that two interfaces that
//! chose the same one live in one library.

mod asys;
mod changing;
mod descriptor;
mod event;
mod generic;
mod handler;
mod job;
mod lock;
mod mapped;
mod pool;
mod process;
mod program;
mod supersyscall;
mod sys_batch;
mod syslet;

pub use asys::{sysbatch_compat_asys_await_completion, sysbatch_compat_asys_submit};
pub use generic::sysbatch_compat_generic_batch;
pub(crate) use program::device_errno;
pub use supersyscall::sysbatch_compat_supersyscall;
pub use sys_batch::sysbatch_compat_batch;
pub use syslet::{
    sysbatch_compat_async_exec, sysbatch_compat_async_head_budget, sysbatch_compat_async_head_fd,
    sysbatch_compat_async_head_release, sysbatch_compat_async_wait, sysbatch_compat_umem_add,
};
