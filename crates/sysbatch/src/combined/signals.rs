//! The dispositions of many signals.
#![expect(unsafe_code, reason = "the kernel's structure is made by hand")]

use rustix::process::Signal;
use syscalls::Sysno;

use super::CombinedError;
use crate::{Backend, Batch, Operand, Target};

/// What a signal is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// What it does by itself: `SIG_DFL`.
    Default,
    /// Nothing: `SIG_IGN`.
    Ignore,
}

/// The kernel's `struct sigaction` (`include/linux/signal_types.h`): handler,
/// flags, restorer, mask. Without a handler the rest has no meaning.
type KernelAction = [u64; 4];

/// The size of the kernel's set of signals, in bytes.
const SET_SIZE: u64 = 8;

/// Gives many signals the same disposition.
///
/// A handler takes `unsafe` code: C's `sysbatch_sigaction_many` sets one.
///
/// # Errors
/// If one cannot be given any, as `SIGKILL`; those before it have it.
pub fn set_dispositions(
    backend: &Backend,
    signals: impl IntoIterator<Item = Signal>,
    disposition: Disposition,
) -> Result<(), CombinedError> {
    let handler = match disposition {
        Disposition::Default => 0,
        Disposition::Ignore => 1,
    };
    let action: KernelAction = [handler, 0, 0, 0];
    let address = action.as_ptr().expose_provenance() as u64;
    let zero = Operand::from(0_u32);
    let mut batch = Batch::new();
    let mut calls = Vec::new();
    for signal in signals {
        let number = Operand::from(signal.as_raw());
        let args = [number, address.into(), zero, SET_SIZE.into(), zero, zero];
        // SAFETY: the call reads the action, which outlives the run, and no
        // code of the program becomes a handler.
        let call = unsafe { batch.syscall(Sysno::rt_sigaction as u32, args) };
        batch.on_error(&call, Target::Exit);
        calls.push(call);
    }
    let results = batch.run(backend)?;
    for call in &calls {
        results.get(call)?;
    }
    Ok(())
}
