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
    /// Where the function begins, as the file's tables for unwinding say, also where names
    /// and debug information are stripped. `address` where that is not known.
    pub function: u64,
}

/// What was in memory where an argument pointed, before the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Which argument it was, from 0.
    pub argument: usize,
    /// Its bytes up to and without the first zero.
    pub bytes: Vec<u8>,
}

/// Up to how many bytes a call's result in memory is looked at: the size of a
/// `struct statx`.
pub const WRITTEN: u32 = 256;

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
    /// What it wrote, as far as it is looked at: by [`getdents64(2)`] all of it; by another
    /// call that did not fail what its first argument
    /// [`Written`](crate::signature::Argument::Written) points to, if it is of at most
    /// [`WRITTEN`] bytes. Otherwise there is nothing here.
    ///
    /// [`getdents64(2)`]: https://man7.org/linux/man-pages/man2/getdents.2.html
    pub written: &'a [u8],
    /// Which of its arguments point to memory that the program can't write, such as the
    /// texts in its file; only of those that are texts or memory that the kernel reads.
    pub constant: [bool; 6],
    /// The functions that were being called, the innermost first.
    pub stack: &'a [Frame],
}

/// Is told of the calls of a program in the order in which they return.
pub trait Observer {
    /// Calls from now on may be from this file.
    fn object(&mut self, object: Object, path: &str) {
        let _ = (object, path);
    }

    /// A thread has become another program, which was given these arguments.
    fn started(&mut self, thread: Thread, arguments: &[Vec<u8>]) {
        let _ = (thread, arguments);
    }

    /// A call has returned.
    fn called(&mut self, call: &Call<'_>);

    /// A thread has ended, or has become another program; what it does afterwards has
    /// nothing to do with what it did before.
    fn ended(&mut self, thread: Thread);
}
