//! `SIGSYS` as the program knows it.
#![expect(unsafe_code, reason = "calling the program's handler")]

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::call;
use crate::frame::{Context, Info};
use crate::handler;
use crate::nr;
use crate::sys;

pub(crate) const SIGSYS: u64 = 31;
/// Its bit in a signal mask.
pub(crate) const SIGSYS_BIT: u64 = 1 << (SIGSYS - 1);

pub(crate) const SIG_DFL: u64 = 0;
pub(crate) const SIG_IGN: u64 = 1;
const SIG_BLOCK: u64 = 0;

const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_RESTART: u64 = 0x1000_0000;
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;

/// The size of a signal mask in bytes.
pub(crate) const MASK_SIZE: u64 = 8;

/// What the program would have done about `SIGSYS`: handler, flags, restorer, mask.
static ACTION: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

fn action() -> [u64; 4] {
    ACTION.each_ref().map(|word| word.load(Relaxed))
}

fn set_action(action: [u64; 4]) {
    for (word, value) in ACTION.iter().zip(action) {
        word.store(value, Relaxed);
    }
}

/// Whether the program ignores it, as a program that follows this one would.
pub(crate) fn is_ignored() -> bool {
    action()[0] == SIG_IGN
}

/// Has the handler called for each trapped call of this process from now on.
pub(crate) fn install(is_ignored: bool) {
    if is_ignored {
        set_action([SIG_IGN, 0, 0, 0]);
    }
    let restorer = crate::arch::restore as *const () as u64;
    let flags = SA_SIGINFO | SA_NODEFER | SA_RESTART | SA_RESTORER;
    let action = [handler::entry as *const () as u64, flags, restorer, 0];
    // SAFETY: this is the handler.
    unsafe { sys::set_action(SIGSYS, &action) };
    // SIG_UNBLOCK
    sys::set_mask(1, SIGSYS_BIT);
}

/// `rt_sigaction(2)`, so that the program does not see the handler.
///
/// # Safety
/// The program has asked for it.
pub(crate) unsafe fn rt_sigaction(mut args: [u64; 6]) -> i64 {
    let [signal, new, old, size, ..] = args;
    let mut given = [0; 4];
    let is_known = new != 0 && size == MASK_SIZE && read_action(new, &mut given);
    if signal & 0xffff_ffff == SIGSYS && size == MASK_SIZE {
        let before = action();
        if new != 0 && !is_known {
            return sys::EFAULT;
        }
        if old != 0 {
            let mut bytes = [0; 32];
            for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(before) {
                *place = word.to_le_bytes();
            }
            if !sys::write_memory(old, &bytes) {
                return sys::EFAULT;
            }
        }
        if is_known {
            set_action(given);
        }
        call::count_direct();
        return 0;
    }
    if is_known && given[3] & SIGSYS_BIT != 0 {
        given[3] &= !SIGSYS_BIT;
        args[1] = sys::address(&given);
    }
    // SAFETY: by the contract of this function.
    unsafe { call::batched(nr::RT_SIGACTION, args) }
}

fn read_action(from: u64, action: &mut [u64; 4]) -> bool {
    let mut bytes = [0; 32];
    let read = sys::read_memory(from, &mut bytes);
    for (word, bytes) in action.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    read
}

/// Does what the program would have done about a `SIGSYS` that is none of the loader's.
pub(crate) fn deliver(signal: i32, info: &mut Info, context: &mut Context) {
    let [handler, flags, _, mask] = action();
    match handler {
        SIG_IGN => {}
        SIG_DFL => {
            let default = [SIG_DFL, 0, 0, 0];
            // SAFETY: no handler.
            unsafe { sys::set_action(SIGSYS, &default) };
            // Ends the process at the end of the call.
            sys::send(SIGSYS);
        }
        handler => {
            if flags & SA_RESETHAND != 0 {
                set_action([SIG_DFL, 0, 0, 0]);
            }
            // Until the frame is left.
            sys::set_mask(SIG_BLOCK, mask & !SIGSYS_BIT);
            // SAFETY: the program has given it as a handler, which takes these.
            let handler: extern "C" fn(i32, &mut Info, &mut Context) =
                unsafe { core::mem::transmute(handler as usize) };
            handler(signal, info, context);
        }
    }
}
