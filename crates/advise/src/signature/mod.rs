//! What system calls mean: their arguments, what they tell, and whether they wait.
//!
//! The tables are from the manual pages of section 2. A call that is in none of them has no
//! signature: its arguments are then numbers, and what it tells is taken to be something.

mod files;
mod system;

use std::fmt;

use syscalls::Sysno;

/// What an argument means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A number or flags.
    Number,
    /// A descriptor.
    Descriptor,
    /// A text that ends with a zero byte.
    Text,
    /// Memory that the kernel reads.
    Read,
    /// Memory that the kernel writes, as many bytes as the call returns.
    WrittenByResult,
    /// Memory that the kernel writes, of this many bytes.
    Written(u32),
}

/// What a call is to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is done at once, or as fast as a disk is.
    Works,
    /// It is there to wait for somebody else: `poll(2)`, `futex(2)`, `nanosleep(2)`.
    Waits,
    /// It arranges memory for the program itself: `brk(2)`, `munmap(2)`. It could be made
    /// before a batch or after it.
    Arranges,
    /// It changes the thread or the memory in a way that no program would put into a
    /// batch: `execve(2)`, `exit(2)`, `rt_sigreturn(2)`.
    Ends,
}

/// What the result of a call that did not fail tells the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// Only that it was done.
    Done,
    /// A descriptor, of which only the number is new.
    Descriptor,
    /// How much of what this argument counts was done; all of it is nothing new.
    Amount(usize),
    /// How many bytes it wrote into memory; none is nothing new.
    Bytes,
    /// A number that the program did not know.
    Number,
}

/// What is known of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// What it is to a program.
    pub kind: Kind,
    /// What its result tells.
    pub tells: Tells,
    /// What its arguments mean.
    pub arguments: &'static [Argument],
}

/// The signature of a system call of this architecture, by its number.
#[must_use]
pub fn of(number: u32) -> Option<Signature> {
    let call = Sysno::new(number as usize)?;
    files::of(call).or_else(|| system::of(call))
}

/// The signature of a system call with these arguments: some calls are several.
#[must_use]
pub fn of_call(number: u32, arguments: &[u64; 6]) -> Option<Signature> {
    let signature = of(number)?;
    Some(match Sysno::new(number as usize)? {
        Sysno::fcntl => fcntl(signature, arguments[1]),
        Sysno::mmap if arguments[3] & MAP_ANONYMOUS != 0 => Signature {
            kind: Kind::Arranges,
            ..signature
        },
        // The mode is looked at if a file may be created only.
        Sysno::openat if arguments[2] & CREATES == 0 => Signature {
            arguments: &signature.arguments[..3],
            ..signature
        },
        _ => signature,
    })
}

/// `MAP_ANONYMOUS` of `mmap(2)`.
const MAP_ANONYMOUS: u64 = 0x20;
/// `O_CREAT` and what distinguishes `O_TMPFILE` from `O_DIRECTORY`, of `open(2)`.
const CREATES: u64 = 0o100 | 0o20_000_000;

/// What `fcntl(2)` is with a command.
fn fcntl(signature: Signature, command: u64) -> Signature {
    let (kind, tells, length) = match command {
        // F_DUPFD, F_DUPFD_CLOEXEC
        0 | 1030 => (Kind::Works, Tells::Descriptor, 3),
        // F_GETFD, F_GETFL: their third argument is not looked at.
        1 | 3 => (Kind::Works, Tells::Number, 2),
        // F_SETFD, F_SETFL
        2 | 4 => (Kind::Works, Tells::Done, 3),
        // F_SETLKW, F_OFD_SETLKW
        7 | 38 => (Kind::Waits, Tells::Done, 3),
        _ => (Kind::Works, Tells::Number, 3),
    };
    Signature {
        kind,
        tells,
        arguments: &signature.arguments[..length],
    }
}

/// Whether a call may wait for somebody else, as a `read(2)` does of a terminal, a pipe or a
/// socket. One that is in no table may.
pub(crate) fn may_wait(number: u32) -> bool {
    let Some(call) = Sysno::new(number as usize).filter(|_| of(number).is_some()) else {
        return true;
    };
    matches!(
        call,
        Sysno::read
            | Sysno::readv
            | Sysno::write
            | Sysno::writev
            | Sysno::ioctl
            | Sysno::sendfile
            | Sysno::splice
            | Sysno::tee
            | Sysno::vmsplice
            | Sysno::connect
            | Sysno::accept
            | Sysno::accept4
            | Sysno::sendto
            | Sysno::sendmsg
            | Sysno::sendmmsg
            | Sysno::recvfrom
            | Sysno::recvmsg
    )
}

/// Where in what a call writes the size of a file is, a number of 64 bits.
pub(crate) fn size_offset(number: u32) -> Option<usize> {
    // `st_size` is there in the `struct stat` of x86-64 and in that of aarch64.
    match Sysno::new(number as usize)? {
        Sysno::fstat => Some(48),
        #[cfg(target_arch = "x86_64")]
        Sysno::newfstatat | Sysno::stat | Sysno::lstat => Some(48),
        #[cfg(not(target_arch = "x86_64"))]
        Sysno::fstatat => Some(48),
        Sysno::statx => Some(40),
        _ => None,
    }
}

/// Whether a call writes two descriptors.
pub(crate) fn makes_pair(number: u32) -> bool {
    match Sysno::new(number as usize) {
        Some(Sysno::pipe2 | Sysno::socketpair) => true,
        #[cfg(target_arch = "x86_64")]
        Some(Sysno::pipe) => true,
        _ => false,
    }
}

/// The name of a system call of this architecture; that of `fstat(2)` by a directory and a
/// name as the manual has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Sysno::new(self.0 as usize).map(|call| call.name()) {
            Some("fstatat") => f.write_str("newfstatat"),
            Some(name) => f.write_str(name),
            None => write!(f, "call {}", self.0),
        }
    }
}

/// Makes a function that finds the signature of a call in a table of lines
/// `name(arguments) kind tells;`.
macro_rules! table {
    ($($(#[$cfg:meta])* $($name:ident)|+ ($($argument:expr),*) $kind:ident $tells:expr;)*) => {
        /// The signature of a call, if it is in this table.
        pub(super) fn of(call: Sysno) -> Option<Signature> {
            Some(match call {
                $($(#[$cfg])* $(Sysno::$name)|+ => Signature {
                    kind: Kind::$kind,
                    tells: $tells,
                    arguments: &[$($argument),*],
                },)*
                _ => return None,
            })
        }
    };
}
use table;

#[cfg(test)]
mod tests;
