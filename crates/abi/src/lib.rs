//! Wire structures and constants of the sysbatch kernel interface.
//!
//! Everything here is shared by the kernel module, the user-space library and,
//! through a generated header, by C programs. The byte tables and every rule
//! are in `docs/abi.md`; this crate is their single source in code.
//!
//! All structures are little-endian, naturally aligned and free of padding.
//! Integers that user space may fill with anything are kept as plain integers
//! here; the typed views ([`Mode`], [`Status`], [`BuiltIn`]) are checked
//! conversions from them.
#![no_std]

mod builtin;
mod device;
mod entry;
mod handed_back;
mod kernels;
mod list;
mod never_waits;
mod repeat;
mod run;
mod syslet;

pub use builtin::{BuiltIn, Width};
pub use device::{ABI_VERSION, DEVICE_NAME, DEVICE_PATH, FORMATS, Info, LIST_REQUEST, RUN_REQUEST};
pub use entry::{
    ARGUMENT_COUNT, DST_OWN_INDEX, ENTRY_FLAGS, ENTRY_REPEAT, ENTRY_SIZE, Entry, JUMP_EXIT,
    MODES_USED, Mode,
};
pub use handed_back::{
    NUMBER_COUNT, i386, is_handed_back, is_made_at_once, is_reviewed, is_x32, may_be_handed_back,
};
pub use kernels::{KERNEL_SERIES, KernelSeries};
pub use list::{LIST_SIZE, List};
pub use never_waits::never_waits;
pub use repeat::Repeat;
pub use run::{
    FLAG_CONTINUE_ON_FAILURE, FLAG_FIRST_TRY, FLAG_STOP_ON_FAILURE, Format, PuntReason, RUN_SIZE,
    Resume, Run, SCRATCH_SIZE, Status,
};
pub use syslet::{
    SYSLET_ASYNC, SYSLET_FLAGS, SYSLET_NO_COMPLETE, SYSLET_NR_UMEM_ADD,
    SYSLET_SKIP_TO_NEXT_ON_STOP, SYSLET_STOP_ON_NEGATIVE, SYSLET_STOP_ON_NON_POSITIVE,
    SYSLET_STOP_ON_NONZERO, SYSLET_STOP_ON_ZERO, SYSLET_SYNC,
};

/// The largest errno a system call can return; results from −4095 to −1 are
/// errors (`include/linux/err.h`).
pub const MAX_ERRNO: i64 = 4095;

/// Whether the result of a system call is an error: a negated errno.
#[must_use]
pub const fn is_errno(result: i64) -> bool {
    result < 0 && result >= -MAX_ERRNO
}
