//! The results of a run.
#![expect(
    unsafe_code,
    reason = "memory that the kernel wrote, descriptors it made"
)]

use core::{ptr, slice};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::io::Errno;
use sysbatch_abi::{Status, is_errno};

use super::Batch;
use super::cause::Branches;
use super::error::{CallError, CallErrorKind};
use super::handle::{Buffer, Handle, Param};
use super::output::Output;
use super::params::NumberParam;
use super::program::{GONE, is_executed};

/// What the calls of a run returned.
///
/// The descriptors that it opened are closed when this is dropped, unless they
/// were [taken](Self::take) or closed by the batch.
#[derive(Debug)]
pub struct Results<'run, 'buf> {
    pub(super) batch: &'run mut Batch<'buf>,
    pub(super) status: Status,
    pub(super) steps: u64,
    /// The entry that it stopped at.
    pub(super) stop: usize,
    pub(super) branches: Branches,
}

/// The largest descriptor there can be.
const FD_MAX: i64 = RawFd::MAX as i64;

impl<'buf> Results<'_, 'buf> {
    /// Why the batch stopped: [`Status::Done`] at its end, [`Status::Exit`]
    /// where it was told to leave, [`Status::OutOfFuel`] where its fuel ended.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// How many steps it took.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What a call returned, the last time that it was made in this run.
    ///
    /// # Errors
    /// If it failed, or was not made.
    ///
    /// # Panics
    /// If the handle belongs to another batch.
    #[track_caller]
    pub fn get<T: Output>(&self, call: &Handle<T>) -> Result<T, CallError> {
        let value = self.in_slot(call)?;
        // SAFETY: the call was made and did not fail, so what it returns is in
        // its slot, and at its address if it has one; that lies in the batch.
        Ok(unsafe { T::output(value, call.address) })
    }

    /// The descriptor that a call returned. It belongs to the caller from now
    /// on.
    ///
    /// # Errors
    /// If the call failed, was not made, or its descriptor was taken already.
    ///
    /// # Panics
    /// If the handle belongs to another batch.
    #[track_caller]
    pub fn take(&mut self, call: &Handle<OwnedFd>) -> Result<OwnedFd, CallError> {
        let fd = self.check_fd(call)?;
        *self.slot_mut(call.value) = GONE;
        // SAFETY: the call opened it, the batch has not closed it, for that
        // takes the handle, and nobody has taken it: the slot would say so.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// The descriptor that a call returned, to look at it.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    ///
    /// # Panics
    /// If the handle belongs to another batch.
    #[track_caller]
    pub fn fd(&self, call: &Handle<OwnedFd>) -> Result<BorrowedFd<'_>, CallError> {
        let fd = self.check_fd(call)?;
        // SAFETY: as for `take`; it stays open as long as it is not taken,
        // which needs `&mut self`, nor this dropped.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Whether all went well: no system call failed, and the fuel was enough.
    ///
    /// It is for batches in which any failure is one of the whole. In a loop
    /// a call counts as it went the last time that it was made, so an error
    /// that is to be seen must [lead out](Batch::on_error) of the loop. A write
    /// that wrote less than it was given has not failed.
    ///
    /// # Errors
    /// That of the first system call that failed, in the order in which they
    /// were added; else, if the batch [ran out of fuel](Batch::fuel), where it
    /// stopped.
    pub fn check(&self) -> Result<(), CallError> {
        let starved = self
            .stopped_at()
            .filter(|_| self.status == Status::OutOfFuel)
            .map(|operation| self.error(operation, CallErrorKind::OutOfFuel));
        self.failures().next().or(starved).map_or(Ok(()), Err)
    }

    /// The system calls that failed, in the order in which they were added.
    /// Those that were not made are not among them.
    pub fn failures(&self) -> impl Iterator<Item = CallError> {
        let operations = 0..self.batch.operations.len();
        operations.filter_map(|at| Some(self.error(at, CallErrorKind::Errno(self.errno(at)?))))
    }

    /// The bytes that a call put into the memory that it was given: as many as it
    /// returned, and no more than there is room for.
    ///
    /// # Errors
    /// If it failed, or was not made.
    ///
    /// # Panics
    /// If the handle belongs to another batch, or its call fills no memory.
    #[track_caller]
    pub fn filled(&self, call: &Handle<usize>) -> Result<&[u8], CallError> {
        let filled = self.get(call)?.min(call.filled);
        assert!(
            call.address != 0,
            "{call:?} is of a call that fills no memory"
        );
        let address = ptr::with_exposed_provenance(call.address as usize);
        // SAFETY: the call has filled as many bytes from there on, of memory that is lent
        // to the batch for longer than it lives. Nothing writes to it but runs of the
        // batch and `bytes_mut`, which need `&mut` of it.
        Ok(unsafe { slice::from_raw_parts(address, filled) })
    }

    /// What is in a buffer now.
    ///
    /// # Panics
    /// If the buffer belongs to another batch.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self, buffer: Buffer) -> &[u8] {
        self.batch.bytes(buffer)
    }

    /// What a parameter was when the batch stopped.
    ///
    /// # Panics
    /// If the parameter belongs to another batch.
    #[must_use]
    #[track_caller]
    pub fn value<T: NumberParam>(&self, param: &Param<T>) -> T {
        self.batch.id.check(param.batch, "parameter");
        let slots = self.batch.results.len() - self.batch.params.len();
        T::from_word(self.batch.results[slots + param.index].cast_unsigned())
    }

    /// The result of a call, unless it failed or was not made.
    #[track_caller]
    pub(super) fn in_slot<T>(&self, call: &Handle<T>) -> Result<i64, CallError> {
        self.batch.id.check(call.batch, "handle");
        if let Some(errno) = self.errno(call.operation) {
            return Err(self.error(call.operation, CallErrorKind::Errno(errno)));
        }
        if !is_executed(self.batch.slot(call.operation)) {
            return Err(self.not_executed(call.operation));
        }
        Ok(self.batch.slot(call.value))
    }

    /// The descriptor that a call returned, if it is here.
    #[track_caller]
    fn check_fd(&self, call: &Handle<OwnedFd>) -> Result<RawFd, CallError> {
        match self.in_slot(call)? {
            fd @ 0..=FD_MAX => Ok(fd as RawFd),
            GONE => Err(self.error(call.operation, CallErrorKind::Taken)),
            _ => Err(self.not_executed(call.operation)),
        }
    }

    /// The error of a call that was not made.
    fn not_executed(&self, operation: usize) -> CallError {
        let cause = self.cause(operation).and_then(|cause| {
            Some(CallErrorKind::Skipped {
                name: self.batch.operations[cause].name(),
                index: self.batch.operations[cause].index,
                errno: self.errno(cause)?,
            })
        });
        self.error(operation, cause.unwrap_or(CallErrorKind::NotExecuted))
    }

    /// The error that a system call failed with.
    pub(super) fn errno(&self, operation: usize) -> Option<Errno> {
        let result = self.batch.slot(operation);
        let failed = self.batch.operations[operation].nr >= 0 && is_errno(result);
        failed.then(|| Errno::from_raw_os_error(-result as i32))
    }

    /// The operation that the run stopped at.
    pub(super) fn stopped_at(&self) -> Option<usize> {
        self.batch.program.as_ref()?.operation(self.stop)
    }

    fn error(&self, operation: usize, kind: CallErrorKind) -> CallError {
        let operation = &self.batch.operations[operation];
        CallError {
            name: operation.name(),
            index: operation.index,
            kind,
        }
    }

    fn slot_mut(&mut self, operation: usize) -> &mut i64 {
        let entry = self.batch.main(operation);
        &mut self.batch.results[entry]
    }
}

impl Drop for Results<'_, '_> {
    fn drop(&mut self) {
        self.batch.close_all();
    }
}

impl Batch<'_> {
    /// What is in a buffer.
    ///
    /// # Panics
    /// If the buffer belongs to another batch.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self, buffer: Buffer) -> &[u8] {
        self.id.check(buffer.batch, "buffer");
        let address = ptr::with_exposed_provenance(buffer.address as usize);
        // SAFETY: the buffer is memory of this batch, or lent to it for as
        // long as it lives, initialised, and written by its runs alone, which
        // need `&mut self`, as does `bytes_mut`.
        unsafe { slice::from_raw_parts(address, buffer.len) }
    }

    /// What is in a buffer, to be changed between runs.
    ///
    /// # Panics
    /// If the buffer belongs to another batch.
    #[track_caller]
    pub fn bytes_mut(&mut self, buffer: Buffer) -> &mut [u8] {
        self.id.check(buffer.batch, "buffer");
        let address = ptr::with_exposed_provenance_mut(buffer.address as usize);
        // SAFETY: as for `bytes`, and `&mut self` keeps all others away.
        unsafe { slice::from_raw_parts_mut(address, buffer.len) }
    }

    /// The entry that does an operation.
    fn main(&self, operation: usize) -> usize {
        let program = self.program.as_ref().expect("it was laid out to be run");
        program.main[operation]
    }

    /// What is in the result slot of an operation.
    pub(super) fn slot(&self, operation: usize) -> i64 {
        self.results[self.main(operation)]
    }

    /// Closes the descriptors that a run left open, unless that was done.
    pub(crate) fn close_all(&mut self) {
        self.close_received();
        let loops = self.program.as_ref().is_some_and(|program| program.loops);
        for index in 0..self.opens.len() {
            let operation = self.opens[index];
            let fd @ 0..=FD_MAX = self.slot(operation) else {
                continue;
            };
            // Where there are loops, closing clears the slot itself.
            let closed = self.operations[operation]
                .closed_by
                .is_some_and(|close| !loops && is_executed(self.slot(close)));
            let entry = self.main(operation);
            self.results[entry] = GONE;
            if !closed {
                // SAFETY: an operation of the batch opened it, and it was
                // neither closed nor taken.
                drop(unsafe { OwnedFd::from_raw_fd(fd as RawFd) });
            }
        }
    }
}
