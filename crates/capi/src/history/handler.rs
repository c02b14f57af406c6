//! Whether this is a signal's handler.
//!
//! A thread cannot be made in a handler: `pthread_create(3)` takes locks that the
//! code which was interrupted may hold. Nobody tells whether one runs, but the kernel
//! leaves a frame on the stack, which begins with the address by which the handler
//! returns.
#![expect(unsafe_code, reason = "the kernel is asked, and the stack looked at")]

use rustix::process::getpid;
use syscalls::Sysno;

use crate::signals::SignalSet;

/// How many signals there are.
const SIGNALS: i32 = 64;
/// How many different addresses handlers may return by.
const WAYS_BACK: usize = 4;
/// So many words of the stack are looked at in one piece.
const WORDS: usize = 256;
/// How far the stack is looked through, in bytes.
const DEPTH: u64 = 16 << 20;

/// `struct sigaction` as the kernel has it.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Action {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// What is known of the handlers of the process.
#[derive(Debug, Default)]
struct Handlers {
    /// The signals that have one, or have had one.
    signals: SignalSet,
    /// Whether one of them is not blocked while its handler runs.
    nests: bool,
    /// Where handlers return to, with all bits the other way round: this is on the stack,
    /// too, and not to be found there.
    ways_back: [usize; WAYS_BACK],
}

/// Whether this may be a signal's handler. `blocked` are the signals that the code
/// in question has blocked.
///
/// It is not taken for one if the frame has been moved, or if the handler has
/// unblocked its own signal by itself.
pub(super) fn may_be_handler(blocked: SignalSet) -> bool {
    let handlers = find();
    if handlers.signals == 0 {
        return false;
    }
    if is_on_alternate_stack() {
        return true;
    }
    // A handler runs with its signal blocked.
    (handlers.nests || handlers.signals & blocked != 0) && stack_has_frame(&handlers)
}

/// What has been on the stack here lies below whoever asks.
#[inline(never)]
fn find() -> Handlers {
    let mut handlers = Handlers::default();
    for signal in 1..=SIGNALS {
        let mut action = Action::default();
        // SAFETY: it writes the structure, which is the kernel's.
        let asked = unsafe {
            syscalls::syscall4(
                Sysno::rt_sigaction,
                signal as usize,
                0,
                (&raw mut action).expose_provenance(),
                size_of::<SignalSet>(),
            )
        };
        // A handler for one time only has been taken off when it runs.
        let once = u64::from(libc::SA_RESETHAND.cast_unsigned());
        let had_one =
            action.handler > libc::SIG_IGN || action.restorer != 0 || action.flags & once != 0;
        if asked.is_err() || !had_one {
            continue;
        }
        handlers.signals |= 1 << (signal - 1);
        handlers.nests |= action.flags & u64::from(libc::SA_NODEFER.cast_unsigned()) != 0;
        if action.restorer == 0 {
            continue;
        }
        let way = !action.restorer;
        if let Some(place) = handlers
            .ways_back
            .iter_mut()
            .find(|place| **place == 0 || **place == way)
        {
            *place = way;
        }
    }
    handlers
}

/// Whether this runs on the stack that is for handlers (`sigaltstack(2)`).
fn is_on_alternate_stack() -> bool {
    let mut stack = libc::stack_t {
        ss_sp: core::ptr::null_mut(),
        ss_flags: 0,
        ss_size: 0,
    };
    // SAFETY: it writes the structure.
    let asked = unsafe { libc::sigaltstack(core::ptr::null(), &raw mut stack) };
    asked == 0 && stack.ss_flags & libc::SS_ONSTACK != 0
}

/// Whether an address by which handlers return lies on the stack, from where the
/// handlers are told on.
#[inline(never)]
fn stack_has_frame(handlers: &Handlers) -> bool {
    let mut words = [0_usize; WORDS];
    let mut at = core::ptr::from_ref(handlers).addr() as u64;
    let end = end_of_stack(at).min(at.saturating_add(DEPTH));
    while at < end {
        let count = ((end - at) / 8).min(WORDS as u64) as usize;
        let found = copy(at, &mut words, count.max(1));
        if found == 0 {
            break;
        }
        for (place, &word) in (at..).step_by(8).zip(&words[..found]) {
            if leads_back(word, handlers) && is_frame(place) {
                return true;
            }
        }
        at += found as u64 * 8;
    }
    false
}

/// Whether what begins at an address is the frame that the kernel makes for a handler,
/// and not a word that is left of something else: it goes on with the registers of what was
/// interrupted (`struct ucontext`).
#[inline(never)]
fn is_frame(address: u64) -> bool {
    /// Where these lie, in words: the next context, of which there is none, the stack
    /// pointer, and the segment of the code.
    const LINK: usize = 2;
    const STACK: usize = 21;
    const SEGMENT: usize = 24;
    /// `__USER_CS` (`arch/x86/include/asm/segment.h`).
    const USER_CODE: usize = 0x33;
    if !cfg!(target_arch = "x86_64") {
        return is_saved_link(address);
    }
    let mut words = [0; WORDS];
    copy(address, &mut words, SEGMENT + 1) == SEGMENT + 1
        && words[LINK] == 0
        && words[STACK] as u64 > address
        && words[SEGMENT] & 0xFFFF == USER_CODE
}

/// The same for aarch64, where the handler itself has put the address there, behind the
/// frame pointer that it was given. That leads to a record above the kernel's frame, and
/// the registers in the frame have the frame pointer that the record has, and the stack
/// pointer behind the record (`setup_return()` in `arch/arm64/kernel/signal.c`).
fn is_saved_link(address: u64) -> bool {
    /// How large a frame is at most, in bytes, with all that processors may have.
    const LARGEST: u64 = 128 << 10;
    let mut words = [0; WORDS];
    if copy(address - 8, &mut words, 1) != 1 {
        return false;
    }
    let record = words[0] as u64;
    if !(address..address.saturating_add(LARGEST)).contains(&record)
        || !record.is_multiple_of(16)
        || copy(record, &mut words, 1) != 1
    {
        return false;
    }
    let (pointer, stack) = (words[0], record as usize + 16);
    let mut at = address;
    while at < record {
        let found = copy(at, &mut words, WORDS);
        let mut triples = words[..found].windows(3);
        // Frame pointer, link and stack pointer.
        if triples.any(|triple| triple[0] == pointer && triple[2] == stack) {
            return true;
        }
        // What lies across the end of a piece is in the next one.
        let Some(step) = found.checked_sub(2).filter(|&step| step > 0) else {
            return false;
        };
        at += step as u64 * 8;
    }
    false
}

/// Whether handlers return by this address.
fn leads_back(word: usize, handlers: &Handlers) -> bool {
    if word != usize::MAX && handlers.ways_back.contains(&!word) {
        return true;
    }
    if cfg!(target_arch = "x86_64") {
        return false;
    }
    // There it is in the vDSO, of which other addresses may be left on a stack, too.
    /// How large that is at most, in bytes.
    const VDSO: usize = 16 << 10;
    /// `mov x8, #139` (`rt_sigreturn`), `svc #0`
    /// (`arch/arm64/kernel/vdso/sigreturn.S`).
    const RETURN: usize = 0xD400_0001_D280_1168;
    // SAFETY: there is no precondition.
    let vdso = unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) } as usize;
    let mut code = [0; WORDS];
    vdso != 0
        && (vdso..vdso + VDSO).contains(&word)
        && copy(word as u64, &mut code, 1) == 1
        && code[0] == RETURN
}

/// Where the stack with this address ends at the latest. What belongs to a thread lies
/// there, and the name of the program at the end of that of the first.
fn end_of_stack(address: u64) -> u64 {
    // SAFETY: there is no precondition.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) };
    // SAFETY: there is no precondition.
    let thread = unsafe { libc::pthread_self() };
    [name, thread]
        .into_iter()
        .filter(|&end| end > address)
        .min()
        .unwrap_or(u64::MAX)
}

/// Copies words from an address where nothing may be; says how many.
fn copy(address: u64, words: &mut [usize; WORDS], count: usize) -> usize {
    let size = count.min(WORDS) * 8;
    let to = libc::iovec {
        iov_base: words.as_mut_ptr().cast(),
        iov_len: size,
    };
    let from = libc::iovec {
        iov_base: core::ptr::with_exposed_provenance_mut(address as usize),
        iov_len: size,
    };
    // SAFETY: it writes no more than fits, and reads nothing that it may not.
    let copied = unsafe {
        syscalls::syscall6(
            Sysno::process_vm_readv,
            getpid().as_raw_nonzero().get() as usize,
            (&raw const to).expose_provenance(),
            1,
            (&raw const from).expose_provenance(),
            1,
            0,
        )
    };
    copied.unwrap_or(0) / 8
}

#[cfg(test)]
mod tests {
    use core::ffi::c_int;
    use core::mem;
    use core::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::signals::Blocked;

    static FOUND: AtomicBool = AtomicBool::new(false);

    extern "C" fn ask(_: c_int) {
        FOUND.store(may_be_handler(Blocked::all().before()), Ordering::Relaxed);
    }

    /// Raises a signal in a thread of its own, so that none of it is left on the
    /// stack of another.
    fn raise(flags: c_int) -> bool {
        std::thread::spawn(move || {
            assert!(!may_be_handler(Blocked::all().before()));
            // SAFETY: zeroes are an action.
            let mut action: libc::sigaction = unsafe { mem::zeroed() };
            action.sa_sigaction = ask as extern "C" fn(c_int) as usize;
            action.sa_flags = flags;
            // SAFETY: the action is whole, and nobody else has a handler for it.
            unsafe { libc::sigaction(libc::SIGURG, &raw const action, core::ptr::null_mut()) };
            FOUND.store(false, Ordering::Relaxed);
            // SAFETY: there is no precondition.
            unsafe { libc::raise(libc::SIGURG) };
            FOUND.load(Ordering::Relaxed)
        })
        .join()
        .unwrap()
    }

    #[test]
    fn in_a_handler_and_not() {
        assert!(raise(0));
        assert!(raise(libc::SA_NODEFER));
        assert!(raise(libc::SA_RESETHAND));
        // With handlers, and their signals blocked, out of a handler.
        let blocked = Blocked::all();
        assert!(!may_be_handler(SignalSet::MAX));
        drop(blocked);
    }
}
