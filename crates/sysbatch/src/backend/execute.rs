//! Running a batch to its end.
#![expect(unsafe_code, reason = "a batch does what its addresses and calls say")]

use core::ptr;

use rustix::io::Errno;
use sysbatch_abi::{FLAG_FIRST_TRY, PuntReason, Run, SCRATCH_SIZE, Status, Width};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use super::Backend;
use crate::host::{Memory, UserHost};

impl Backend {
    /// Enters the batch whose header is `run`, once: one crossing of the
    /// kernel's device, or one entry of the interpreter in this process.
    ///
    /// What stopped it is returned as it is; see [`Backend::run`] for what sees
    /// a batch through. `memory` is how user space reaches it; the kernel
    /// does by its own means.
    ///
    /// # Safety
    /// The batch must be sound to run in this process: see
    /// [`Direct::new`](crate::Direct::new), whatever the backend.
    ///
    /// # Errors
    /// An error of the batch itself: `EFAULT`, `EINVAL`, `E2BIG`. The header's
    /// `status` then tells a refused entry ([`Status::Refused`]) and a result
    /// that could not be stored ([`Status::Unstored`]) from a refused header
    /// ([`Status::None`]).
    ///
    /// `EINTR` with status [`Status::Interrupted`]: a signal interrupted the
    /// system call of the entry at `pc`, which has that error as its result;
    /// it is not stored, and `pc` still is that entry.
    ///
    /// [`Status::Trapped`] is no error, whatever the handler of `SIGSYS` made
    /// the result of the call: it is in the header's `value`.
    ///
    /// Whatever else the device, or a seccomp filter, answers to `ioctl(2)`.
    pub unsafe fn enter<M: Memory>(&self, run: &mut Run, memory: &mut M) -> Result<Status, Errno> {
        run.status = Status::None.raw();
        let address = ptr::from_mut(run).expose_provenance() as u64;
        let Some(device) = self.entered() else {
            return self.interpret(address, &mut UserHost::new(memory));
        };
        self.count(1);
        // SAFETY: the caller vouches for the batch.
        let result = unsafe { device.enter(address) };
        // The word was written through the address.
        // SAFETY: a reference is valid for reads.
        let status = unsafe { (&raw const run.status).read_volatile() };
        if status == Status::Trapped.raw() {
            run.value = result;
            return Ok(Status::Trapped);
        }
        success(result)?;
        Status::from_raw(status).ok_or(Errno::PROTO)
    }

    /// Enters the batch whose header is at `address`, whatever is there.
    ///
    /// This is [`Backend::enter`] without a word read or written.
    ///
    /// # Safety
    /// As for [`Backend::enter`]. The address may be bad, with
    /// [`Checked`](crate::Checked) memory.
    ///
    /// # Errors
    /// As for [`Backend::enter`].
    pub unsafe fn enter_at<M: Memory>(&self, address: u64, memory: &mut M) -> Result<(), Errno> {
        if let Some(device) = self.entered() {
            self.count(1);
            // SAFETY: the caller vouches for the batch.
            return success(unsafe { device.enter(address) });
        }
        self.interpret(address, &mut UserHost::new(memory))
            .map(|_| ())
    }

    /// Runs the batch whose header is `run` until it is over: done, left by a
    /// jump, out of fuel, or wrong.
    ///
    /// What the kernel hands back is done here, by the user-space host, and the
    /// batch goes on: for one step if it is a call that is never made inside
    /// the kernel's half; to the end of the batch if all calls of this task
    /// are watched. A system call that a signal interrupted has the result
    /// `-EINTR`, one that a seccomp filter trapped that of the handler. `fuel` and `steps` come out as if the batch had run in one go.
    ///
    /// A format that the module does not know is interpreted here.
    ///
    /// A batch that forks comes back from here in both processes.
    ///
    /// # Safety
    /// As for [`Backend::enter`].
    ///
    /// # Errors
    /// As for [`Backend::enter`], without `EINTR`.
    pub unsafe fn run<M: Memory>(&self, run: &mut Run, memory: &mut M) -> Result<Status, Errno> {
        loop {
            let Some(device) = self.entered().filter(|device| device.runs(run.format)) else {
                return self.interpret_rest(run, memory);
            };
            let number = device.number();
            let (steps, value) = (run.steps, run.value);
            // SAFETY: the caller vouches for the batch.
            let entered = unsafe { self.enter(run, memory) };
            let interrupted = run.status == Status::Interrupted.raw();
            let trapped = run.status == Status::Trapped.raw();
            if run.steps != steps || interrupted || trapped {
                memory.forget();
            }
            let step = match entered {
                Ok(Status::Punt) if run.reason == PuntReason::Watched.raw() => {
                    return self.interpret_rest(run, memory);
                }
                Ok(Status::Punt) if run.reason == PuntReason::Off.raw() => {
                    device.release();
                    return self.interpret_rest(run, memory);
                }
                Ok(Status::Punt) => self.step(run, &mut UserHost::new(&mut *memory)),
                Ok(Status::Interrupted) => continue,
                Ok(Status::Trapped) => {
                    let result = core::mem::replace(&mut run.value, value);
                    let host = UserHost::new(&mut *memory);
                    self.step(run, &mut Answered { host, result })
                }
                // Nothing has been done: it is no file, or not the device. After an
                // interruption it was the ioctl made again that failed so.
                Err(Errno::BADF | Errno::NOTTY)
                    if interrupted || run.status == Status::None.raw() =>
                {
                    if device.recover(number) {
                        continue;
                    }
                    return self.interpret_rest(run, memory);
                }
                Err(Errno::INTR) if interrupted => {
                    let result = -i64::from(Errno::INTR.raw_os_error());
                    let host = UserHost::new(&mut *memory);
                    self.step(run, &mut Answered { host, result })
                }
                other => return other,
            };
            match step {
                Ok(Status::OutOfFuel) if run.fuel > 0 => {}
                other => return other,
            }
        }
    }

    /// Makes one step of a batch whose call is over already, with this result.
    pub(super) fn answer<M: Memory>(
        &self,
        run: &mut Run,
        memory: &mut M,
        result: i64,
    ) -> Result<Status, Errno> {
        let host = UserHost::new(memory);
        self.step(run, &mut Answered { host, result })
    }

    /// Runs the batch whose header is `run` in the kernel until it would wait. Gives
    /// nothing if that cannot be done, or not to its end: what has been done then is
    /// done, and the header says where to go on.
    ///
    /// What comes back has [`Status::Punt`] if the next call is not made there, for it
    /// would wait, or is never made in a batch.
    ///
    /// # Safety
    /// As for [`Backend::enter`].
    pub(crate) unsafe fn run_unless_waiting<M: Memory>(
        &self,
        run: &mut Run,
        memory: &mut M,
    ) -> Option<Result<Status, Errno>> {
        loop {
            let device = self.entered().filter(|device| device.runs(run.format))?;
            let (steps, value) = (run.steps, run.value);
            // SAFETY: the caller vouches for the batch.
            let entered = unsafe { self.enter_unless_waiting(run, memory) };
            let interrupted = run.status == Status::Interrupted.raw();
            if run.steps != steps || interrupted || run.status == Status::Trapped.raw() {
                memory.forget();
            }
            let result = match entered {
                Ok(Status::Punt) if run.reason == PuntReason::Watched.raw() => return None,
                Ok(Status::Punt) if run.reason == PuntReason::Off.raw() => {
                    device.release();
                    return None;
                }
                Ok(Status::Interrupted) => continue,
                Ok(Status::Trapped) => core::mem::replace(&mut run.value, value),
                Err(Errno::INTR) if interrupted => -i64::from(Errno::INTR.raw_os_error()),
                // The header was refused, by a module that makes no first tries; or it
                // is no file, or not the device.
                Err(_) if interrupted || run.status == Status::None.raw() => return None,
                other => return Some(other),
            };
            let host = UserHost::new(&mut *memory);
            match self.step(run, &mut Answered { host, result }) {
                Ok(Status::OutOfFuel) if run.fuel > 0 => {}
                other => return Some(other),
            }
        }
    }

    /// Enters the device once, for a first try.
    unsafe fn enter_unless_waiting<M: Memory>(
        &self,
        run: &mut Run,
        memory: &mut M,
    ) -> Result<Status, Errno> {
        let mut scratch = [0_u64; SCRATCH_SIZE / 8];
        run.flags |= FLAG_FIRST_TRY;
        run.scratch = (&raw mut scratch).expose_provenance() as u64;
        // SAFETY: the caller vouches for the batch; the bytes are there until the device
        // is left.
        let entered = unsafe { self.enter(run, memory) };
        run.flags &= !FLAG_FIRST_TRY;
        run.scratch = 0;
        entered
    }

    /// Interprets a batch to its end.
    fn interpret_rest<M: Memory>(&self, run: &mut Run, memory: &mut M) -> Result<Status, Errno> {
        run.status = Status::None.raw();
        let address = ptr::from_mut(run).expose_provenance() as u64;
        self.interpret(address, &mut UserHost::new(memory))
    }

    /// Interprets one step in user space. The result is that of the whole
    /// batch, unless it is [`Status::OutOfFuel`] and there is fuel left.
    fn step<H: CountingHost>(&self, run: &mut Run, host: &mut H) -> Result<Status, Errno> {
        let Some(rest) = run.fuel.checked_sub(1) else {
            return Ok(Status::OutOfFuel);
        };
        run.fuel = 1;
        let address = ptr::from_mut(run).expose_provenance() as u64;
        let result = self.interpret(address, host);
        run.fuel = run.fuel.saturating_add(rest);
        result
    }

    /// Enters the interpreter in this process.
    fn interpret<H: CountingHost>(&self, address: u64, host: &mut H) -> Result<Status, Errno> {
        let result = sysbatch_engine::enter(host, address);
        self.count(host.crossings());
        result.map_err(|error| Errno::from_raw_os_error(error.errno()))
    }
}

/// A host that knows how many crossings it made.
trait CountingHost: Host {
    fn crossings(&self) -> u64;
}

impl<M: Memory> CountingHost for UserHost<M> {
    fn crossings(&self) -> u64 {
        self.crossings()
    }
}

/// What the result of an ioctl says besides.
pub(super) fn success(result: i64) -> Result<(), Errno> {
    match result {
        0.. => Ok(()),
        -4095..0 => Err(Errno::from_raw_os_error(-result as i32)),
        // A tracer can make it anything.
        _ => Err(Errno::PROTO),
    }
}

/// A host on which the system call is over already, and had this result.
struct Answered<M> {
    host: UserHost<M>,
    result: i64,
}

impl<M: Memory> CountingHost for Answered<M> {
    fn crossings(&self) -> u64 {
        self.host.crossings()
    }
}

impl<M: Memory> Host for Answered<M> {
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.host.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.host.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.host.load_words(address)
    }

    fn call(&mut self, _: &Call) -> Outcome {
        Outcome::Returned(self.result)
    }

    fn pending(&mut self) -> bool {
        false
    }
}
