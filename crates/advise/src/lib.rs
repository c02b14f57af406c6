//! Finds the sequences of system calls of a program that could be batches.
//!
//! A tracer makes a [`Call`] of each system call of a program, and gives it to an
//! [`Observer`]. What observes it knows nothing of tracing, so another source of calls (a
//! recording, the kernel's tracepoints) can take the tracer's place.

mod call;
mod cost;
pub mod report;
pub mod sequence;
pub mod signature;
pub mod stack;
mod symbols;
pub mod trace;

pub use call::{Call, Frame, Object, Observer, Text, Thread, WRITTEN};
pub use cost::Costs;
pub use report::Report;
pub use sequence::Sequences;
pub use symbols::{Place, Symbols};
