//! What the arguments of system calls are.

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
    /// It changes the thread or the memory in a way that no program would put into a
    /// batch: `execve(2)`, `exit(2)`, `rt_sigreturn(2)`.
    Ends,
}

/// What is known of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// What it is to a program.
    pub kind: Kind,
    /// What its arguments mean.
    pub arguments: &'static [Argument],
}

/// The signature of a system call of this architecture, by its number.
#[must_use]
pub fn of(_number: u32) -> Option<Signature> {
    None
}
