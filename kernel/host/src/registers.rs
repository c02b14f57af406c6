// SPDX-License-Identifier: GPL-2.0-only
//! The registers of the task, where the arguments of a sub-call are put.
#![expect(unsafe_code, reason = "the registers belong to the kernel")]

use core::ptr::NonNull;

use sysbatch_engine::Operands;

/// The front of `struct pt_regs` (`arch/x86/include/asm/ptrace.h`), as far as
/// a system call reads or writes it: `r15` to `orig_ax`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default)]
pub struct PtRegs([u64; 16]);

/// Which words of it carry the arguments, in the order of a system call's own
/// (`syscall(2)`, "Architecture calling conventions"): `di`, `si`, `dx`, `r10`,
/// `r8`, `r9`. `device.c` asserts their offsets. There are no more; the last two
/// only make it a power of two.
const ARGUMENTS: [usize; 8] = [14, 13, 12, 7, 9, 8, 8, 8];

/// The registers of the task that entered the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers(NonNull<PtRegs>);

impl Registers {
    /// # Safety
    /// The registers are valid for reads and writes as long as the value, or a
    /// copy of it, is used, and used by nobody else but the C shim on behalf
    /// of whoever has the value.
    pub(crate) const unsafe fn new(registers: NonNull<PtRegs>) -> Self {
        Self(registers)
    }

    /// The number of the system call that they are those of, `orig_ax`.
    pub(crate) fn number(self) -> u64 {
        // SAFETY: valid by the contract of `new`; nobody changes them before
        // the reference is gone.
        let PtRegs([.., number]) = unsafe { self.0.as_ref() };
        *number
    }

    /// For another entry of the interpreter, while the value is not used.
    pub(crate) const fn as_non_null(self) -> NonNull<PtRegs> {
        self.0
    }

    /// For the C shim.
    #[inline(always)]
    pub(crate) const fn as_ptr(self) -> *mut PtRegs {
        self.0.as_ptr()
    }
}

impl Operands for Registers {
    #[inline(always)]
    fn get(&self, index: usize) -> u64 {
        // SAFETY: valid by the contract of `new`; nobody changes them before
        // the reference is gone.
        let PtRegs(words) = unsafe { self.0.as_ref() };
        let word = ARGUMENTS
            .get(index % 8)
            .and_then(|&word| words.get(word % 16));
        word.copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set(&mut self, index: usize, value: u64) {
        // SAFETY: as for `get`.
        let PtRegs(words) = unsafe { self.0.as_mut() };
        let word = ARGUMENTS.get(index % 8).copied().unwrap_or(0);
        if let Some(word) = words.get_mut(word % 16) {
            *word = value;
        }
    }
}
