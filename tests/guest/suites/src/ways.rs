//! The ways into the kernel: the rules hold for each. By `SYSCALL` of a 64-bit
//! program; by `INT 0x80` of one; and by a 32-bit program, by `INT 0x80` and by
//! the one of `SYSENTER` and `SYSCALL` that its vDSO has on this processor.
#![expect(unsafe_code, reason = "calls by instructions of their own")]

mod gate;
mod long;
mod low;
mod short;

use crate::harness::Case;

/// By which instruction the vDSO of 32-bit programs enters the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Way {
    /// As on Intel's processors.
    Sysenter,
    /// As on AMD's processors.
    Syscall,
}

impl Way {
    /// Its name, for the 32-bit program.
    const fn name(self) -> &'static str {
        match self {
            Self::Sysenter => "sysenter",
            Self::Syscall => "syscall",
        }
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = long::cases();
    cases.extend(short::cases());
    cases
}
