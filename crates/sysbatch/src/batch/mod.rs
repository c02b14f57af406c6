//! The builder: a batch of calls that safe code can put together and run.

mod address;
mod arithmetic;
mod branch;
mod cause;
#[cfg(test)]
mod check;
mod error;
mod extent;
mod flow;
mod handle;
mod inspect;
mod kept;
mod memory;
mod message;
mod operand;
mod operation;
mod output;
mod params;
mod polled;
mod program;
mod raw;
mod results;
mod run;

use core::marker::PhantomData;
use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use sysbatch_abi::{BuiltIn, Width};
use syscalls::Sysno;

pub use error::{BatchError, BuildError, CallError, CallErrorKind};
pub use extent::{Destination, Source, SpareCapacity, spare_capacity};
pub use handle::{Buffer, Handle, Label, Param, Prefix, Target};
pub use kept::Kept;
pub use operand::{FdOperand, Number, Operand, PathOperand};
pub use output::{InSlot, Output};
pub use params::{NumberParam, ParamValue};
pub use results::Results;

pub(crate) use address::AddressRoom;
pub(crate) use extent::sealed::Extent;
pub(crate) use message::{ControlHeader, MessageHeader};
pub(crate) use operand::sealed;
pub(crate) use output::TimerValue;
pub(crate) use polled::PollRoom;

use extent::Appended;
use handle::BatchId;
use memory::Arena;
use message::Receiver;
use operation::Operation;
use program::Program;

/// System calls that are made together.
///
/// Each call is a method with the name of the system call; it returns a
/// [`Handle`] that later calls can have as an argument, and that the
/// [`Results`] are asked for values with. Nothing happens until
/// [`run`](Self::run), which can be called many times.
///
/// A batch borrows the memory, and the descriptors, that its calls work on for
/// as long as it lives: `'buf`. Paths, addresses and the like are copied.
///
/// # When a call fails
/// The batch goes on with the next one, as it would if the calls were made one
/// by one, unless [`on_error`](Self::on_error) says otherwise. A call that
/// needs the descriptor or the length that a failed one should have returned
/// is skipped: it counts as failed itself, and its error is
/// [`Skipped`](CallErrorKind::Skipped), which names the one that failed.
///
/// # Descriptors
/// A descriptor that the batch opens is owned by it: it is closed when the
/// [`Results`] are dropped, unless it was [taken](Results::take) or closed by
/// the batch. A loop that opens one each time round must close it each time
/// too; else all but the last stay open as long as the process lives.
#[derive(Debug)]
pub struct Batch<'buf> {
    id: BatchId,
    operations: Vec<Operation>,
    /// The operations whose results are descriptors that the batch owns.
    opens: Vec<usize>,
    /// The operation that each label is placed before.
    labels: Vec<Option<usize>>,
    params: Vec<ParamSlot>,
    memory: Arena,
    /// The descriptors that it keeps open.
    kept: Vec<Arc<OwnedFd>>,
    fuel: Option<u64>,
    /// The vectors that its calls append to.
    appended: Vec<Appended>,
    /// Its calls that receive descriptors.
    receivers: Vec<Receiver>,
    /// How many calls have been added.
    calls: usize,
    /// The first mistake made in building it.
    error: Option<BuildError>,
    /// It laid out, until it is changed.
    program: Option<Program>,
    /// The result slots that it is laid out for.
    results: Vec<i64>,
    buffers: PhantomData<&'buf mut [u8]>,
}

/// What a parameter is set to.
#[derive(Debug)]
enum ParamSlot {
    /// This word.
    Word(u64),
    /// The address of this path.
    Path(CString),
}

impl Default for Batch<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'buf> Batch<'buf> {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self {
            id: BatchId::new(),
            operations: Vec::new(),
            opens: Vec::new(),
            labels: Vec::new(),
            params: Vec::new(),
            memory: Arena::default(),
            kept: Vec::new(),
            fuel: None,
            appended: Vec::new(),
            receivers: Vec::new(),
            calls: 0,
            error: None,
            program: None,
            results: Vec::new(),
            buffers: PhantomData,
        }
    }

    /// How many calls have been added, and other methods that add an entry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls
    }

    /// Whether it would do nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls == 0
    }

    /// Sets how many steps a run may take at most: entries executed, among them
    /// the checks and jumps that the builder adds.
    ///
    /// A batch with a loop needs it. One without takes each entry once at most,
    /// and has as much as that.
    pub fn fuel(&mut self, steps: u64) {
        self.fuel = Some(steps);
    }

    /// A buffer of the batch's own, zeroed, of `len` bytes.
    pub fn buffer(&mut self, len: usize) -> Buffer {
        Buffer {
            batch: self.id,
            address: self.memory.allocate(len),
            len,
        }
    }

    /// Memory of the caller's, for several calls to work on.
    ///
    /// A call that is the only one to use its memory can have it as an
    /// argument just so.
    pub fn lend(&mut self, bytes: &'buf mut [u8]) -> Buffer {
        Buffer {
            batch: self.id,
            address: bytes.as_mut_ptr().expose_provenance() as u64,
            len: bytes.len(),
        }
    }

    /// Adds a system call.
    #[track_caller]
    pub(crate) fn call<T>(&mut self, sysno: Sysno, args: &[Operand]) -> Handle<T> {
        let handle = self.push(sysno as i32, args);
        self.calls += 1;
        handle
    }

    /// Adds a system call that returns a descriptor.
    #[track_caller]
    pub(crate) fn open<T>(&mut self, sysno: Sysno, args: &[Operand]) -> Handle<T> {
        let handle = self.call(sysno, args);
        self.opens.push(handle.value);
        handle
    }

    /// Adds the loading of a descriptor that `call`, the one with this index,
    /// has written to memory. What has not got `others` either is to be skipped
    /// together with it.
    pub(crate) fn load_fd(
        &mut self,
        call: &Handle<()>,
        others: &[&Handle<OwnedFd>],
        address: u64,
        index: usize,
    ) -> Handle<OwnedFd> {
        let load = BuiltIn::Load(Width::Four).number();
        let mut args = vec![address.into(), Operand::ZERO];
        args.push(Operand::guarded(self.id, call.operation));
        args.extend(others.iter().map(|&other| Operand::from(other)));
        let mut handle: Handle<OwnedFd> = self.push(load, &args);
        self.opens.push(handle.value);
        self.operations[handle.value].index = index;
        handle.operation = call.operation;
        handle
    }

    /// Notes that a call closes the descriptor that an operation opened.
    pub(crate) fn closes(&mut self, call: &Handle<()>, opened: usize) {
        self.operations[call.operation].closes = Some(opened);
        self.operations[opened].closed_by = Some(call.operation);
    }

    /// Adds an operation that belongs to the next call, or to this one.
    #[track_caller]
    pub(crate) fn push<T>(&mut self, nr: i32, args: &[Operand]) -> Handle<T> {
        for batch in args.iter().filter_map(|operand| operand.batch) {
            self.id.check(batch, "argument");
        }
        let mut all = [Operand::ZERO; 6];
        all[..args.len()].copy_from_slice(args);
        self.program = None;
        let operation = self.operations.len();
        self.operations.push(Operation::new(nr, all, self.calls));
        Handle {
            batch: self.id,
            operation,
            value: operation,
            bound: usize::MAX,
            address: 0,
            filled: 0,
            of: PhantomData,
        }
    }

    /// The operand for a path.
    pub(crate) fn path(&mut self, sysno: Sysno, path: impl PathOperand) -> Operand {
        match path.path() {
            sealed::PathSource::Param(operand) => operand,
            sealed::PathSource::Copy(Ok(path)) => self.memory.copy(path.as_bytes_with_nul()).into(),
            sealed::PathSource::Copy(Err(errno)) => {
                self.fail(BuildError::Path {
                    name: sysno.name(),
                    index: self.calls,
                    errno,
                });
                Operand::ZERO
            }
        }
    }

    /// The address of a copy of `bytes`.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> u64 {
        self.memory.copy(bytes)
    }

    /// The address of zeroed memory for a `T`.
    pub(crate) fn room<T>(&mut self) -> u64 {
        const { assert!(align_of::<T>() <= 8) };
        self.memory.allocate(size_of::<T>())
    }

    /// Keeps the first mistake.
    fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}
