//! What is measured: a unit of system calls or built-ins.
#![expect(unsafe_code, reason = "makes system calls by number, as a batch does")]

use std::ffi::CString;
use std::marker::PhantomData;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use rustix::fs::{AtFlags, CWD, OFlags, Statx, StatxFlags};
use rustix::io::Errno;
use syscalls::Sysno;

/// How much `read` asks for, in bytes.
const READ_SIZE: usize = 4096;

/// A number far above the tables of all architectures, which grow by ten or so a
/// year from 460 on, and below those that x86-64 had for x32.
const UNIMPLEMENTED: u32 = 500;

/// The things that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A number that is no system call
    Unimplemented,
    /// getppid
    Getppid,
    /// getuid
    Getuid,
    /// statx of a file
    Statx,
    /// openat, read and close
    OpenReadClose,
    /// The built-in ADD with immediate operands
    BuiltIn,
    /// The built-in ADD with operands from result slots
    BuiltInSlots,
    /// getppid, and a jump over the entry after it
    Jump,
}

impl Kind {
    /// Its name on the command line and in figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unimplemented => "unimplemented",
            Self::Getppid => "getppid",
            Self::Getuid => "getuid",
            Self::Statx => "statx",
            Self::OpenReadClose => "open-read-close",
            Self::BuiltIn => "built-in",
            Self::BuiltInSlots => "built-in-slots",
            Self::Jump => "jump",
        }
    }

    /// Whether it is also measured in the formats of earlier interfaces.
    pub(super) const fn is_in_every_format(self) -> bool {
        matches!(self, Self::Unimplemented | Self::Getppid)
    }
}

/// One of the things that are measured, with the memory that it needs.
#[derive(Debug)]
pub(crate) struct Workload {
    kind: Kind,
    path: CString,
    buffer: Vec<u8>,
}

/// A system call of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: u32,
    pub(super) args: [u64; 5],
    /// Whether the first argument is the result of the unit's first call.
    pub(super) on_first: bool,
    /// Whether the entry after it is jumped over, whatever it returns.
    pub(super) jumps: bool,
}

/// An entry of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Call(Call),
    /// One and two are added.
    Add {
        /// Whether they come from result slots.
        from_slots: bool,
    },
    /// An entry that is jumped over.
    Skipped,
}

/// The entries of a unit, ready to be made.
#[derive(Debug)]
pub(crate) struct Calls<'workload> {
    kind: Kind,
    pub(super) actions: Vec<Action>,
    /// Their addresses are those of the workload's memory.
    memory: PhantomData<&'workload mut Workload>,
}

impl Workload {
    /// One that looks at and reads from this file, if any.
    ///
    /// # Errors
    /// If the path cannot be one.
    pub(crate) fn new(kind: Kind, file: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            kind,
            path: CString::new(file.as_os_str().as_bytes()).context("the path of the file")?,
            buffer: vec![0; READ_SIZE],
        })
    }

    /// The trivial call alone.
    pub(crate) fn null() -> Self {
        Self {
            kind: Kind::Getppid,
            path: CString::default(),
            buffer: Vec::new(),
        }
    }

    /// Its entries.
    pub(crate) fn calls(&mut self) -> Calls<'_> {
        let here = i64::from(CWD.as_raw_fd()).cast_unsigned();
        let path = self.path.as_ptr().expose_provenance() as u64;
        let buffer = self.buffer.as_mut_ptr().expose_provenance() as u64;
        let call = |number, args| Call {
            number,
            args,
            on_first: false,
            jumps: false,
        };
        let plain = |number: Sysno| Action::Call(call(number as u32, [0; 5]));
        let on_first = |number: Sysno, args| {
            Action::Call(Call {
                on_first: true,
                ..call(number as u32, args)
            })
        };
        const { assert!(size_of::<Statx>() <= READ_SIZE) };
        let statx_flags = AtFlags::empty().bits().into();
        let statx_mask = StatxFlags::BASIC_STATS.bits().into();
        let open_flags = (OFlags::RDONLY | OFlags::CLOEXEC).bits().into();
        let actions = match self.kind {
            Kind::Unimplemented => vec![Action::Call(call(UNIMPLEMENTED, [0; 5]))],
            Kind::Getppid => vec![plain(Sysno::getppid)],
            Kind::Getuid => vec![plain(Sysno::getuid)],
            Kind::Statx => vec![Action::Call(call(
                Sysno::statx as u32,
                [here, path, statx_flags, statx_mask, buffer],
            ))],
            Kind::OpenReadClose => vec![
                Action::Call(call(Sysno::openat as u32, [here, path, open_flags, 0, 0])),
                on_first(Sysno::read, [0, buffer, READ_SIZE as u64, 0, 0]),
                on_first(Sysno::close, [0; 5]),
            ],
            Kind::BuiltIn => vec![Action::Add { from_slots: false }],
            Kind::BuiltInSlots => vec![Action::Add { from_slots: true }],
            Kind::Jump => vec![
                Action::Call(Call {
                    jumps: true,
                    ..call(Sysno::getppid as u32, [0; 5])
                }),
                Action::Skipped,
            ],
        };
        Calls {
            kind: self.kind,
            actions,
            memory: PhantomData,
        }
    }
}

impl Calls<'_> {
    /// How many entries a unit has.
    pub(crate) fn len(&self) -> usize {
        self.actions.len()
    }

    /// How many system calls a unit makes; with none there is nothing to make
    /// alone.
    pub(crate) fn system_calls(&self) -> usize {
        let calls = self.actions.iter();
        calls
            .filter(|action| matches!(action, Action::Call(_)))
            .count()
    }

    /// Makes the calls alone, one after the other: `units` times all of them.
    pub(crate) fn make(&self, units: usize) {
        for _ in 0..units {
            let mut first = 0;
            for (index, action) in self.actions.iter().enumerate() {
                if let Action::Call(call) = action {
                    let result = make(call, first);
                    if index == 0 {
                        first = result;
                    }
                }
            }
        }
    }

    /// Whether the kernel answers the number that is none the way it should; a
    /// filter may answer it in another.
    pub(super) fn is_answered(&self) -> bool {
        match self.actions.first() {
            Some(Action::Call(call)) if self.kind == Kind::Unimplemented => {
                make(call, 0) as isize == -(Errno::NOSYS.raw_os_error() as isize)
            }
            _ => true,
        }
    }

    /// Checks what an entry of a batch has for a result; `untouched` is what
    /// was there before.
    ///
    /// # Errors
    /// If it is another than it should be.
    pub(super) fn check(&self, index: usize, result: i64, untouched: i64) -> anyhow::Result<()> {
        let name = self.kind.name();
        let expected = match &self.actions[index % self.len()] {
            Action::Call(_) if self.kind == Kind::Unimplemented => {
                -i64::from(Errno::NOSYS.raw_os_error())
            }
            Action::Call(call) if result < 0 => {
                let call = Sysno::new(call.number as usize).map_or("a call", |call| call.name());
                let errno = Errno::from_raw_os_error(-result as i32);
                bail!("{call} failed: {errno}");
            }
            Action::Call(_) => result,
            Action::Add { .. } => 3,
            Action::Skipped => untouched,
        };
        if result != expected {
            bail!("entry {index} of {name} has the result {result} instead of {expected}");
        }
        Ok(())
    }
}

/// Makes a call alone.
fn make(call: &Call, first: usize) -> usize {
    let [mut a, b, c, d, e] = call.args.map(|arg| arg as usize);
    if call.on_first {
        a = first;
    }
    // SAFETY: the calls read the path and write to the buffer of the workload,
    // which is borrowed for as long as its `Calls` live, and what they close
    // they have opened.
    unsafe { syscalls::raw::syscall5(call.number as usize, a, b, c, d, e) }
}
