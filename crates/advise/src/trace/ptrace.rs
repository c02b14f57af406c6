//! The requests of `ptrace(2)` that a tracer of system calls needs, and `waitpid(2)`.
//!
//! A thread can be killed at any time, also while it is stopped. Requests then fail with
//! `ESRCH`, and `wait` tells how it ended.
#![expect(unsafe_code, reason = "ptrace(2) and waitpid(2)")]

use std::ffi::{c_int, c_uint, c_void};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::ptr;
use std::time::Duration;

/// Of a stop at a system call, as `PTRACE_O_TRACESYSGOOD` marks it.
pub(super) const SYSTEM_CALL: c_int = libc::SIGTRAP | 0x80;

/// Every thread and every child is followed, and none outlives the tracer stopped.
const OPTIONS: c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_EXITKILL;

/// The `AUDIT_ARCH_*` of this architecture.
#[cfg(target_arch = "x86_64")]
const NATIVE: u32 = 0xc000_003e;
/// The `AUDIT_ARCH_*` of this architecture.
#[cfg(target_arch = "aarch64")]
const NATIVE: u32 = 0xc000_00b7;

/// Set in the numbers of x32, which are otherwise as x86-64's.
const X32: u64 = 0x4000_0000;

/// What a thread is about to do, or has done, at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Info {
    /// It is about to make a system call of this architecture.
    Entry {
        /// Its number.
        number: u32,
        /// Its arguments.
        arguments: [u64; 6],
    },
    /// It is about to make one of another architecture, such as a 32-bit one.
    Foreign,
    /// A call has returned.
    Exit {
        /// What it returned.
        result: i64,
    },
    /// Neither.
    Other,
}

/// Where a thread is executing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Registers {
    /// The next instruction.
    pub(crate) instruction: u64,
    /// The top of its stack.
    pub(crate) stack: u64,
    /// The frame pointer.
    pub(crate) frame: u64,
    /// The register that has a return address in functions that call no other, where the
    /// architecture has one.
    pub(crate) link: u64,
}

/// Begins to trace a thread that this process may trace.
pub(super) fn seize(thread: u32) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, thread, 0, OPTIONS as usize)
}

/// Has a thread stop that is running.
pub(super) fn interrupt(thread: u32) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, thread, 0, 0)
}

/// Lets a stopped thread run on until its next system call, with a signal or 0.
pub(super) fn resume(thread: u32, signal: c_int) -> io::Result<()> {
    request(libc::PTRACE_SYSCALL, thread, 0, signal as usize)
}

/// Leaves a thread stopped by a signal of job control as it is, until it is continued.
pub(super) fn listen(thread: u32) -> io::Result<()> {
    request(libc::PTRACE_LISTEN, thread, 0, 0)
}

/// The number that comes with an event: of a new thread, or of the one that executed.
pub(super) fn message(thread: u32) -> io::Result<u64> {
    let mut message = 0_u64;
    let address = (&raw mut message).expose_provenance();
    request(libc::PTRACE_GETEVENTMSG, thread, 0, address)?;
    Ok(message)
}

/// What a thread that stopped at a system call is doing.
pub(super) fn info(thread: u32) -> io::Result<Info> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = size_of::<libc::ptrace_syscall_info>();
    let address = info.as_mut_ptr().expose_provenance();
    request(libc::PTRACE_GET_SYSCALL_INFO, thread, size, address)?;
    // SAFETY: it was zeroed, and all of it are numbers, for which zero is a value.
    let info = unsafe { info.assume_init() };
    Ok(match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: the kernel fills this one in at an entry, and it is numbers only.
            let entry = unsafe { info.u.entry };
            let is_native = info.arch == NATIVE && entry.nr & X32 == 0;
            match u32::try_from(entry.nr) {
                Ok(number) if is_native => Info::Entry {
                    number,
                    arguments: entry.args,
                },
                _ => Info::Foreign,
            }
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: the kernel fills this one in at an exit, and it is numbers only.
            let exit = unsafe { info.u.exit };
            Info::Exit { result: exit.sval }
        }
        _ => Info::Other,
    })
}

/// The registers of a stopped thread; none of a 32-bit one, which has others.
pub(super) fn registers(thread: u32) -> io::Result<Option<Registers>> {
    let mut registers = MaybeUninit::<libc::user_regs_struct>::zeroed();
    let size = size_of::<libc::user_regs_struct>();
    let mut vector = libc::iovec {
        iov_base: registers.as_mut_ptr().cast(),
        iov_len: size,
    };
    // The kernel writes through the pointer in the vector.
    let _ = registers.as_mut_ptr().expose_provenance();
    let address = (&raw mut vector).expose_provenance();
    request(
        libc::PTRACE_GETREGSET,
        thread,
        libc::NT_PRSTATUS as usize,
        address,
    )?;
    if vector.iov_len != size {
        return Ok(None);
    }
    // SAFETY: it was zeroed, and all of it are numbers, for which zero is a value.
    Ok(Some(of_native(&unsafe { registers.assume_init() })))
}

#[cfg(target_arch = "x86_64")]
fn of_native(registers: &libc::user_regs_struct) -> Registers {
    Registers {
        instruction: registers.rip,
        stack: registers.rsp,
        frame: registers.rbp,
        link: 0,
    }
}

#[cfg(target_arch = "aarch64")]
fn of_native(registers: &libc::user_regs_struct) -> Registers {
    Registers {
        instruction: registers.pc,
        stack: registers.sp,
        frame: registers.regs[29],
        link: registers.regs[30],
    }
}

/// How a thread stopped or ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waited {
    /// Which.
    pub(super) thread: u32,
    /// How.
    pub(super) status: ExitStatus,
    /// The processor time of its process and of the children that it waited for.
    pub(super) processor: Duration,
}

/// Waits until a thread that this thread traces stops or ends.
///
/// # Errors
/// `ECHILD` when there is none any more.
pub(super) fn wait() -> io::Result<Waited> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let options = libc::__WALL | libc::__WNOTHREAD;
    loop {
        // SAFETY: both are memory that the kernel may write, as large as it takes it to be.
        let thread = unsafe { libc::wait4(-1, &raw mut status, options, usage.as_mut_ptr()) };
        match u32::try_from(thread) {
            Ok(thread) => {
                // SAFETY: it was zeroed, and all of it are numbers, for which zero is a
                // value.
                let usage = unsafe { usage.assume_init() };
                return Ok(Waited {
                    thread,
                    status: ExitStatus::from_raw(status),
                    processor: duration(usage.ru_utime) + duration(usage.ru_stime),
                });
            }
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
}

fn request(request: c_uint, thread: u32, address: usize, data: usize) -> io::Result<()> {
    let thread = libc::pid_t::try_from(thread).map_err(|_| io::ErrorKind::InvalidInput)?;
    let address = ptr::with_exposed_provenance_mut::<c_void>(address);
    let data = ptr::with_exposed_provenance_mut::<c_void>(data);
    // SAFETY: the callers give addresses of what they have borrowed mutably, as large as
    // the request writes; those that are no addresses are not used as such.
    let result = unsafe { libc::ptrace(request, thread, address, data) };
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
