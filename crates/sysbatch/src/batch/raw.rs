//! What only `unsafe` code can put into a batch: any system call, any address.
#![expect(unsafe_code, reason = "the batch is asked to do anything")]

use sysbatch_abi::BuiltIn;

use super::Batch;
use super::handle::{Buffer, Handle};
use super::operand::Operand;
use super::output::{InSlot, sealed};

/// # Anything at all
impl Batch<'_> {
    /// Adds the system call with this number, known to this library or not.
    /// See [`syscalls(2)`] for what there is.
    ///
    /// A call that `syscalls::Sysno` has a name for has its number by `as u32`.
    ///
    /// # Safety
    /// Whenever the batch runs the call must be sound: the addresses it is
    /// given must be valid for what it does with them, it must not close or
    /// replace descriptors of others, and so on. `fork` and the like come back
    /// twice: from [`run`](Self::run), with the same [`Results`] in each
    /// process, which both then own the descriptors.
    ///
    /// # Panics
    /// If the number is above `i32::MAX`, or an operand belongs to another
    /// batch.
    ///
    /// [`Results`]: crate::Results
    /// [`syscalls(2)`]: https://man7.org/linux/man-pages/man2/syscalls.2.html
    #[track_caller]
    pub unsafe fn syscall(&mut self, number: u32, args: [Operand; 6]) -> Handle<i64> {
        let number = i32::try_from(number).expect("a system call number is positive as an int");
        let handle = self.push(number, &args);
        self.calls += 1;
        handle
    }

    /// Adds a built-in operation: among them those that load and store words at
    /// any address.
    ///
    /// # Safety
    /// Whenever the batch runs, the addresses it is given must be valid for
    /// the words that it reads and writes, whose alignment does not matter.
    ///
    /// # Panics
    /// If an operand belongs to another batch.
    #[track_caller]
    pub unsafe fn built_in(&mut self, builtin: BuiltIn, args: [Operand; 3]) -> Handle<i64> {
        self.number(builtin, &args)
    }

    /// The result of a call, seen as something else: as the descriptor that
    /// one made by [`syscall`](Self::syscall) opens.
    ///
    /// # Safety
    /// If the call succeeds its result must be what it is said to be here: an
    /// `OwnedFd` one that the batch owns from then on, and said once, a `usize` a length that
    /// is not negative, a `Pid` a process.
    ///
    /// # Panics
    /// If the handle belongs to another batch.
    #[track_caller]
    pub unsafe fn assume<T: InSlot>(&mut self, call: Handle<i64>) -> Handle<T> {
        self.id.check(call.batch, "handle");
        if <T as sealed::InSlot>::OPENS {
            self.opens.push(call.value);
        }
        call.same_call()
    }
}

impl Buffer {
    /// Its address: the batch may read and write as many bytes as it is long
    /// from there on.
    #[must_use]
    pub const fn address(&self) -> u64 {
        self.address
    }
}
