//! Calls that give a child, which goes on where its parent was trapped.
#![expect(unsafe_code, reason = "children with stacks of their own")]

use crate::arch;
use crate::call;
use crate::frame::{self, AlternateStack, Context};
use crate::nr;
use crate::signal::{SIG_DFL, SIG_IGN, SIGSYS};
use crate::sys;

const CLONE_VM: u64 = 0x100;
const CLONE_VFORK: u64 = 0x4000;
/// The child has no handlers, the loader's among them.
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;

/// `struct clone_args`: its words, and its smallest and largest size in bytes.
const CLONE_ARGS_FLAGS: usize = 0;
const CLONE_ARGS_STACK: usize = 5;
const CLONE_ARGS_STACK_SIZE: usize = 6;
const CLONE_ARGS_MIN: usize = 64;
const CLONE_ARGS_MAX: usize = 256;

/// How much room there is on a stack for a parent that waits, in bytes.
const WAITING_STACK: u64 = 16 << 10;

const SIG_SETMASK: u64 = 2;

/// `fork(2)`, `vfork(2)` and `clone(2)`.
///
/// # Safety
/// The program has asked for it, and `context` is its frame's.
pub(crate) unsafe fn clone(number: u32, mut args: [u64; 6], context: &mut Context) -> i64 {
    let (flags, stack) = match number {
        nr::VFORK => (CLONE_VM | CLONE_VFORK, 0),
        nr::CLONE => (args[0], args[1]),
        _ => (0, 0),
    };
    if stack != 0 {
        // SAFETY: by the contract of this function; the program gives it to the child.
        args[1] = unsafe { lay(context, flags, stack) };
        call::count_direct();
        // SAFETY: the child's stack begins with the frame.
        unsafe { arch::clone(number, &raw const args, 0) }
    } else if flags & (CLONE_VM | CLONE_VFORK) == CLONE_VM | CLONE_VFORK {
        // SAFETY: by the contract of this function.
        unsafe { share(number, &args, 0, context) }
    } else {
        // SAFETY: as above. The child comes back, too, with a stack of its own.
        unsafe { call::directly(number, args) }
    }
}

/// `clone3(2)`.
///
/// # Safety
/// As [`clone()`].
pub(crate) unsafe fn clone3(mut args: [u64; 6], context: &mut Context) -> i64 {
    let mut words = [0_u64; CLONE_ARGS_MAX / 8];
    let mut bytes = [0_u8; CLONE_ARGS_MAX];
    let size = args[1] as usize;
    let read = bytes.get_mut(..size).filter(|_| size >= CLONE_ARGS_MIN);
    if !read.is_some_and(|bytes| sys::read_memory(args[0], bytes)) {
        // For the kernel to refuse.
        // SAFETY: the program has asked for it.
        return unsafe { call::directly(nr::CLONE3, args) };
    }
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let flags = words[CLONE_ARGS_FLAGS];
    let stack = words[CLONE_ARGS_STACK];
    let clears = flags & CLONE_CLEAR_SIGHAND != 0;
    if clears {
        // Nothing may reach the child before its handlers are gone.
        words[CLONE_ARGS_FLAGS] &= !CLONE_CLEAR_SIGHAND;
        sys::set_mask(SIG_SETMASK, u64::MAX);
    }
    args[0] = sys::address(&words);
    if stack != 0 {
        let end = stack.wrapping_add(words[CLONE_ARGS_STACK_SIZE]);
        // SAFETY: by the contract of this function; the program gives it to the child.
        let context = unsafe { lay(context, flags, end) };
        words[CLONE_ARGS_STACK_SIZE] = context.wrapping_sub(stack);
        args[0] = sys::address(&words);
        call::count_direct();
        // SAFETY: the child's stack begins with the frame.
        unsafe { arch::clone(nr::CLONE3, &raw const args, flags) }
    } else if flags & (CLONE_VM | CLONE_VFORK) == CLONE_VM | CLONE_VFORK {
        // SAFETY: by the contract of this function.
        unsafe { share(nr::CLONE3, &args, flags, context) }
    } else {
        // SAFETY: as above. The child comes back, too, with a stack of its own.
        let result = unsafe { call::directly(nr::CLONE3, args) };
        if result == 0 {
            child(flags);
        }
        result
    }
}

/// Lays a copy of the frame on a child's stack, with the registers it is to have.
///
/// # Safety
/// `context` is that of the frame, and `end` the end of a stack that nobody uses yet.
unsafe fn lay(context: &Context, flags: u64, end: u64) -> u64 {
    // SAFETY: by the contract of this function.
    let place = unsafe { context.copy_below(end) };
    // SAFETY: it was just laid there.
    let copy = unsafe { frame::context_at(place) };
    copy.rsp = end;
    copy.rax = 0;
    if flags & (CLONE_VM | CLONE_VFORK) == CLONE_VM {
        copy.stack = AlternateStack::NONE;
    }
    place
}

/// A parent that waits for a child which goes on with its stack.
#[derive(Clone, Copy)]
#[repr(C)]
struct Waiting {
    /// Where the frame is that both go on with, and how many bytes of it there are.
    context: u64,
    size: u64,
    /// This memory: this, the stack that the parent waits on, a copy of the frame.
    area: u64,
    area_size: u64,
}

/// Makes a call after which the child uses the program's stack, the frame on it
/// included, while the parent waits.
///
/// # Safety
/// By the contract of [`clone()`].
unsafe fn share(number: u32, args: &[u64; 6], flags: u64, context: &mut Context) -> i64 {
    call::count_direct();
    let size = context.frame_size();
    let area_size = (WAITING_STACK + size + 4095) & !4095;
    let protection = sys::PROT_READ | sys::PROT_WRITE;
    let kind = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
    let area = match sys::map(0, area_size, protection, kind, u64::MAX, 0) {
        Ok(area) => area,
        Err(error) => return error,
    };
    let record = core::ptr::with_exposed_provenance_mut::<Waiting>(area as usize);
    let waiting = Waiting {
        context: context.address(),
        size,
        area,
        area_size,
    };
    // SAFETY: the first bytes of memory that was just mapped.
    unsafe { record.write(waiting) };
    // SAFETY: what lies from the context to the program's stack is the frame; there is
    // room for it behind the stack.
    unsafe { frame::copy_bytes(waiting.context, area + WAITING_STACK, size) };
    context.rax = 0;
    // SAFETY: the call is that of vfork(2) by its flags, and the stack is of memory that
    // was just mapped.
    unsafe {
        arch::vfork(
            number,
            args,
            flags,
            waiting.context,
            area + WAITING_STACK,
            area,
        )
    }
}

/// Goes on in a parent that has waited: lays its frame again.
pub(crate) extern "C" fn parent(record: u64, result: i64) -> ! {
    let record = core::ptr::with_exposed_provenance::<Waiting>(record as usize);
    // SAFETY: written by `share`, in memory that only this uses.
    let waiting = unsafe { record.read() };
    // SAFETY: where the frame was before. The child does not use the stack any more, and
    // the program has nothing there.
    unsafe { frame::copy_bytes(waiting.area + WAITING_STACK, waiting.context, waiting.size) };
    // SAFETY: it was just laid there.
    let context = unsafe { frame::context_at(waiting.context) };
    context.rax = result as u64;
    // SAFETY: the frame is whole, and nobody knows of the memory any more.
    unsafe { arch::unmap_and_leave(waiting.area, waiting.area_size, waiting.context) }
}

/// What a child does before it goes on: what the kernel was not asked to do because it
/// would have left no handler for the next trapped call.
pub(crate) extern "C" fn child(flags: u64) {
    if flags & CLONE_CLEAR_SIGHAND == 0 {
        return;
    }
    for signal in (1..=64).filter(|&signal| signal != SIGSYS) {
        let mut action = sys::action(signal);
        if action[0] != SIG_DFL && action[0] != SIG_IGN {
            action = [SIG_DFL, 0, 0, 0];
            // SAFETY: no handler.
            unsafe { sys::set_action(signal, &action) };
        }
    }
}
