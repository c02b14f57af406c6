//! Functions made at random, compiled with [`combine`](../sysbatch/attr.combine.html) and
//! without, and run both ways in the same situations: the same system calls in the same
//! order, the same results, the same files after it.

mod compare;
mod function;
mod package;
mod program;
mod random;
mod trace;

pub use compare::compare;
pub use function::functions;
pub use package::Package;
pub use program::{Program, Run, Way};
