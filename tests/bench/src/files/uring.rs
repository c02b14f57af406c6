//! Three linked operations of `io_uring` for each file, with a place in the ring's
//! table of files.
#![expect(unsafe_code, reason = "what is submitted has addresses in it")]

use std::os::fd::AsRawFd as _;

use anyhow::{Context as _, ensure};
use io_uring::types::{DestinationSlot, Fd, Fixed};
use io_uring::{IoUring, opcode, squeue};
use rustix::fs::{CWD, OFlags};

use super::requests::Requests;
use super::{Reads, SIZE};

/// How many threads of each kind may wait at a time, as many as a ring of ours has.
const WORKERS: u32 = 64;

pub(super) struct Linked {
    ring: IoUring,
    /// Outlives what is submitted: each run waits for all of its completions.
    requests: Requests,
}

impl Linked {
    pub(super) fn new(requests: Requests) -> anyhow::Result<Self> {
        let files = requests.0.len() as u32;
        let ring = IoUring::new(3 * files).context("the kernel gives no io_uring")?;
        let table = ring.submitter().register_files_sparse(files);
        table.context("io_uring gives no table of files")?;
        let workers = ring
            .submitter()
            .register_iowq_max_workers(&mut [WORKERS; 2]);
        workers.context("io_uring takes no number of threads")?;
        Ok(Self { ring, requests })
    }
}

impl Reads for Linked {
    fn read(&mut self) -> anyhow::Result<()> {
        let here = Fd(CWD.as_raw_fd());
        let linked = squeue::Flags::IO_LINK;
        for (index, request) in self.requests.0.iter_mut().enumerate() {
            let slot = index as u32;
            let open = opcode::OpenAt::new(here, request.path.as_ptr())
                .flags(OFlags::RDONLY.bits() as i32)
                .file_index(DestinationSlot::try_from_slot_target(slot).ok());
            let read = opcode::Read::new(Fixed(slot), request.buffer.as_mut_ptr(), SIZE as u32);
            let entries = [
                open.build().flags(linked),
                read.build().flags(linked),
                opcode::Close::new(Fixed(slot)).build(),
            ];
            for (entry, call) in entries.into_iter().zip(0..) {
                let entry = entry.user_data(3 * u64::from(slot) + call);
                // SAFETY: path and buffer are this object's own and outlive the
                // operations, as below all of them are waited for.
                unsafe { self.ring.submission().push(&entry) }.context("the ring is full")?;
            }
        }
        let entries = 3 * self.requests.0.len();
        self.ring.submit_and_wait(entries)?;
        let mut completed = 0;
        for completion in self.ring.completion() {
            let number = completion.user_data() as usize;
            if let Some(request) = self.requests.0.get_mut(number / 3) {
                request.results[number % 3] = completion.result().into();
            }
            completed += 1;
        }
        ensure!(completed == entries, "{completed} of {entries} completed");
        Ok(())
    }

    fn check(&mut self) -> anyhow::Result<Option<usize>> {
        self.requests.check()?;
        Ok(None)
    }
}
