//! What the code that `combine` generates is made of. It is for that code alone: there are no
//! promises about any of it.
mod arguments;
pub mod calls;
mod directories;
mod lists;
mod results;
mod run;
mod values;

pub use arguments::{
    Descriptor, Fill, Limit, Memory, Path, PlainErrors, StatxMask, bytes, descriptor, fill,
    integer, keep, known, limit, open_flags, plain_errors, same, seek,
};
pub use calls::{Call, Operand};
pub use directories::{file_type, records, type_bit};
pub use lists::{List, Rows, list};
pub use results::{Pair, Room, errno, failed, negated, outcome, owned};
pub use run::{backend, run, runs};
pub use rustix::fs::{Stat, Statx};
pub use values::{Times, group, no_flags, non_zero, owner, slices, slices_mut};

/// The type of how many links a file has, in `Stat`.
#[cfg(target_arch = "x86_64")]
pub type Links = u64;
/// The type of how many links a file has, in `Stat`.
#[cfg(not(target_arch = "x86_64"))]
pub type Links = u32;
