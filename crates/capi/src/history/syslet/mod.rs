//! Syslets: graphs of atoms that run on the caller's thread as long as they do
//! not wait, and go on elsewhere if they would.

mod exec;
mod head;
mod heads;
mod place;
mod user;

pub(super) use exec::finish;
pub(super) use head::Head;
pub(super) use heads::Heads;

pub use exec::{sysbatch_compat_async_exec, sysbatch_compat_umem_add};
pub use head::{
    sysbatch_compat_async_head_budget, sysbatch_compat_async_head_fd,
    sysbatch_compat_async_head_release, sysbatch_compat_async_wait,
};
