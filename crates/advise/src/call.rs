//! What is known of a system call that was made.

use std::time::Duration;

/// A thread of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thread {
    /// The process that it is of, as in `getpid(2)`.
    pub process: u32,
    /// The thread itself, as in `gettid(2)`.
    pub id: u32,
}

/// A file that code is from, a program or a library: its number in the list of the trace,
/// whose names [`Symbols`](crate::Symbols) has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object(pub u32);

/// A place in the program: a function that was being called when a system call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// The file that the code is from.
    pub object: Object,
    /// The address that the function would have returned to, as the file's own headers and
    /// debug information have it; of the innermost function, the address behind the system
    /// call.
    pub address: u64,
}

/// What was in memory where an argument pointed, before the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Which argument it was, from 0.
    pub argument: usize,
    /// Its bytes up to and without the first zero.
    pub bytes: Vec<u8>,
}

/// A system call that a thread made, as it was when it returned.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Who made it.
    pub thread: Thread,
    /// Its number on this architecture.
    pub number: u32,
    /// The registers that it was given.
    pub arguments: [u64; 6],
    /// What it returned: an error is −4095 to −1, as the kernel returns it. −512 to −516
    /// are calls that a signal interrupted and that the kernel makes again.
    pub result: i64,
    /// When it was made, since the trace began, without the time that the tracer took.
    pub began: Duration,
    /// How long the thread was in the kernel, without the time that the tracer took.
    pub took: Duration,
    /// The texts that its arguments pointed to, such as paths.
    pub texts: &'a [Text],
    /// The bytes that it wrote, where they are directory entries ([`getdents64(2)`]).
    ///
    /// [`getdents64(2)`]: https://man7.org/linux/man-pages/man2/getdents.2.html
    pub entries: &'a [u8],
    /// The functions that were being called, the innermost first.
    pub stack: &'a [Frame],
}

/// Is told of the calls of a program in the order in which they return.
pub trait Observer {
    /// A call has returned.
    fn called(&mut self, call: &Call<'_>);

    /// A thread has ended, or has become another program; what it does afterwards has
    /// nothing to do with what it did before.
    fn ended(&mut self, thread: Thread);
}
