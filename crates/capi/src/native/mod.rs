//! What `sysbatch.h` declares.
//!
//! The prototypes in the header are made from the functions of this module,
//! and their comments from the documentation here: `cargo xtask header`.

mod backend;
mod run;
mod text;

pub use backend::{
    Handle, sysbatch_close, sysbatch_crossings, sysbatch_device_fd, sysbatch_kind, sysbatch_open,
};
pub use run::sysbatch_run_batch;
pub use text::{sysbatch_error_text, sysbatch_explain};
