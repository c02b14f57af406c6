//! The ways in which something trivial is submitted and waited for.
#![expect(unsafe_code, reason = "makes system calls, and submits them")]

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use io_uring::{IoUring, opcode, squeue};
use rayon::{ThreadPool, ThreadPoolBuilder};
use sysbatch::{Backend, Batch, Handle, Operand, Ring, Submit, Ticket};
use syscalls::Sysno;

use crate::asys::{self, Input};

/// Something that takes work.
pub(super) trait Submits {
    /// Submits so many, waits for all of them, and sees what each came to.
    fn submit(&mut self, count: usize) -> anyhow::Result<()>;
}

/// The call that is made.
pub(super) fn getppid() -> usize {
    // SAFETY: it has no arguments and no effect.
    unsafe { syscalls::raw::syscall0(Sysno::getppid as usize) }
}

/// `asys_submit`.
pub(super) struct Asys {
    inputs: Vec<Input>,
    parent: usize,
}

impl Asys {
    pub(super) fn new(most: usize) -> Self {
        let input = |cookie| Input::new(Sysno::getppid, cookie, &mut []);
        Self {
            inputs: (0..most as u64).map(input).collect(),
            parent: getppid(),
        }
    }
}

impl Submits for Asys {
    fn submit(&mut self, count: usize) -> anyhow::Result<()> {
        // SAFETY: the call has no arguments and no effect.
        let taken = unsafe { asys::submit(&mut self.inputs[..count]) }?;
        ensure!(taken == count, "asys_submit took {taken} of {count} calls");
        for _ in 0..count {
            let returned = asys::await_one()?.return_code;
            ensure!(
                returned == self.parent as i64,
                "getppid returned {returned}"
            );
        }
        Ok(())
    }
}

/// A ring.
pub(super) struct OnRing {
    ring: Ring,
    inline_first: bool,
    /// In the order of their calls.
    batches: Vec<Batch<'static>>,
    calls: Vec<Handle<i64>>,
    tickets: Vec<Ticket>,
    parent: usize,
}

impl OnRing {
    pub(super) fn new(most: usize, inline_first: bool) -> anyhow::Result<Self> {
        let batch = |_| {
            let mut batch = Batch::new();
            // SAFETY: it has no arguments and no effect.
            let call = unsafe { batch.syscall(Sysno::getppid as u32, [Operand::from(0); 6]) };
            (batch, call)
        };
        let (batches, calls) = (0..most).map(batch).unzip();
        Ok(Self {
            ring: Ring::new(Backend::select()?)?,
            inline_first,
            batches,
            calls,
            tickets: Vec::with_capacity(most),
            parent: getppid(),
        })
    }
}

impl Submits for OnRing {
    fn submit(&mut self, count: usize) -> anyhow::Result<()> {
        let first = self.batches.len() - count;
        let inline_first = self.inline_first;
        let submit = |batch| Submit::new(batch).inline_first(inline_first);
        if count == 1 {
            let batch = self.batches.pop().context("all batches are out")?;
            self.tickets.push(self.ring.submit(submit(batch))?);
        } else {
            let batches = self.batches.drain(first..).map(submit);
            for ticket in self.ring.submit_all(batches) {
                self.tickets.push(ticket?);
            }
        }
        for (ticket, call) in self.tickets.drain(..).zip(&self.calls[first..]) {
            let mut completion = ticket.wait()?;
            let returned = completion.results()?.get(call)?;
            ensure!(
                returned == self.parent as i64,
                "getppid returned {returned}"
            );
            self.batches.push(completion.into_batch());
        }
        Ok(())
    }
}

/// `io_uring`, whose `nop` stands for a call that does next to nothing.
pub(super) struct Uring {
    ring: IoUring,
    flags: squeue::Flags,
}

impl Uring {
    pub(super) fn new(most: usize, is_async: bool) -> anyhow::Result<Self> {
        Ok(Self {
            ring: IoUring::new(most as u32).context("the kernel gives no io_uring")?,
            flags: if is_async {
                squeue::Flags::ASYNC
            } else {
                squeue::Flags::empty()
            },
        })
    }
}

impl Submits for Uring {
    fn submit(&mut self, count: usize) -> anyhow::Result<()> {
        for _ in 0..count {
            let entry = opcode::Nop::new().build().flags(self.flags);
            // SAFETY: it has no addresses in it.
            unsafe { self.ring.submission().push(&entry) }.context("the ring is full")?;
        }
        self.ring.submit_and_wait(count)?;
        let mut completed = 0;
        for completion in self.ring.completion() {
            ensure!(
                completion.result() == 0,
                "a nop returned {}",
                completion.result()
            );
            completed += 1;
        }
        ensure!(completed == count, "{completed} of {count} completed");
        Ok(())
    }
}

/// A pool of rayon's with as many threads as there are processors.
pub(super) struct Rayon {
    pool: ThreadPool,
    parent: usize,
}

impl Rayon {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            pool: ThreadPoolBuilder::new().build()?,
            parent: getppid(),
        })
    }
}

impl Submits for Rayon {
    fn submit(&mut self, count: usize) -> anyhow::Result<()> {
        let parent = self.parent;
        if count == 1 {
            let returned = self.pool.install(getppid);
            ensure!(returned == parent, "getppid returned {returned}");
            return Ok(());
        }
        let right = AtomicUsize::new(0);
        self.pool.in_place_scope(|scope| {
            for _ in 0..count {
                scope.spawn(|_| {
                    right.fetch_add(usize::from(getppid() == parent), Ordering::Relaxed);
                });
            }
        });
        let right = right.into_inner();
        ensure!(right == count, "getppid was right {right} of {count} times");
        Ok(())
    }
}
