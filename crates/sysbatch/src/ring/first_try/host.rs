//! The host of a first try: it hands back whatever would wait.

use linux_raw_sys::general::{F_GETFL, O_NONBLOCK};
use rustix::io::Errno;
use sysbatch_abi::{PuntReason, Resume, Width, never_waits};
use sysbatch_engine::{Call, Fault, Host, Outcome};
use syscalls::Sysno;

use crate::{Memory, UserHost};

/// `PR_GET_SECCOMP` of `prctl(2)`.
const PR_GET_SECCOMP: u64 = 21;

/// A file that this first try has opened: nobody else knows of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) fd: i32,
    /// Whether it is a regular file, else a directory.
    pub(super) regular: bool,
}

/// Makes calls that do not wait, and hands back the others.
pub(super) struct NowaitHost<M> {
    user: UserHost<M>,
    pub(super) own: Vec<Own>,
    /// Whether calls may be made in other forms, once that has been asked.
    free: Option<bool>,
}

impl<M: Memory> NowaitHost<M> {
    pub(super) const fn new(memory: M) -> Self {
        Self {
            user: UserHost::new(memory),
            own: Vec::new(),
            free: None,
        }
    }

    pub(super) const fn crossings(&self) -> u64 {
        self.user.crossings()
    }

    /// Makes a system call as part of a batch.
    pub(super) fn make(&mut self, sysno: Sysno, args: [u64; 6]) -> i64 {
        let call = Call {
            number: sysno as u32,
            args,
            resume: Resume::Fresh,
        };
        match self.user.call(&call) {
            Outcome::Returned(result) => result,
            // The user-space host hands nothing back.
            Outcome::Punt(_) | Outcome::Interrupted(_) | Outcome::Trapped => {
                -i64::from(Errno::NOSYS.raw_os_error())
            }
        }
    }

    /// The flags of an open file, `O_NONBLOCK` and so on (`fcntl(2)`).
    pub(super) fn status_flags(&mut self, fd: u64) -> Option<u32> {
        let flags = self.make(Sysno::fcntl, [fd, F_GETFL.into(), 0, 0, 0, 0]);
        u32::try_from(flags).ok()
    }

    /// Whether no filter watches the calls of this thread.
    fn is_free(&mut self) -> bool {
        match self.free {
            Some(free) => free,
            None => {
                let mode = self.make(Sysno::prctl, [PR_GET_SECCOMP, 0, 0, 0, 0, 0]);
                *self.free.insert(mode == 0)
            }
        }
    }

    /// Makes a call in a form that does not wait; gives its result, unless it
    /// would wait or has no such form.
    fn without_waiting(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        match sysno {
            Sysno::openat => self.openat(args),
            #[cfg(target_arch = "x86_64")]
            Sysno::open => {
                let [path, flags, mode, ..] = args;
                let directory = i64::from(linux_raw_sys::general::AT_FDCWD).cast_unsigned();
                self.openat([directory, path, flags, mode, 0, 0])
            }
            Sysno::pread64 => self.pread(args),
            Sysno::read => self.read(args),
            Sysno::write => self.write(args),
            Sysno::recvfrom => self.receive(sysno, args, 3),
            Sysno::recvmsg => self.receive(sysno, args, 2),
            Sysno::sendto => self.send(sysno, args, 3),
            Sysno::sendmsg => self.send(sysno, args, 2),
            _ => None,
        }
    }

    /// Makes a call as it is, if it does not wait.
    fn as_it_is(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        let waits = match sysno {
            // A connection that is made with `O_NONBLOCK` does not wait.
            Sysno::accept | Sysno::accept4 => self.status_flags(args[0])? & O_NONBLOCK == 0,
            Sysno::close => !self.forget(args[0]),
            _ => !never_waits(sysno as u32, &args),
        };
        if waits {
            return None;
        }
        let result = self.make(sysno, args);
        if matches!(sysno, Sysno::dup | Sysno::fcntl) {
            // A copy of a descriptor moves the same offset.
            self.forget(args[0]);
        }
        Some(result)
    }

    /// Forgets that a file was opened here; returns whether it was.
    fn forget(&mut self, fd: u64) -> bool {
        let found = self.own.iter().position(|own| own.fd == fd as i32);
        found.map(|own| self.own.swap_remove(own)).is_some()
    }
}

impl<M: Memory> Host for NowaitHost<M> {
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.user.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.user.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.user.load_words(address)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        let result = match (Sysno::new(call.number as usize), call.resume) {
            (Some(sysno), Resume::Fresh) => match self.as_it_is(sysno, call.args) {
                Some(result) => Some(result),
                None if has_form(sysno) && self.is_free() => self.without_waiting(sysno, call.args),
                None => None,
            },
            _ => None,
        };
        match result {
            Some(result) => Outcome::Returned(result),
            None => Outcome::Punt(PuntReason::WouldWait),
        }
    }

    fn pending(&mut self) -> bool {
        false
    }
}

/// Whether it is worth asking if calls may be made in other forms.
fn has_form(sysno: Sysno) -> bool {
    match sysno {
        Sysno::openat
        | Sysno::pread64
        | Sysno::read
        | Sysno::write
        | Sysno::recvfrom
        | Sysno::recvmsg
        | Sysno::sendto
        | Sysno::sendmsg => true,
        #[cfg(target_arch = "x86_64")]
        Sysno::open => true,
        _ => false,
    }
}
