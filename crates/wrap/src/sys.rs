//! The loader's own system calls. They are made directly and not counted.
#![expect(unsafe_code, reason = "system calls with memory of the loader's own")]

use crate::arch;
use crate::frame::AlternateStack;
use crate::nr;

/// A negated errno, as calls return it.
pub(crate) type Error = i64;

pub(crate) const ENOENT: Error = -2;
pub(crate) const ENOEXEC: Error = -8;
pub(crate) const EBADF: Error = -9;
pub(crate) const EACCES: Error = -13;
pub(crate) const EFAULT: Error = -14;
pub(crate) const EINVAL: Error = -22;
pub(crate) const ENAMETOOLONG: Error = -36;
pub(crate) const ELOOP: Error = -40;

pub(crate) const AT_FDCWD: u64 = -100_i64 as u64;
pub(crate) const AT_EMPTY_PATH: u64 = 0x1000;
pub(crate) const AT_SYMLINK_NOFOLLOW: u64 = 0x100;
pub(crate) const AT_EACCESS: u64 = 0x200;
pub(crate) const O_CLOEXEC: u64 = 0o2_000_000;
pub(crate) const O_NOFOLLOW: u64 = 0o400_000;

pub(crate) const PROT_READ: u64 = 1;
pub(crate) const PROT_WRITE: u64 = 2;
pub(crate) const PROT_EXEC: u64 = 4;
pub(crate) const MAP_SHARED: u64 = 1;
pub(crate) const MAP_PRIVATE: u64 = 2;
pub(crate) const MAP_FIXED: u64 = 0x10;
pub(crate) const MAP_ANONYMOUS: u64 = 0x20;
pub(crate) const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;

/// What a call came to: its value, or its negated errno.
pub(crate) fn check(result: i64) -> Result<u64, Error> {
    if (-4095..0).contains(&result) {
        Err(result)
    } else {
        Ok(result as u64)
    }
}

/// Makes a call of the loader's own.
///
/// # Safety
/// The kernel reads and writes no memory but what the caller has lent for this call,
/// and changes none that is in use.
pub(crate) unsafe fn call(number: u32, args: [u64; 6]) -> i64 {
    // SAFETY: by the contract of this function, and none of the calls made by it works
    // on the frame of its caller.
    unsafe { arch::syscall(number, args) }
}

/// Makes a call whose arguments are numbers, and which changes no memory.
macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {{
        let mut args = [0; 6];
        let given: &[u64] = &[$($argument),*];
        for (place, argument) in args.iter_mut().zip(given) {
            *place = *argument;
        }
        // SAFETY: each use below lends what the call reads and writes.
        unsafe { call($number, args) }
    }};
}

pub(crate) fn address<T: ?Sized>(value: &T) -> u64 {
    core::ptr::from_ref(value).cast::<u8>().expose_provenance() as u64
}

pub(crate) fn address_mut<T: ?Sized>(value: &mut T) -> u64 {
    core::ptr::from_mut(value).cast::<u8>().expose_provenance() as u64
}

pub(crate) fn read(fd: u64, buffer: &mut [u8]) -> Result<usize, Error> {
    let size = buffer.len() as u64;
    check(call!(nr::READ, fd, address_mut(buffer), size)).map(|read| read as usize)
}

pub(crate) fn read_at(fd: u64, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
    let size = buffer.len() as u64;
    let result = call!(nr::PREAD64, fd, address_mut(buffer), size, offset);
    check(result).map(|read| read as usize)
}

pub(crate) fn write(fd: u64, bytes: &[u8]) -> Result<usize, Error> {
    let result = call!(nr::WRITE, fd, address(bytes), bytes.len() as u64);
    check(result).map(|written| written as usize)
}

pub(crate) fn close(fd: u64) {
    call!(nr::CLOSE, fd);
}

pub(crate) fn pipe() -> Result<(u64, u64), Error> {
    let mut ends = [0_u32; 2];
    check(call!(nr::PIPE2, address_mut(&mut ends), O_CLOEXEC))?;
    Ok((ends[0].into(), ends[1].into()))
}

/// Makes a descriptor a copy of another, which a new program inherits.
pub(crate) fn duplicate(fd: u64, to: u64) -> Result<(), Error> {
    check(call!(nr::DUP3, fd, to, 0)).map(drop)
}

/// [`duplicate`] to a number that may be above the limit of open files by now, which is
/// raised for it as far as it may be.
pub(crate) fn duplicate_above_limit(fd: u64, to: u64) -> Result<(), Error> {
    /// `RLIMIT_NOFILE`
    const OPEN_FILES: u64 = 7;
    let result = duplicate(fd, to);
    if result != Err(EBADF) {
        return result;
    }
    let mut limits = [0_u64; 2];
    let place = address_mut(&mut limits);
    check(call!(nr::PRLIMIT64, 0, OPEN_FILES, 0, place))?;
    let raised = [to + 1, limits[1]];
    check(call!(nr::PRLIMIT64, 0, OPEN_FILES, address(&raised)))?;
    let result = duplicate(fd, to);
    check(call!(nr::PRLIMIT64, 0, OPEN_FILES, address(&limits)))?;
    result
}

/// Opens a file for reading; a path of the program's may be anything.
pub(crate) fn open(directory: u64, path: u64, flags: u64) -> Result<u64, Error> {
    check(call!(nr::OPENAT, directory, path, flags))
}

/// Asks whether the process may do something with a file; a path of the program's may
/// be anything.
pub(crate) fn access(directory: u64, path: u64, mode: u64, flags: u64) -> Result<(), Error> {
    check(call!(nr::FACCESSAT2, directory, path, mode, flags)).map(drop)
}

/// The type and permissions of a file (`st_mode`); a path of the program's may be
/// anything.
pub(crate) fn mode(directory: u64, path: u64, flags: u64) -> Result<u32, Error> {
    let mut status = [0_u32; 36];
    let place = address_mut(&mut status);
    check(call!(nr::NEWFSTATAT, directory, path, place, flags))?;
    Ok(status[6])
}

/// Maps memory where nothing is lost by it: at an address that the kernel chooses, or
/// one that the new program has to itself.
pub(crate) fn map(
    at: u64,
    size: u64,
    protection: u64,
    flags: u64,
    fd: u64,
    offset: u64,
) -> Result<u64, Error> {
    check(call!(nr::MMAP, at, size, protection, flags, fd, offset))
}

pub(crate) fn unmap(at: u64, size: u64) {
    call!(nr::MUNMAP, at, size);
}

pub(crate) fn protect(at: u64, size: u64, protection: u64) {
    call!(nr::MPROTECT, at, size, protection);
}

pub(crate) fn prctl(option: u64, a: u64, b: u64) -> Result<u64, Error> {
    check(call!(nr::PRCTL, option, a, b, 0, 0))
}

pub(crate) fn personality() -> u64 {
    call!(nr::PERSONALITY, 0xffff_ffff) as u64
}

/// Random bits, of the best kind that there is without waiting.
pub(crate) fn random() -> u64 {
    let mut bits = 0_u64;
    // GRND_INSECURE
    call!(nr::GETRANDOM, address_mut(&mut bits), 8, 4);
    bits
}

/// Sets the signal mask of the thread and returns what it was.
pub(crate) fn set_mask(how: u64, mask: u64) -> u64 {
    let mut old = 0_u64;
    let new = address(&mask);
    call!(nr::RT_SIGPROCMASK, how, new, address_mut(&mut old), 8);
    old
}

/// The signal mask of the thread.
pub(crate) fn mask() -> u64 {
    let mut mask = 0_u64;
    call!(nr::RT_SIGPROCMASK, 0, 0, address_mut(&mut mask), 8);
    mask
}

/// The alternate stack of the thread.
pub(crate) fn alternate_stack() -> AlternateStack {
    let mut stack = AlternateStack::default();
    call!(nr::SIGALTSTACK, 0, address_mut(&mut stack));
    stack
}

/// What is done about a signal, in the kernel's words.
pub(crate) fn action(signal: u64) -> [u64; 4] {
    let mut action = [0; 4];
    call!(nr::RT_SIGACTION, signal, 0, address_mut(&mut action), 8);
    action
}

/// Sets it.
///
/// # Safety
/// If it is a handler, it is one for this signal.
pub(crate) unsafe fn set_action(signal: u64, action: &[u64; 4]) {
    call!(nr::RT_SIGACTION, signal, address(action), 0, 8);
}

/// The number of this process.
pub(crate) fn process() -> u64 {
    call!(nr::GETPID) as u64
}

/// Sends a signal to this thread.
pub(crate) fn send(signal: u64) {
    let thread = call!(nr::GETTID) as u64;
    call!(nr::TKILL, thread, signal);
}

/// Ends the process as nothing can prevent.
pub(crate) fn kill() -> ! {
    let process = process();
    call!(nr::KILL, process, 9);
    loop {
        call!(nr::EXIT_GROUP, 127);
    }
}

/// Ends the process.
pub(crate) fn exit(status: u64) -> ! {
    loop {
        call!(nr::EXIT_GROUP, status);
    }
}

/// Installs a seccomp filter for this thread.
pub(crate) fn install_filter(program: &[crate::filter::Instruction]) -> Result<(), Error> {
    #[repr(C)]
    struct Program {
        count: u16,
        instructions: u64,
    }
    let program = Program {
        count: program.len() as u16,
        instructions: address(program),
    };
    // SECCOMP_SET_MODE_FILTER
    check(call!(nr::SECCOMP, 1, 0, address(&program))).map(drop)
}

/// Reads memory of the program's that may not be there.
pub(crate) fn read_memory(from: u64, buffer: &mut [u8]) -> bool {
    let size = buffer.len() as u64;
    let process = process();
    let local = [address_mut(buffer), size];
    let remote = [from, size];
    let (local, remote) = (address(&local), address(&remote));
    let read = call!(nr::PROCESS_VM_READV, process, local, 1, remote, 1, 0);
    read == buffer.len() as i64
}

/// Reads as much as there is of such memory, up to the size of the buffer or the end of
/// a page.
pub(crate) fn read_start(from: u64, buffer: &mut [u8]) -> &[u8] {
    let left = (4096 - from % 4096) as usize;
    let size = buffer.len();
    let first = buffer.get_mut(..left.min(size)).unwrap_or_default();
    if !read_memory(from, first) {
        return &[];
    }
    if left < size
        && let Some(rest) = buffer.get_mut(left..)
    {
        // It may end before.
        let _ = read_memory(from + left as u64, rest);
    }
    buffer
}

/// Writes to memory of the program's that may not be there.
pub(crate) fn write_memory(to: u64, bytes: &[u8]) -> bool {
    let size = bytes.len() as u64;
    let process = process();
    let local = [address(bytes), size];
    let remote = [to, size];
    let (local, remote) = (address(&local), address(&remote));
    let written = call!(nr::PROCESS_VM_WRITEV, process, local, 1, remote, 1, 0);
    written == bytes.len() as i64
}

/// Reads one word of such memory.
pub(crate) fn read_word(from: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    read_memory(from, &mut bytes).then(|| u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::{address, read_word};

    #[test]
    fn memory_that_is_not_there_is_not_read() {
        let word = 0x1234_5678_9abc_def0_u64;
        assert_eq!(read_word(address(&word)), Some(word));
        assert_eq!(read_word(8), None);
        assert_eq!(read_word(u64::MAX - 3), None);
    }
}
