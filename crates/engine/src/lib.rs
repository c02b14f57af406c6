//! The sysbatch interpreter.
//!
//! One loop runs every batch: in the kernel module and in user space, for the
//! native encoding and for any other. It owns no memory, allocates nothing,
//! never panics and never does unchecked arithmetic; everything it knows of a
//! batch lives in the caller's memory and is reached through a [`Host`].
//!
//! ```text
//!  enter ── reads the run header, writes it back
//!    └─ run ── the loop: execute, store, branch, fetch
//!         ├─ Encoding ── decodes entries, says where results and branches go
//!         └─ Host ── memory, system calls, "is something pending?"
//! ```
//!
//! The rules that it follows are in `docs/abi.md`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used
)]

mod builtin;
mod call;
mod encoding;
mod enter;
mod host;
mod machine;
mod turn;

pub use call::{Call, Halt, Operands, Outcome};
pub use encoding::{
    Atom, Decoded, Encoding, Native, Next, Operation, Pointers, Position, Pseudo, Sign, Straight,
    Supersyscall, SysBatch, Syslet,
};
pub use enter::{HEADER_SIZE_MAX, check_size, enter, enter_inline};
pub use host::{Error, Fault, Host};
pub use machine::{Cursor, Stop, run};
pub use turn::{Head, Made, Turn};
