//! The handler of `SIGSYS`: makes the calls that were trapped.
#![expect(unsafe_code, reason = "system calls that the program asked for")]

use crate::arch;
use crate::call;
use crate::descriptors;
use crate::exec;
use crate::fork;
use crate::frame::{self, Context, Info};
use crate::layout;
use crate::mask;
use crate::nr;
use crate::program;
use crate::signal::{self, SIGSYS_BIT};

/// Why the kernel sends `SIGSYS`: a filter trapped a call.
const SYS_SECCOMP: i32 = 1;

/// Where the kernel begins. What the handler leaves in the context is what the program
/// goes on with.
///
/// # Safety
/// Called by the kernel, for a signal.
pub(crate) unsafe extern "C" fn entry(signal: i32, info: &mut Info, context: &mut Context) {
    let own = layout::TEXT..layout::TEXT + layout::TEXT_SIZE;
    if info.code != SYS_SECCOMP || own.contains(&info.address) {
        // Sent by somebody; or a filter of the program's own has trapped the call when
        // the loader made it.
        signal::deliver(signal, info, context);
        return;
    }
    // SAFETY: the program has asked for this call with these registers.
    let result = unsafe { make(info.number, context) };
    context.rax = result as u64;
}

/// Makes the call.
///
/// # Safety
/// The program has asked for it, and the frame of `context` is of the trap.
unsafe fn make(number: u32, context: &mut Context) -> i64 {
    let mut path = [0; 40];
    let args = program::redirect(number, context.args(), &mut path);
    if descriptors::is_refused(number, &args) {
        return descriptors::REFUSED;
    }
    if let Some(index) = mask::of_waiting(number) {
        // SAFETY: by the contract of this function.
        return unsafe { mask::wait(number, args, index) };
    }
    match number {
        nr::RT_SIGRETURN => rt_sigreturn(context),
        // SAFETY: by the contract of this function.
        nr::FORK | nr::VFORK | nr::CLONE => unsafe { fork::clone(number, args, context) },
        // SAFETY: as above.
        nr::CLONE3 => unsafe { fork::clone3(args, context) },
        nr::EXECVE => exec::execve(args),
        nr::EXECVEAT => exec::execveat(args),
        // SAFETY: as above; these two do not come back, nor need they.
        nr::EXIT | nr::EXIT_GROUP => unsafe { call::directly(number, args) },
        // SAFETY: as above.
        nr::RT_SIGACTION => unsafe { signal::rt_sigaction(args) },
        // SAFETY: as above.
        nr::RT_SIGPROCMASK => unsafe { mask::rt_sigprocmask(args, context) },
        // SAFETY: as above.
        nr::SIGALTSTACK => unsafe { mask::sigaltstack(args, context) },
        // SAFETY: as above.
        nr::PSELECT6 | nr::IO_PGETEVENTS => unsafe { mask::wait_with_pair(number, args) },
        // SAFETY: as above.
        nr::CLOSE_RANGE => unsafe { descriptors::close_range(args) },
        // SAFETY: as above.
        _ => unsafe { call::batched(number, args) },
    }
}

/// The end of a handler of the program's: on with the frame at its stack pointer.
fn rt_sigreturn(context: &Context) -> ! {
    call::count_direct();
    let place = context.rsp;
    // SAFETY: by making this call the program says that there is one. If there is none
    // it gets the signal that the kernel would have sent.
    let returning = unsafe { frame::context_at(place) };
    if returning.mask & SIGSYS_BIT != 0 {
        returning.mask &= !SIGSYS_BIT;
    }
    // SAFETY: as above.
    unsafe { arch::leave(place) }
}
