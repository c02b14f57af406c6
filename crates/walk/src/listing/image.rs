//! A program with its result slots, run on a backend.
//!
//! The callers vouch for the memory that their programs touch.
#![expect(unsafe_code, reason = "a batch reads and writes memory by address")]

use rustix::io::Errno;
use sysbatch::abi::{ARGUMENT_COUNT, ENTRY_SIZE, Entry, Format, RUN_SIZE, Run, Status};
use sysbatch::{Backend, Direct};

/// A batch that the crate made did not do what it was made for.
///
/// It says that something is wrong with the host that runs batches, or with
/// this crate, never with a directory or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The host refused the batch: [`Backend::run`] says why it may.
    #[error("the batch that lists directories was refused at entry {entry}: {errno}")]
    Refused {
        /// The entry that it was at.
        entry: u64,
        /// What the host said.
        errno: Errno,
    },
    /// The batch left where it does not leave.
    #[error("the batch that lists directories left at entry {entry} with status {status:?}")]
    Left {
        /// The entry that it was at.
        entry: u64,
        /// Its status.
        status: Status,
    },
    /// The memory that the batch filled makes no sense.
    #[error("what the batch left of a directory could not be understood")]
    Memory,
    /// A thread of the walk ended before its work was done.
    #[error("a thread that listed directories has died")]
    Thread,
}

/// What runs a batch to its end: a backend.
pub(crate) trait Runner {
    /// Runs a batch, as [`Backend::run`] does.
    ///
    /// # Safety
    /// As for [`Image::run`].
    ///
    /// # Errors
    /// As for [`Backend::run`].
    unsafe fn run_batch(&self, run: &mut Run) -> Result<Status, Errno>;
}

impl Runner for Backend {
    unsafe fn run_batch(&self, run: &mut Run) -> Result<Status, Errno> {
        // SAFETY: the caller vouches for the only batch that it runs.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        unsafe { self.run(run, &mut memory) }
    }
}

/// The words of an entry, and those of them before its arguments.
const WORDS: usize = ENTRY_SIZE / 8;
const HEAD: usize = WORDS - ARGUMENT_COUNT;

/// An argument of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    /// The index of the entry.
    pub(crate) entry: usize,
    /// Which of its arguments.
    pub(crate) index: usize,
}

impl Argument {
    /// The slot that it is [within](Image::within) a program.
    pub(crate) const fn slot(self) -> u16 {
        (self.entry * WORDS + HEAD + self.index) as u16
    }
}

/// A program, its result slots and how far it has got.
#[derive(Debug)]
pub(crate) struct Image {
    program: Vec<Entry>,
    /// How many of them are run.
    len: usize,
    /// Empty if the program itself is the slots.
    results: Vec<i64>,
    pc: u64,
    steps: u64,
    entered: u64,
}

impl Image {
    /// A program with this many result slots beside it, of which
    /// [`Image::result`] tells.
    pub(crate) fn new(program: Vec<Entry>, slots: usize) -> Self {
        Self {
            len: program.len(),
            results: vec![0; slots],
            ..Self::within(program, 0)
        }
    }

    /// A program of which `len` entries are run, and whose words are its result
    /// slots: so results go straight to the arguments of entries. Those that are
    /// not run have room for the others.
    pub(crate) fn within(program: Vec<Entry>, len: usize) -> Self {
        Self {
            program,
            len,
            results: Vec::new(),
            pc: 0,
            steps: 0,
            entered: 0,
        }
    }

    /// Puts another program of the same length in its place.
    pub(crate) fn set_program(&mut self, program: Vec<Entry>) {
        self.program = program;
    }

    /// What a result slot beside the program holds.
    pub(crate) fn result(&self, index: usize) -> i64 {
        self.results[index]
    }

    /// An argument of an entry, run or not.
    pub(crate) fn argument(&self, Argument { entry, index }: Argument) -> u64 {
        self.program[entry].args[index]
    }

    /// Changes an argument of an entry.
    pub(crate) fn set_argument(&mut self, Argument { entry, index }: Argument, value: u64) {
        self.program[entry].args[index] = value;
    }

    /// The entry it is at.
    pub(crate) fn pc(&self) -> u64 {
        self.pc
    }

    /// Has it go on at another entry.
    pub(crate) fn set_pc(&mut self, pc: u64) {
        self.pc = pc;
    }

    /// The steps made so far, in all runs.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// How many times it was run.
    pub(crate) fn entered(&self) -> u64 {
        self.entered
    }

    /// Runs it from where it is for at most `fuel` steps, and tells whether it
    /// came to its end; if not, it left by an exit, and `pc` is there.
    ///
    /// # Safety
    /// Each address that the program reads or writes, by itself or by its
    /// system calls, must be [`expose`]d memory that lives, that nobody else
    /// uses meanwhile, and that may be written to if it is; and each system call
    /// must be one that may be made.
    ///
    /// # Errors
    /// If the batch was refused or ran out of fuel: a mistake in the program.
    pub(crate) unsafe fn run(
        &mut self,
        runner: &impl Runner,
        fuel: u64,
    ) -> Result<bool, BatchError> {
        let program = expose(&mut self.program);
        let (results, results_len) = if self.results.is_empty() {
            (program, self.program.len() * WORDS)
        } else {
            (expose(&mut self.results), self.results.len())
        };
        let mut run = Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program,
            len: self.len as u64,
            results,
            results_len: results_len as u64,
            pc: self.pc,
            fuel,
            ..Run::default()
        };
        // SAFETY: program and results are vectors of this image, borrowed until
        // the batch is over; the rest is the caller's promise.
        let status = unsafe { runner.run_batch(&mut run) };
        self.pc = run.pc;
        self.steps += run.steps;
        self.entered += 1;
        let entry = run.pc;
        match status {
            Ok(Status::Done) => Ok(true),
            Ok(Status::Exit) => Ok(false),
            Ok(status) => Err(BatchError::Left { entry, status }),
            Err(errno) => Err(BatchError::Refused { entry, errno }),
        }
    }
}

/// The address of a vector's elements, for a batch to use until the vector is
/// next used in any other way.
pub(crate) fn expose<T>(elements: &mut [T]) -> u64 {
    elements.as_mut_ptr().expose_provenance() as u64
}
