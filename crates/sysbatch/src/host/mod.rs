//! The user-space host: the engine's view of this process.

mod checked;
mod frame;
mod memory;
mod process_vm;

use sysbatch_abi::{Resume, Width};
use sysbatch_engine::{Call, Fault, Head, Host, Made, Outcome};
use syscalls::Sysno;

pub use checked::Checked;
pub use memory::{Direct, Memory};

/// Runs a batch in user space: memory by a [`Memory`], system calls by the
/// system call instruction, one crossing each.
///
/// Any number is passed on to the kernel, which knows what it means, except for
/// the few calls that work on the frame of their caller and so cannot be made
/// from within a function:
///
/// | call | answer |
/// | --- | --- |
/// | `rt_sigreturn` | `-ENOSYS` |
/// | `vfork` | made as `clone` with `CLONE_VFORK` alone: the caller waits as it should, the child has its own copy of the memory |
/// | `clone`, `clone3` with the flags of `vfork` and no stack | the same |
/// | `clone`, `clone3` with a new stack, or with `CLONE_VM` and none | `-ENOSYS`: the child would have no frame to come back to |
///
/// A child made by `fork` goes on with the batch, as its caller does; both
/// come back from it.
#[derive(Debug)]
pub struct UserHost<M> {
    memory: M,
    crossings: u64,
}

impl<M: Memory> UserHost<M> {
    /// A host that reaches memory through `memory`.
    ///
    /// What makes a batch unsafe, addresses and system calls, is vouched for
    /// where the [`Memory`] is made.
    pub const fn new(memory: M) -> Self {
        Self {
            memory,
            crossings: 0,
        }
    }

    /// How many system call instructions this host has executed for its batch.
    ///
    /// What [`Checked`] memory needs itself is not in it: see [`Checked::accesses`].
    #[must_use]
    pub const fn crossings(&self) -> u64 {
        self.crossings
    }

    /// Makes a system call.
    #[inline(always)]
    fn make(&mut self, number: u32, args: &[u64; 6]) -> i64 {
        let result = frame::call(number, args, &mut self.crossings);
        self.memory.called(number, args, result);
        result
    }

    /// Makes a system call of which memory is not told, in place of one of the batch: see
    /// [`UserHost::tell_made_at_once`].
    #[inline]
    pub(crate) fn make_untold(&mut self, number: u32, args: &[u64; 6]) -> i64 {
        frame::call(number, args, &mut self.crossings)
    }

    /// Tells memory of a call of the batch, which has been made and has not waited.
    #[inline]
    pub(crate) fn tell_made_at_once(&mut self, number: u32, args: &[u64; 6], result: i64) {
        self.memory.called_at_once(number, args, result);
    }

    /// Gives the memory back.
    pub fn into_memory(self) -> M {
        self.memory
    }
}

impl<M: Memory> Host for UserHost<M> {
    type Operands = [u64; 6];

    #[inline(always)]
    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.memory.load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.memory.store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.memory.load_words(address)
    }

    #[inline(always)]
    fn call(&mut self, call: &Call) -> Outcome {
        let (number, args) = match call.resume {
            Resume::Fresh => (call.number, call.args),
            Resume::RestartBlock => (Sysno::restart_syscall as u32, [0; 6]),
        };
        Outcome::Returned(self.make(number, &args))
    }

    #[inline(always)]
    fn call_now(&mut self, number: u32, args: &[u64; 6]) -> Outcome {
        Outcome::Returned(self.make(number, args))
    }

    #[inline(always)]
    fn pending(&mut self) -> bool {
        // Signals are seen to at the end of each system call.
        false
    }

    #[inline(always)]
    fn turn<const HEAD: usize>(
        &mut self,
        made: Option<Made>,
        entry: u64,
        operands: &mut [u64; 6],
    ) -> Head {
        if let Some(Made { slot, result }) = made
            && let Err(Fault) = self.store(slot, Width::Eight, result.cast_unsigned())
        {
            return Head::NOT_STORED;
        }
        // Nothing ever waits.
        self.read_entry::<HEAD>(entry, operands)
            .unwrap_or(Head::STORED)
    }

    #[inline(always)]
    fn is_clear(&mut self) -> bool {
        true
    }
}
