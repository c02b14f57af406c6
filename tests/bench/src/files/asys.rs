//! Lists of calls by `asys_submit`: all opens, all reads, all closes. A call of
//! these lists cannot use what another returns.
#![expect(unsafe_code, reason = "functions of C that make system calls")]

use std::os::fd::AsRawFd as _;

use anyhow::ensure;
use rustix::fs::{CWD, OFlags};
use syscalls::Sysno;

use super::requests::Requests;
use super::{Reads, SIZE};
use crate::asys::{Input, await_one, submit};

pub(super) struct Lists {
    requests: Requests,
    arguments: Vec<[u64; 6]>,
    inputs: Vec<Input>,
}

impl Lists {
    pub(super) fn new(requests: Requests) -> Self {
        let count = requests.0.len();
        Self {
            requests,
            arguments: vec![[0; 6]; count],
            inputs: Vec::with_capacity(count),
        }
    }

    /// Makes a call for each file and waits for all of them.
    fn list(&mut self, call: usize) -> anyhow::Result<()> {
        let here = i64::from(CWD.as_raw_fd()).cast_unsigned();
        self.inputs.clear();
        let requests = self.requests.0.iter_mut().zip(&mut self.arguments);
        for (index, (request, arguments)) in requests.enumerate() {
            let file = request.results[0].cast_unsigned();
            let (number, count) = match call {
                0 => {
                    let path = request.path.as_ptr().expose_provenance() as u64;
                    let flags = u64::from(OFlags::RDONLY.bits());
                    *arguments = [here, path, flags, 0, 0, 0];
                    (Sysno::openat, 4)
                }
                1 => {
                    let buffer = request.buffer.as_mut_ptr().expose_provenance() as u64;
                    *arguments = [file, buffer, SIZE as u64, 0, 0, 0];
                    (Sysno::read, 3)
                }
                _ => {
                    *arguments = [file, 0, 0, 0, 0, 0];
                    (Sysno::close, 1)
                }
            };
            self.inputs
                .push(Input::new(number, index as u64, &mut arguments[..count]));
        }
        // SAFETY: paths and buffers live until all have completed, which is waited
        // for below; what is closed was opened here.
        let taken = unsafe { submit(&mut self.inputs) }?;
        for _ in 0..taken {
            let completion = await_one()?;
            let request = self.requests.0.get_mut(completion.cookie as usize);
            if let Some(request) = request {
                request.results[call] = completion.return_code;
            }
        }
        let all = self.inputs.len();
        ensure!(taken == all, "asys_submit took {taken} of {all} calls");
        Ok(())
    }
}

impl Reads for Lists {
    fn read(&mut self) -> anyhow::Result<()> {
        (0..3).try_for_each(|call| self.list(call))
    }

    fn check(&mut self) -> anyhow::Result<Option<usize>> {
        self.requests.check()?;
        Ok(None)
    }
}
