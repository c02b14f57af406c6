//! What the code that `combine` generates is made of. It is for that code alone: there are no
//! promises about any of it.
mod arguments;
pub mod calls;
mod results;
mod run;

pub use arguments::{
    Descriptor, Fill, Limit, Memory, Path, PlainErrors, StatxMask, bytes, descriptor, fill,
    integer, keep, known, limit, open_flags, plain_errors, same, seek,
};
pub use calls::{Call, Operand};
pub use results::{Pair, Room, errno, failed, negated, outcome, owned};
pub use run::{backend, run, runs};
pub use rustix::fs::{Stat, Statx};
