//! What `sysbatch.h` declares.
//!
//! The prototypes in the header are made from the functions of this module,
//! and their comments from the documentation here: `cargo xtask header`.

mod backend;
mod ring;
mod run;
mod text;

use crate::cancellation::uncancelled;
use crate::errno;

pub use backend::{
    Handle, sysbatch_close, sysbatch_crossings, sysbatch_device_fd, sysbatch_kind, sysbatch_open,
};
pub use ring::{
    Completion, RingHandle, sysbatch_ring_cancel, sysbatch_ring_close, sysbatch_ring_fd,
    sysbatch_ring_open, sysbatch_ring_shut_down, sysbatch_ring_submit, sysbatch_ring_wait,
};
pub use run::sysbatch_run_batch;
pub use text::{sysbatch_error_text, sysbatch_explain};

/// Does the work of a function of C that is no point of cancellation: `errno` stays as it
/// is, and the thread is not cancelled meanwhile.
fn uninterrupted<R: Copy>(work: impl FnOnce() -> R) -> R {
    uncancelled(|| errno::keep(work))
}
