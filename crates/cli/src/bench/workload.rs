//! What is measured: a unit of one or three system calls.
#![expect(unsafe_code, reason = "makes system calls by number, as a batch does")]

use std::ffi::CString;
use std::marker::PhantomData;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use rustix::fs::{AtFlags, CWD, OFlags, Statx, StatxFlags};
use rustix::io::Errno;
use sysbatch::abi::{DST_OWN_INDEX, Entry, Mode};
use syscalls::Sysno;

/// How much `read` asks for, in bytes.
const READ_SIZE: usize = 4096;

/// One of the things that are measured, with the memory that it needs.
#[derive(Debug)]
pub(crate) struct Workload {
    kind: Kind,
    path: CString,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Statx,
    OpenReadClose,
}

/// A call of a unit. An argument may be the result of the first call of the
/// same unit.
#[derive(Clone, Copy, Debug)]
struct Call {
    number: Sysno,
    args: [u64; 5],
    /// Whether the first argument is the result of the unit's first call.
    on_first: bool,
}

/// The calls of a unit, ready to be made.
#[derive(Debug)]
pub(crate) struct Calls<'workload> {
    name: &'static str,
    calls: Vec<Call>,
    /// Their addresses are those of the workload's memory.
    memory: PhantomData<&'workload mut Workload>,
}

impl Workload {
    /// All that are measured, on this file.
    ///
    /// # Errors
    /// If the path cannot be one.
    pub(crate) fn all(file: &Path) -> anyhow::Result<[Self; 3]> {
        let path = CString::new(file.as_os_str().as_bytes()).context("the path of the file")?;
        let workload = |kind| Self {
            kind,
            path: path.clone(),
            buffer: vec![0; READ_SIZE],
        };
        Ok([Kind::Null, Kind::Statx, Kind::OpenReadClose].map(workload))
    }

    /// The trivial call alone.
    pub(crate) fn null() -> Self {
        Self {
            kind: Kind::Null,
            path: CString::default(),
            buffer: Vec::new(),
        }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "getppid",
            Kind::Statx => "statx",
            Kind::OpenReadClose => "openat, read, close",
        }
    }

    /// Its calls.
    pub(crate) fn calls(&mut self) -> Calls<'_> {
        let here = i64::from(CWD.as_raw_fd()).cast_unsigned();
        let path = self.path.as_ptr().expose_provenance() as u64;
        let buffer = self.buffer.as_mut_ptr().expose_provenance() as u64;
        let call = |number, args, on_first| Call {
            number,
            args,
            on_first,
        };
        const { assert!(size_of::<Statx>() <= READ_SIZE) };
        let statx_flags = AtFlags::empty().bits().into();
        let statx_mask = StatxFlags::BASIC_STATS.bits().into();
        let open_flags = (OFlags::RDONLY | OFlags::CLOEXEC).bits().into();
        let calls = match self.kind {
            Kind::Null => vec![call(Sysno::getppid, [0; 5], false)],
            Kind::Statx => vec![call(
                Sysno::statx,
                [here, path, statx_flags, statx_mask, buffer],
                false,
            )],
            Kind::OpenReadClose => vec![
                call(Sysno::openat, [here, path, open_flags, 0, 0], false),
                call(Sysno::read, [0, buffer, READ_SIZE as u64, 0, 0], true),
                call(Sysno::close, [0; 5], true),
            ],
        };
        Calls {
            name: self.name(),
            calls,
            memory: PhantomData,
        }
    }
}

impl Calls<'_> {
    /// How many calls there are in a unit.
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// The entries of a batch of so many units.
    pub(super) fn entries(&self, units: usize) -> Vec<Entry> {
        let entry = |first: usize, call: &Call| {
            let [a, b, c, d, e] = call.args;
            let mut entry = Entry {
                nr: call.number.id(),
                dst: DST_OWN_INDEX,
                args: [a, b, c, d, e, 0],
                ..Entry::default()
            };
            if call.on_first {
                entry.modes = Mode::Result.bits(0);
                entry.args[0] = first as u64;
            }
            entry
        };
        (0..units)
            .map(|unit| unit * self.len())
            .flat_map(|first| self.calls.iter().map(move |call| entry(first, call)))
            .collect()
    }

    /// Makes them alone, one after the other: `units` times all of them.
    pub(crate) fn make(&self, units: usize) {
        for _ in 0..units {
            let mut first = 0;
            for (index, call) in self.calls.iter().enumerate() {
                let number = call.number as usize;
                let [mut a, b, c, d, e] = call.args.map(|arg| arg as usize);
                if call.on_first {
                    a = first;
                }
                // SAFETY: the calls read the path and write to the buffer of the
                // workload, which is borrowed for as long as this lives, and
                // what they close they have opened.
                let result = unsafe { syscalls::raw::syscall5(number, a, b, c, d, e) };
                if index == 0 {
                    first = result;
                }
            }
        }
    }

    /// Checks what a call returned.
    ///
    /// # Errors
    /// If it is an error.
    pub(super) fn check(&self, number: i32, result: i64) -> anyhow::Result<()> {
        if result < 0 {
            let call =
                Sysno::new(number.unsigned_abs() as usize).map_or("a call", |call| call.name());
            bail!(
                "{call} failed in {}: {}",
                self.name,
                Errno::from_raw_os_error(-result as i32)
            );
        }
        Ok(())
    }
}
