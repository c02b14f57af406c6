//! The seccomp filter: which system calls are trapped.
//!
//! All are, but those made by the loader's own instructions. What is no call of the
//! 64-bit table is left alone, for the module has no batch for it; so are the three
//! that the vsyscall page makes in the name of very old programs.

use crate::layout;
use crate::sys;

/// `struct sock_filter`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

const ALLOW: u32 = 0x7fff_0000;
const TRAP: u32 = 0x0003_0000;

const ARCH: u32 = 4;
const ADDRESS: u32 = 8;
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

/// Prevents the process from getting rights by `execve(2)`.
const PR_SET_NO_NEW_PRIVS: u64 = 38;

const fn instruction(code: u16, value: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction {
        code,
        if_true,
        if_false,
        value,
    }
}

const PROGRAM: [Instruction; 9] = [
    instruction(LOAD, ARCH, 0, 0),
    instruction(IF_EQUAL, AUDIT_ARCH_X86_64, 0, 6),
    instruction(LOAD, ADDRESS + 4, 0, 0),
    instruction(IF_EQUAL, 0xffff_ffff, 4, 0),
    instruction(IF_EQUAL, (layout::TEXT >> 32) as u32, 0, 2),
    instruction(LOAD, ADDRESS, 0, 0),
    // The range begins at a multiple of 4 GiB.
    instruction(IF_AT_LEAST, layout::TEXT_SIZE as u32, 0, 1),
    instruction(RETURN, TRAP, 0, 0),
    instruction(RETURN, ALLOW, 0, 0),
];

/// Installs it: with the right to do so as it is, else by giving up that a new program
/// has more rights.
pub(crate) fn install() -> Result<(), sys::Error> {
    if sys::install_filter(&PROGRAM).is_ok() {
        return Ok(());
    }
    sys::prctl(PR_SET_NO_NEW_PRIVS, 1, 0)?;
    sys::install_filter(&PROGRAM)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter says of a call.
    fn judge(arch: u32, address: u64) -> u32 {
        let mut at = 0;
        let mut accumulator = 0;
        loop {
            let Instruction {
                code,
                if_true,
                if_false,
                value,
            } = PROGRAM[at];
            at += 1;
            let jump = |taken| usize::from(if taken { if_true } else { if_false });
            match (code, value) {
                (LOAD, ARCH) => accumulator = arch,
                (LOAD, ADDRESS) => accumulator = address as u32,
                (LOAD, _) => accumulator = (address >> 32) as u32,
                (IF_EQUAL, _) => at += jump(accumulator == value),
                (IF_AT_LEAST, _) => at += jump(accumulator >= value),
                _ => return value,
            }
        }
    }

    #[test]
    fn all_calls_but_the_loaders_are_trapped() {
        assert_eq!(layout::TEXT as u32, 0);
        let judge_64 = |address| judge(AUDIT_ARCH_X86_64, address);
        for address in [
            0x40_1000,
            0x5555_5555_4000,
            layout::TEXT - 1,
            layout::TEXT + layout::TEXT_SIZE,
            layout::TEXT + (1 << 32),
        ] {
            assert_eq!(judge_64(address), TRAP, "{address:x}");
        }
        for address in [
            layout::TEXT,
            layout::TEXT + layout::TEXT_SIZE - 1,
            0xffff_ffff_ff60_0009,
        ] {
            assert_eq!(judge_64(address), ALLOW, "{address:x}");
        }
        assert_eq!(judge(0x4000_0003, 0x40_1000), ALLOW);
    }
}
