// SPDX-License-Identifier: GPL-2.0-only
//! The kernel half of sysbatch: the interpreter's host inside the module.
//!
//! The C shim next to this crate has what needs C: the device, user
//! access, the call into the kernel's dispatcher. Everything that is a
//! decision is here: when a call is handed back, what is done between two
//! sub-calls and how an interrupted batch is left (`host::KernelHost`).
//!
//! ```text
//! ioctl ── device.c ── sysbatch_host_ioctl (here)
//!                              └─ engine::enter ── KernelHost ── ../*.c
//!
//! of a 32-bit task:
//! ioctl ── compat.c ── sysbatch_host_compat_ioctl
//!                              └─ engine::enter ── CompatHost ── ../*.c
//! ```
//!
//! There is no state but the registers and the stack of the calling task: no
//! allocation, no list, no lock. There is no panic path either: the panic
//! handler calls a function that does not exist, so that a module with a
//! reachable panic does not link.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod compat;
mod departure;
mod entry;
mod first_try;
mod host;
mod list;
mod registers;
mod restart;
#[cfg(test)]
mod scripted;
mod shim;
mod switch;
mod watch;

pub use entry::{
    SYSBATCH_HOST_INFO, sysbatch_host_compat_ioctl, sysbatch_host_ioctl,
    sysbatch_host_observed_ioctl, sysbatch_host_series, sysbatch_host_switch,
};
pub use registers::PtRegs;
