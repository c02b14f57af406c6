//! Functions made at random, compiled with `combine` and without, and run both ways in the
//! same situations: the same system calls in the same order, the same results, the same files
//! and descriptors after it.

mod check;
mod compare;
mod function;
mod package;
mod program;
mod random;
mod situation;
mod trace;

pub use check::check;
pub use compare::{Totals, compare};
pub use function::lists;
pub use package::Package;
pub use program::{How, Program, Tracer};
pub use situation::{DISTURBANCES, Situation};
