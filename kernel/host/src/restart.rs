// SPDX-License-Identifier: GPL-2.0-only
//! The kernel's restart codes and what becomes of them.
//!
//! A system call that a signal interrupts returns one of four codes
//! (`include/linux/errno.h`), never seen by user space: the signal code
//! (`arch/x86/kernel/signal.c`, `handle_signal()` and
//! `arch_do_signal_or_restart()`) restarts the call or turns it into `-EINTR`.
//! When a sub-call returns one, the batch is left with the program counter on
//! it, and the ioctl returns a code that has the signal code do to the ioctl
//! what it would have done to the sub-call.

use sysbatch_abi::Resume;

/// A restart code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// `ERESTARTSYS`: restarted, unless a handler without `SA_RESTART` ran.
    IfHandlerAllows,
    /// `ERESTARTNOINTR`: restarted always.
    Always,
    /// `ERESTARTNOHAND`: restarted only if no handler ran.
    IfNoHandler,
    /// `ERESTART_RESTARTBLOCK`: continued by `restart_syscall(2)` only if no
    /// handler ran.
    Continue,
}

const ERESTARTSYS: i64 = 512;
const ERESTARTNOINTR: i64 = 513;
const ERESTARTNOHAND: i64 = 514;
const ERESTART_RESTARTBLOCK: i64 = 516;

impl Restart {
    /// Whether [`from_result`](Self::from_result) need be asked: five results
    /// may be codes, of which four are.
    #[inline(always)]
    pub(crate) const fn may_be(result: i64) -> bool {
        matches!(result.wrapping_neg(), ERESTARTSYS..=ERESTART_RESTARTBLOCK)
    }

    /// The restart code in the result of a system call, if it is one.
    pub(crate) const fn from_result(result: i64) -> Option<Self> {
        match result.wrapping_neg() {
            ERESTARTSYS => Some(Self::IfHandlerAllows),
            ERESTARTNOINTR => Some(Self::Always),
            ERESTARTNOHAND => Some(Self::IfNoHandler),
            ERESTART_RESTARTBLOCK => Some(Self::Continue),
            _ => None,
        }
    }

    /// How the sub-call is entered when the ioctl is restarted.
    pub(crate) const fn resume(self) -> Resume {
        match self {
            Self::Continue => Resume::RestartBlock,
            _ => Resume::Fresh,
        }
    }

    /// What the ioctl returns so that it is restarted by the sub-call's rules.
    ///
    /// `ERESTART_RESTARTBLOCK` itself must not be returned: the signal code
    /// would put `restart_syscall` in the place of the ioctl, and the result of
    /// the sub-call would appear as that of the batch. `ERESTARTNOHAND` has the
    /// same rules for handlers and restarts the ioctl, which then makes
    /// `restart_syscall` in the place of the sub-call.
    pub(crate) const fn ioctl_result(self) -> i64 {
        let code = match self {
            Self::IfHandlerAllows => ERESTARTSYS,
            Self::Always => ERESTARTNOINTR,
            Self::IfNoHandler | Self::Continue => ERESTARTNOHAND,
        };
        code.wrapping_neg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_codes_and_nothing_else_are_restarts() {
        let codes = [-600..0_i64, 0..600].into_iter().flatten();
        let restarts = codes.filter_map(Restart::from_result);
        assert_eq!(restarts.count(), 4);
        for result in -600..600 {
            assert!(Restart::may_be(result) || Restart::from_result(result).is_none());
        }
        assert!(!Restart::may_be(i64::MIN));
        assert_eq!(Restart::from_result(i64::MIN), None);
    }

    #[test]
    fn restart_block_never_leaves_the_module() {
        for code in [512, 513, 514, 516] {
            let restart = Restart::from_result(-code).unwrap();
            assert_ne!(restart.ioctl_result(), -ERESTART_RESTARTBLOCK);
            assert_eq!(restart.resume() == Resume::RestartBlock, code == 516);
        }
    }
}
