//! The frame that the kernel lays on the stack for a handler
//! (`arch/x86/include/asm/sigframe.h`, `arch/x86/include/uapi/asm/sigcontext.h`).
#![expect(
    unsafe_code,
    reason = "frames that the kernel made, copied byte by byte"
)]

/// What `siginfo_t` says with `SIGSYS`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Info {
    pub(crate) signal: i32,
    pub(crate) errno: i32,
    pub(crate) code: i32,
    pub(crate) padding: i32,
    /// The address after the system call instruction.
    pub(crate) address: u64,
    pub(crate) number: u32,
    pub(crate) arch: u32,
}

/// `stack_t`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct AlternateStack {
    pub(crate) address: u64,
    pub(crate) flags: i32,
    pub(crate) padding: u32,
    pub(crate) size: u64,
}

impl AlternateStack {
    /// None (`SS_DISABLE`).
    pub(crate) const NONE: Self = Self {
        address: 0,
        flags: 2,
        padding: 0,
        size: 0,
    };
}

/// `struct ucontext`: the registers that are gone on with.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Context {
    pub(crate) flags: u64,
    pub(crate) link: u64,
    pub(crate) stack: AlternateStack,
    pub(crate) r8: u64,
    pub(crate) r9: u64,
    pub(crate) r10: u64,
    pub(crate) r11: u64,
    pub(crate) r12: u64,
    pub(crate) r13: u64,
    pub(crate) r14: u64,
    pub(crate) r15: u64,
    pub(crate) rdi: u64,
    pub(crate) rsi: u64,
    pub(crate) rbp: u64,
    pub(crate) rbx: u64,
    pub(crate) rdx: u64,
    pub(crate) rax: u64,
    pub(crate) rcx: u64,
    pub(crate) rsp: u64,
    pub(crate) rip: u64,
    pub(crate) eflags: u64,
    pub(crate) segments: u64,
    pub(crate) error: u64,
    pub(crate) trap: u64,
    pub(crate) old_mask: u64,
    pub(crate) cr2: u64,
    /// Address of the registers of the floating point unit, a multiple of 64; or null.
    pub(crate) floating: u64,
    pub(crate) reserved: [u64; 8],
    pub(crate) mask: u64,
}

/// What the kernel leaves free below the stack pointer when it lays a frame, in bytes.
const RED_ZONE: u64 = 128;

/// The size of `struct fxregs_state` in bytes, and where the kernel says in it whether
/// there is more behind it, and how large it all is (`struct _fpx_sw_bytes`).
const LEGACY_SIZE: u64 = 512;
const MAGIC: u64 = 464;
const MAGIC_VALUE: u32 = 0x4650_5853;
const EXTENDED_SIZE: u64 = 468;

impl Context {
    /// The arguments of the system call that was trapped.
    pub(crate) fn args(&self) -> [u64; 6] {
        [self.rdi, self.rsi, self.rdx, self.r10, self.r8, self.r9]
    }

    pub(crate) fn address(&self) -> u64 {
        core::ptr::from_ref(self).expose_provenance() as u64
    }

    /// How many bytes the frame has from here to its end, where the program's stack
    /// begins.
    pub(crate) fn frame_size(&self) -> u64 {
        self.rsp.wrapping_sub(RED_ZONE).wrapping_sub(self.address())
    }

    /// Lays a copy of the frame below `top` and returns the address of its context,
    /// with which [`leave`](crate::arch::leave) goes on.
    ///
    /// # Safety
    /// `self` is a context that the kernel laid, and what is below `top` is memory for
    /// a stack that nobody uses.
    pub(crate) unsafe fn copy_below(&self, top: u64) -> u64 {
        let mut copy = *self;
        let mut end = top;
        if self.floating != 0 {
            // SAFETY: the kernel has laid the registers there.
            let size = unsafe { floating_size(self.floating) };
            end = end.wrapping_sub(size) & !63;
            // SAFETY: the registers are where the kernel laid them, and the caller says
            // that there is room.
            unsafe { copy_bytes(self.floating, end, size) };
            copy.floating = end;
        }
        let place = end.wrapping_sub(size_of::<Self>() as u64) & !15;
        let pointer = core::ptr::with_exposed_provenance_mut::<Self>(place as usize);
        // SAFETY: the caller says that there is room; the address is a multiple of 16.
        unsafe { pointer.write(copy) };
        place
    }
}

/// The context at an address.
///
/// # Safety
/// There is one, and nobody else uses it as long as this is used.
pub(crate) unsafe fn context_at<'a>(address: u64) -> &'a mut Context {
    let pointer = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: by the contract of this function; the kernel aligns contexts to 8 bytes.
    unsafe { &mut *pointer }
}

/// How many bytes the registers of the floating point unit take.
///
/// # Safety
/// The kernel has laid them at the address.
unsafe fn floating_size(address: u64) -> u64 {
    let word = |offset: u64| {
        let pointer = core::ptr::with_exposed_provenance::<u32>((address + offset) as usize);
        // SAFETY: within the 512 bytes that there always are, at a multiple of 4.
        unsafe { pointer.read() }
    };
    if word(MAGIC) == MAGIC_VALUE {
        u64::from(word(EXTENDED_SIZE))
    } else {
        LEGACY_SIZE
    }
}

/// Copies bytes from one address to another.
///
/// # Safety
/// Both are memory of that size, and apart.
pub(crate) unsafe fn copy_bytes(from: u64, to: u64, size: u64) {
    let from = core::ptr::with_exposed_provenance::<u8>(from as usize);
    let to = core::ptr::with_exposed_provenance_mut::<u8>(to as usize);
    // SAFETY: by the contract of this function.
    unsafe { core::ptr::copy_nonoverlapping(from, to, size as usize) };
}

const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<Context>() == 304);
    assert!(offset_of!(Context, r8) == 40);
    assert!(offset_of!(Context, rip) == 40 + 16 * 8);
    assert!(offset_of!(Context, floating) == 224);
    assert!(offset_of!(Context, mask) == 296);
    assert!(offset_of!(Info, address) == 16);
    assert!(offset_of!(Info, arch) == 28);
};

#[cfg(test)]
mod tests {
    use super::Context;
    use core::mem::offset_of;

    #[test]
    fn contexts_are_those_of_the_c_library() {
        let registers = offset_of!(libc::ucontext_t, uc_mcontext);
        let at = |index: i32| registers + 8 * usize::try_from(index).unwrap();
        assert_eq!(offset_of!(Context, r8), at(libc::REG_R8));
        assert_eq!(offset_of!(Context, r10), at(libc::REG_R10));
        assert_eq!(offset_of!(Context, rdi), at(libc::REG_RDI));
        assert_eq!(offset_of!(Context, rsi), at(libc::REG_RSI));
        assert_eq!(offset_of!(Context, rdx), at(libc::REG_RDX));
        assert_eq!(offset_of!(Context, rax), at(libc::REG_RAX));
        assert_eq!(offset_of!(Context, rsp), at(libc::REG_RSP));
        assert_eq!(offset_of!(Context, rip), at(libc::REG_RIP));
        assert_eq!(
            offset_of!(Context, mask),
            offset_of!(libc::ucontext_t, uc_sigmask)
        );
        assert_eq!(
            offset_of!(Context, stack),
            offset_of!(libc::ucontext_t, uc_stack)
        );
    }
}
