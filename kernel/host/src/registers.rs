// SPDX-License-Identifier: GPL-2.0-only
//! The registers of the task, where the arguments of a sub-call are put.
#![expect(unsafe_code, reason = "the registers belong to the kernel")]

use core::ptr::NonNull;

use sysbatch_engine::Operands;

/// The front of `struct pt_regs` (`arch/x86/include/asm/ptrace.h`), as far as
/// a system call reads or writes it; `device.c` asserts the offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct PtRegs {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    bp: u64,
    bx: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    ax: u64,
    cx: u64,
    dx: u64,
    si: u64,
    di: u64,
    orig_ax: u64,
}

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

    /// For the C shim.
    #[inline(always)]
    pub(crate) const fn as_ptr(self) -> *mut PtRegs {
        self.0.as_ptr()
    }
}

/// In the order of a system call's own arguments (`syscall(2)`, "Architecture
/// calling conventions").
impl Operands for Registers {
    #[inline(always)]
    fn get(&self, index: usize) -> u64 {
        // SAFETY: valid by the contract of `new`; nobody changes them before
        // the reference is gone.
        let registers = unsafe { self.0.as_ref() };
        match index {
            0 => registers.di,
            1 => registers.si,
            2 => registers.dx,
            3 => registers.r10,
            4 => registers.r8,
            5 => registers.r9,
            _ => 0,
        }
    }

    #[inline(always)]
    fn set(&mut self, index: usize, value: u64) {
        // SAFETY: as for `get`.
        let registers = unsafe { self.0.as_mut() };
        let register = match index {
            0 => &mut registers.di,
            1 => &mut registers.si,
            2 => &mut registers.dx,
            3 => &mut registers.r10,
            4 => &mut registers.r8,
            5 => &mut registers.r9,
            _ => return,
        };
        *register = value;
    }
}
