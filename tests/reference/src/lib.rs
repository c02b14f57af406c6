//! What the tests of the engine run it against.
//!
//! - [`Memory`]: a bounded piece of address space; everything outside faults.
//! - [`Script`]: what system calls return and when a signal is pending.
//! - [`ScriptedHost`]: the two as a [`Host`](sysbatch_engine::Host), keeping
//!   a record of every access.
//! - [`Image`]: a header, a program, results and data laid out in a memory.
//! - [`model`]: the rules of `docs/abi.md`, written a second time and as
//!   plainly as possible. It shares no code with the engine but the types of
//!   its interface, so that a mistake in one shows as a difference.
//! - [`compare`]: runs an image through both and reports any difference.
//! - [`random`]: numbers that look random.
//! - [`wild`]: images made from arbitrary bytes, for the fuzzer.

pub mod compare;
mod host;
mod image;
mod memory;
pub mod model;
mod program;
pub mod random;
mod script;
pub mod wild;

pub use host::{Access, ScriptedHost};
pub use image::{Image, Stopped, decode_header, header_words};
pub use memory::Memory;
pub use program::{EntryExt, Operand, built_in, call, encode};
pub use script::Script;
