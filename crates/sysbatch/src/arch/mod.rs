//! The system call instruction, and calls whose names in `syscalls` differ, one file
//! for each architecture.
//!
//! `syscalls::raw` has it too, but tells the compiler that the argument
//! registers keep their values. That does not hold when the device is entered:
//! a sub-call that a seccomp filter answers with `SECCOMP_RET_TRAP` leaves its
//! own number and arguments there for the `SIGSYS` handler to look at.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("sysbatch needs 64-bit Linux");

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{NEWFSTATAT, syscall};

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{NEWFSTATAT, syscall};

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("sysbatch has the system call instruction of x86_64 and aarch64 only");
