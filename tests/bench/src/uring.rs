//! The same calls through `io_uring`.
#![expect(unsafe_code, reason = "what is submitted has addresses in it")]

use std::ffi::CString;

use anyhow::{Context as _, ensure};
use io_uring::types::{DestinationSlot, Fd, Fixed};
use io_uring::{IoUring, opcode, squeue};
use rustix::fs::{CWD, OFlags, Statx, StatxFlags};
use std::os::fd::AsRawFd as _;

/// Bytes that a read asks for.
const READ_SIZE: usize = 4096;

/// What is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Nop,
    Statx,
    /// Three operations, linked, with a place in the ring's table of files.
    OpenReadClose,
}

/// A ring, and the memory of what is submitted to it.
pub(crate) struct Uring {
    ring: IoUring,
    path: CString,
    /// Outlives what is submitted: each run waits for all of its completions.
    buffer: Vec<u8>,
}

impl Uring {
    /// A ring for `units` at a time.
    ///
    /// # Errors
    /// When the kernel gives none.
    pub(crate) fn new(path: CString, units: usize) -> anyhow::Result<Self> {
        let ring = IoUring::new((3 * units) as u32).context("the kernel gives no io_uring")?;
        let files = ring.submitter().register_files_sparse(units as u32);
        files.context("io_uring gives no table of files")?;
        const { assert!(size_of::<Statx>() <= READ_SIZE) };
        Ok(Self {
            ring,
            path,
            buffer: vec![0; READ_SIZE],
        })
    }

    /// Submits `units` of an operation in one system call, waits for them in the
    /// same, and takes what they came to.
    ///
    /// # Errors
    /// When one fails.
    pub(crate) fn run(&mut self, operation: Operation, units: usize) -> anyhow::Result<()> {
        let mut entries = 0;
        for unit in 0..units {
            for entry in self.entries(operation, unit) {
                // SAFETY: path and buffer are this ring's own and outlive the
                // operations, as below all of them are waited for.
                unsafe { self.ring.submission().push(&entry) }.context("the ring is full")?;
                entries += 1;
            }
        }
        self.ring.submit_and_wait(entries)?;
        let mut completed = 0;
        for completion in self.ring.completion() {
            let result = completion.result();
            ensure!(
                result >= 0,
                "{operation:?} through io_uring: {}",
                std::io::Error::from_raw_os_error(-result)
            );
            completed += 1;
        }
        ensure!(completed == entries, "{completed} of {entries} completed");
        Ok(())
    }

    fn entries(&mut self, operation: Operation, unit: usize) -> Vec<squeue::Entry> {
        let here = Fd(CWD.as_raw_fd());
        let path = self.path.as_ptr();
        let buffer = self.buffer.as_mut_ptr();
        match operation {
            Operation::Nop => vec![opcode::Nop::new().build()],
            Operation::Statx => {
                let statx = opcode::Statx::new(here, path, buffer.cast());
                vec![statx.mask(StatxFlags::BASIC_STATS.bits()).build()]
            }
            Operation::OpenReadClose => {
                let slot = unit as u32;
                let open = opcode::OpenAt::new(here, path)
                    .flags(OFlags::RDONLY.bits() as i32)
                    .file_index(DestinationSlot::try_from_slot_target(slot).ok());
                let read = opcode::Read::new(Fixed(slot), buffer, READ_SIZE as u32);
                let linked = squeue::Flags::IO_LINK;
                vec![
                    open.build().flags(linked),
                    read.build().flags(linked),
                    opcode::Close::new(Fixed(slot)).build(),
                ]
            }
        }
    }
}
