//! x86-64.
#![expect(unsafe_code, reason = "registers, and the stack pointer set by hand")]

use core::arch::{asm, global_asm, naked_asm};
use core::ffi::{c_char, c_int, c_void};
use core::mem::offset_of;

use rustix::process::Pid;
use sysbatch::abi::Entry;
use sysbatch_reference::Operand;
use syscalls::Sysno;

use crate::lab::sys;
use crate::watched::tracers::ptrace;

/// `AUDIT_ARCH_X86_64` of `linux/audit.h`.
pub(crate) const AUDIT_ARCHITECTURE: u32 = 0xC000_003E;

/// `mkdir` and `mkdirat` of 32-bit tasks.
pub(crate) const MKDIR_OF_32_BITS: [i32; 2] = [39, 296];

/// The call that opens a file by its path.
pub(crate) const OPEN: Sysno = Sysno::open;

/// The call that makes a directory by its path.
pub(crate) const MKDIR: Sysno = Sysno::mkdir;

/// Its arguments.
pub(crate) const fn mkdir_arguments(path: u64, mode: u64) -> [u64; 2] {
    [path, mode]
}

macro_rules! calls {
    ($($name:ident($($operand:ident),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "(2)`.")]
            pub(crate) fn $name($($operand: Operand),*) -> Entry {
                sys(Sysno::$name, [$($operand),*])
            }
        )*
    };
}

calls! {
    access(path, mode);
    dup2(from, to);
    epoll_wait(fd, events, count, timeout);
    fork();
    lstat(path, status);
    mkdir(path, mode);
    newfstatat(directory, path, status, flags);
    open(path, flags, mode);
    pause();
    pipe(pair);
    readlink(path, buffer, size);
    select(count, read, write, except, timeout);
    stat(path, status);
    unlink(path);
    vfork();
}

/// `poll(2)`, with a timeout in milliseconds.
pub(crate) fn poll(polled: Operand, count: Operand, timeout: i32) -> Entry {
    sys(Sysno::poll, [polled, count, crate::lab::imm(timeout)])
}

/// The registers of code that a signal has interrupted.
pub(crate) struct Registers(&'static mut libc::mcontext_t);

impl Registers {
    /// Those of the context that a handler has been given.
    ///
    /// # Safety
    /// It must be that, and used for this alone while the value is there.
    pub(crate) unsafe fn of(context: *mut c_void) -> Self {
        let context: *mut libc::ucontext_t = context.cast();
        // SAFETY: it is the handler's alone while it runs, by the contract.
        Self(unsafe { &mut (*context).uc_mcontext })
    }

    fn register(&self, index: c_int) -> u64 {
        self.0.gregs[at_index(index)].cast_unsigned()
    }

    /// The number of the call that was trapped.
    pub(crate) fn number(&self) -> i64 {
        self.register(libc::REG_RAX).cast_signed()
    }

    /// Its arguments.
    pub(crate) fn arguments(&self) -> [u64; 6] {
        [
            libc::REG_RDI,
            libc::REG_RSI,
            libc::REG_RDX,
            libc::REG_R10,
            libc::REG_R8,
            libc::REG_R9,
        ]
        .map(|index| self.register(index))
    }

    /// Where the code goes on.
    pub(crate) fn goes_on(&self) -> u64 {
        self.register(libc::REG_RIP)
    }

    /// Gives the call this result.
    pub(crate) fn set_result(&mut self, result: i64) {
        self.0.gregs[at_index(libc::REG_RAX)] = result;
    }

    /// Has the call made again.
    pub(crate) fn go_back(&mut self) {
        // The instruction has two bytes.
        self.0.gregs[at_index(libc::REG_RIP)] -= 2;
    }
}

fn at_index(register: c_int) -> usize {
    usize::try_from(register).expect("an index")
}

/// What a trapped call returns if the handler leaves the registers as they are.
pub(crate) const fn left_alone(number: i64, _first_argument: i64) -> i64 {
    number
}

fn poke(pid: Pid, offset: usize, value: usize) {
    assert_eq!(ptrace(libc::PTRACE_POKEUSER, pid, offset, value), 0);
}

/// Has a tracee that is stopped at a call make another one.
pub(crate) fn set_tracee_number(pid: Pid, call: Sysno) {
    let number = usize::try_from(call.id()).expect("a call number");
    poke(pid, offset_of!(libc::user_regs_struct, orig_rax), number);
}

/// Gives the call that a tracee is stopped at another first argument.
pub(crate) fn set_tracee_argument(pid: Pid, value: usize) {
    poke(pid, offset_of!(libc::user_regs_struct, rdi), value);
}

/// Gives the call that a tracee is stopped behind another result.
pub(crate) fn set_tracee_result(pid: Pid, value: usize) {
    poke(pid, offset_of!(libc::user_regs_struct, rax), value);
}

/// What the C library registers areas of `rseq(2)` with (glibc's `bits/rseq.h`).
pub(crate) const RSEQ_SIGNATURE: u32 = 0x5305_3053;

/// The thread pointer.
pub(crate) fn thread_pointer() -> u64 {
    let pointer: u64;
    // SAFETY: the word at the thread pointer is the thread pointer.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(nostack, readonly)) };
    pointer
}

global_asm!(
    // mkdir(2), by an instruction of its own.
    ".globl sysbatch_test_mkdir",
    ".globl sysbatch_test_mkdir_end",
    "sysbatch_test_mkdir:",
    "mov eax, 83",
    "syscall",
    "sysbatch_test_mkdir_end:",
    "ret",
);

unsafe extern "C" {
    pub(crate) safe static sysbatch_test_mkdir_end: u8;
    pub(crate) fn sysbatch_test_mkdir(path: *const c_char, mode: u64) -> i64;
}

/// Saves what a called function must preserve, and the stack pointer in `frame`; calls
/// the function and returns 0.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(
    function: extern "C" fn(*mut c_void),
    argument: *mut c_void,
    frame: *mut u64,
) -> u64 {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "xor eax, eax",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Takes back the stack pointer and what was saved, and returns 1 from [`enter`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave(frame: u64) -> ! {
    naked_asm!(
        "mov rsp, rdi",
        "mov eax, 1",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}
