//! What the suites have to know of the architecture: how its C library makes calls that
//! newer architectures have in a general form only, where a signal's context and a
//! tracer find a call's registers, and how a function is left.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;
