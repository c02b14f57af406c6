//! Plain calls, one after another.
#![expect(unsafe_code, reason = "makes system calls by number")]

use rustix::fs::{CWD, OFlags};
use std::os::fd::AsRawFd as _;
use syscalls::Sysno;
use syscalls::raw::{syscall1, syscall3, syscall4};

use super::requests::Requests;
use super::{Reads, SIZE};

pub(super) struct Plain(Requests);

impl Plain {
    pub(super) const fn new(requests: Requests) -> Self {
        Self(requests)
    }
}

impl Reads for Plain {
    fn read(&mut self) -> anyhow::Result<()> {
        let here = CWD.as_raw_fd() as usize;
        let flags = OFlags::RDONLY.bits() as usize;
        for request in &mut self.0.0 {
            let path = request.path.as_ptr().expose_provenance();
            let buffer = request.buffer.as_mut_ptr().expose_provenance();
            // SAFETY: the path ends with a zero.
            let file = unsafe { syscall4(Sysno::openat as usize, here, path, flags, 0) };
            // SAFETY: there are as many bytes in the buffer.
            let read = unsafe { syscall3(Sysno::read as usize, file, buffer, SIZE) };
            // SAFETY: if it was opened, it was opened here and is not used again.
            let closed = unsafe { syscall1(Sysno::close as usize, file) };
            request.results = [file as i64, read as i64, closed as i64];
        }
        Ok(())
    }

    fn check(&mut self) -> anyhow::Result<Option<usize>> {
        self.0.check()?;
        Ok(Some(0))
    }
}
