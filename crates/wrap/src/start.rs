//! The loader's beginning: becomes the program that was asked for.
#![expect(unsafe_code, reason = "the stack, and the jump into the new program")]

use crate::arch;
use crate::call;
use crate::elf::{Elf, PAGE};
use crate::exec;
use crate::filter;
use crate::layout::{self, Descriptor};
use crate::load::{self, Place};
use crate::message::{self, fail};
use crate::program;
use crate::request::{PATH_SIZE, REQUEST_SIZE, Request};
use crate::script::{self, HEAD_SIZE};
use crate::shared::SHARED_SIZE;
use crate::signal;
use crate::stack::{AT_BASE, AT_ENTRY, AT_EXECFN, AT_PHDR, AT_PHNUM, Stack};
use crate::sys;

/// The size of [`STACK`] in bytes.
pub const STACK_SIZE: usize = 64 << 10;

/// What the loader runs on until there is a program.
#[expect(missing_debug_implementations, reason = "a stack")]
#[expect(dead_code, reason = "used by the processor alone")]
#[repr(align(16))]
pub struct OwnStack(core::cell::UnsafeCell<[u8; STACK_SIZE]>);

// SAFETY: only the processor uses it, as a stack, while there is one thread.
unsafe impl Sync for OwnStack {}

/// What the loader runs on until there is a program.
pub static STACK: OwnStack = OwnStack(core::cell::UnsafeCell::new([0; STACK_SIZE]));

const PR_SET_NAME: u64 = 15;
const PR_SET_MM: u64 = 35;
const PR_SET_MM_EXE_FILE: u64 = 13;
const PROT_GROWSDOWN: u64 = 0x0100_0000;

/// Becomes the program that was asked for.
///
/// # Safety
/// The kernel has just begun this process's program, and has laid out a stack at
/// `stack`.
pub unsafe extern "C" fn start(stack: u64) -> ! {
    // SAFETY: by the contract of this function.
    let stack = unsafe { Stack::at(stack) };
    let Some(top) = top(stack.executed()) else {
        fail(b"this is started by `sysbatch wrap -- COMMAND`");
    };
    call::set_top(top);
    let mut bytes = [0; REQUEST_SIZE];
    let fd = call::descriptor(Descriptor::Request);
    let size = sys::read(fd, &mut bytes).unwrap_or(0);
    sys::close(fd);
    let Some(request) = bytes.get(..size).and_then(Request::read) else {
        fail(b"nothing says what to execute");
    };
    share();
    signal::install(request.ignores_sigsys);
    if request.is_first {
        begin(&request);
    }
    // SAFETY: by the contract of this function.
    unsafe { become_program(&stack, &request) }
}

/// The highest of the loader's descriptors, which ends the path that it was executed by.
fn top(path: &[u8]) -> Option<u32> {
    let digits = path.rsplit(|&byte| byte == b'/').next()?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// Maps the memory that all processes share.
fn share() {
    let mapped = sys::map(
        layout::SHARED,
        SHARED_SIZE,
        sys::PROT_READ | sys::PROT_WRITE,
        sys::MAP_SHARED | sys::MAP_FIXED_NOREPLACE,
        call::descriptor(Descriptor::Shared),
        0,
    );
    if mapped != Ok(layout::SHARED) {
        fail(b"can't map the memory that counts calls");
    }
}

/// What is done once, for the first program: whether it can be executed is not known
/// yet, and all that follow need the filter.
fn begin(request: &Request<'_>) {
    if let Err(error) = exec::check(call::descriptor(Descriptor::File)) {
        refuse(request, b"this can't be executed", error);
    }
    if let Err(error) = filter::install() {
        refuse(
            request,
            b"can't install the filter that traps system calls",
            error,
        );
    }
}

fn refuse(request: &Request<'_>, why: &[u8], error: sys::Error) -> ! {
    let mut digits = [0; 20];
    let digits = message::digits(error.unsigned_abs(), &mut digits);
    message::say(&[
        b"sysbatch wrap: ",
        request.path,
        b": ",
        why,
        b" (errno ",
        digits,
        b")\n",
    ]);
    sys::exit(126)
}

/// The words before the arguments of a script: interpreters with their arguments, and
/// the script.
struct Before {
    words: [u64; 2 * script::DEPTH + 1],
    count: usize,
}

impl Before {
    /// Puts words in front, in the place of the first one there.
    fn replace_first(&mut self, new: &[u64]) {
        let old = self.words;
        let kept = old.get(1..self.count).unwrap_or_default();
        self.count = 0;
        for (place, word) in self.words.iter_mut().zip(new.iter().chain(kept)) {
            *place = *word;
            self.count += 1;
        }
    }
}

/// # Safety
/// As [`start`].
unsafe fn become_program(stack: &Stack, request: &Request<'_>) -> ! {
    let mut file = call::descriptor(Descriptor::File);
    // SAFETY: the kernel's stack begins above.
    let mut below = unsafe { Stack::lay_string(stack.address(), request.path) };
    let name = below;
    let mut path = name;
    let mut before = Before {
        words: [0; 2 * script::DEPTH + 1],
        count: 0,
    };
    let mut head = read_head(file);
    while script::is_script(&head) {
        let Some(script) = script::parse(&head) else {
            fail(b"a script has changed while it was executed");
        };
        let mut lay = |string: &[u8]| {
            // SAFETY: all that was laid out so far is above.
            below = unsafe { Stack::lay_string(below, string) };
            below
        };
        let interpreter = lay(script.interpreter);
        match script.argument.map(&mut lay) {
            Some(argument) => before.replace_first(&[interpreter, argument, path]),
            None => before.replace_first(&[interpreter, path]),
        }
        sys::close(file);
        path = interpreter;
        // SAFETY: it was just laid out.
        let interpreter = unsafe { exec::string(interpreter) };
        file = open(interpreter);
        head = read_head(file);
    }
    let elf = read_elf(file, &head);
    // SAFETY: laid out above.
    set_name(unsafe { exec::string(name) });
    set_file(file);
    let mut buffer = [0; PATH_SIZE];
    let Ok(linker) = elf.interpreter(file, &mut buffer) else {
        fail(b"a program has changed while it was executed");
    };
    let place = if linker.is_some() {
        Place::Program
    } else {
        Place::Library
    };
    let Ok(program) = load::map(file, &elf, place) else {
        fail(b"can't map a program");
    };
    sys::close(file);
    let mut entry = program.entry;
    let mut base = 0;
    if let Some(path) = linker {
        let file = open(path.strip_suffix(b"\0").unwrap_or(path));
        let elf = read_elf(file, &read_head(file));
        let Ok(linker) = load::map(file, &elf, Place::Library) else {
            fail(b"can't map a program's dynamic linker");
        };
        sys::close(file);
        entry = linker.entry;
        base = linker.bias;
    }
    if elf.executes_stack() {
        let protection = sys::PROT_READ | sys::PROT_WRITE | sys::PROT_EXEC | PROT_GROWSDOWN;
        sys::protect(stack.address() & !(PAGE - 1), PAGE, protection);
    }
    let changed = [
        (AT_PHDR, elf.headers_address().wrapping_add(program.bias)),
        (AT_PHNUM, elf.count.into()),
        (AT_BASE, base),
        (AT_ENTRY, program.entry),
        (AT_EXECFN, name),
    ];
    let before = before.words.get(..before.count).unwrap_or_default();
    // SAFETY: all that was laid out so far is above.
    let stack = unsafe { stack.lay(before, &changed, below & !7) };
    // SAFETY: the program is mapped and its stack is laid out.
    unsafe { arch::enter(entry, stack) }
}

fn read_head(file: u64) -> [u8; HEAD_SIZE] {
    exec::head(file).unwrap_or_else(|_| fail(b"can't read a program"))
}

fn read_elf(file: u64, head: &[u8; HEAD_SIZE]) -> Elf {
    Elf::read(file, head).unwrap_or_else(|_| fail(b"a program has changed while it was executed"))
}

/// Opens an interpreter.
fn open(path: &[u8]) -> u64 {
    let mut buffer = [0; PATH_SIZE];
    for (place, byte) in buffer.iter_mut().zip(path) {
        *place = *byte;
    }
    exec::open_named(&buffer).unwrap_or_else(|_| fail(b"an interpreter is not there any more"))
}

/// Gives the process its name: what is behind the last slash.
fn set_name(path: &[u8]) {
    let mut name = [0; 16];
    let base = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    for (place, byte) in name.iter_mut().take(15).zip(base) {
        *place = *byte;
    }
    // It only names the process.
    let _ = sys::prctl(PR_SET_NAME, sys::address(&name), 0);
}

/// Has `/proc/self/exe` lead to the program, or keeps its file if the process may not
/// say so.
fn set_file(file: u64) {
    program::forget();
    if !set_link(file) {
        program::keep(file);
    }
}

/// Has `/proc/self/exe` lead to a file. The kernel asks that nothing of the file before
/// is mapped, so the loader becomes memory of no file.
fn set_link(file: u64) -> bool {
    let set = |file| sys::prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, file);
    if set(u64::from(u32::MAX)) != Err(sys::EBADF) {
        return false;
    }
    let fd = call::descriptor(Descriptor::Loader);
    for segment in read_elf(fd, &read_head(fd)).loaded() {
        let start = segment.address & !(PAGE - 1);
        let end = (segment.address + segment.file_size + PAGE - 1) & !(PAGE - 1);
        let size = end - start;
        if segment.file_size == 0 {
            continue;
        }
        let writable = sys::PROT_READ | sys::PROT_WRITE;
        let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
        let Ok(copy) = sys::map(0, size, writable, flags, u64::MAX, 0) else {
            return false;
        };
        // SAFETY: a segment of the loader's, and memory of its size that was just mapped
        // and is given away.
        unsafe { arch::replace(start, copy, size, segment.protection()) };
    }
    set(file).is_ok()
}
