//! The host of a first try: it hands back whatever would wait.

#[cfg(target_arch = "x86_64")]
use linux_raw_sys::general::AT_FDCWD;
use linux_raw_sys::general::{F_GETFL, O_NONBLOCK};
use sysbatch_abi::{PuntReason, Resume, Width, never_waits};
use sysbatch_engine::{Call, Fault, Host, Outcome};
use syscalls::Sysno;

use super::own::{Own, OwnKind};
use super::watch::Watch;
use crate::arch::NEWFSTATAT;
use crate::{Memory, UserHost};

/// The directory that paths begin at.
#[cfg(target_arch = "x86_64")]
pub(super) const HERE: u64 = AT_FDCWD as i64 as u64;

/// Makes calls that do not wait, and hands back the others.
pub(super) struct NowaitHost<M> {
    user: UserHost<M>,
    pub(super) own: Own,
    /// Whether other calls may be made than those of the batch.
    pub(super) watch: Watch,
}

/// Makes a call without waiting, if that can be; gives its result.
type Form<M> = fn(&mut NowaitHost<M>, Sysno, [u64; 6]) -> Option<i64>;

impl<M: Memory> NowaitHost<M> {
    pub(super) const fn new(memory: M, watch: Watch) -> Self {
        Self {
            user: UserHost::new(memory),
            own: Own::new(),
            watch,
        }
    }

    pub(super) const fn crossings(&self) -> u64 {
        self.user.crossings()
    }

    /// Makes a system call, of the batch or in its stead.
    pub(super) fn make(&mut self, sysno: Sysno, args: [u64; 6]) -> i64 {
        self.user.make_untold(sysno as u32, &args)
    }

    /// The flags of an open file, `O_NONBLOCK` and so on (`fcntl(2)`).
    pub(super) fn status_flags(&mut self, fd: u64) -> Option<u32> {
        let flags = self.make(Sysno::fcntl, [fd, F_GETFL.into(), 0, 0, 0, 0]);
        u32::try_from(flags).ok()
    }

    /// Whether a call, as it is, does not wait.
    fn goes_as_it_is(&self, sysno: Sysno, args: &[u64; 6]) -> bool {
        match sysno {
            Sysno::close => self.own.kind(args[0]).is_some(),
            Sysno::read | Sysno::pread64 => {
                self.own.kind(args[0]) == Some(OwnKind::Regular { in_memory: true })
            }
            _ => never_waits(sysno as u32, args),
        }
    }

    /// Makes a call if that does not wait.
    fn made_now(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        if self.goes_as_it_is(sysno, &args) {
            let result = self.make(sysno, args);
            self.notice(sysno, &args, result);
            return Some(result);
        }
        let form = form::<M>(sysno)?;
        if !self.is_free() {
            return None;
        }
        form(self, sysno, args)
    }

    /// Keeps what is known of files true.
    fn notice(&mut self, sysno: Sysno, args: &[u64; 6], result: i64) {
        match sysno {
            // A copy of a descriptor moves the same offset.
            Sysno::close | Sysno::dup | Sysno::fcntl => self.own.forget(args[0]),
            Sysno::eventfd2 | Sysno::epoll_create1 | Sysno::timerfd_create if result >= 0 => {
                self.own.add(result, OwnKind::Other);
            }
            _ => {}
        }
    }

    /// Makes a call on a socket that accepts if it does so with `O_NONBLOCK`.
    fn accept(&mut self, sysno: Sysno, args: [u64; 6]) -> Option<i64> {
        (self.status_flags(args[0])? & O_NONBLOCK != 0).then(|| self.make(sysno, args))
    }
}

/// How a call is made without waiting, if there is a way.
fn form<M: Memory>(sysno: Sysno) -> Option<Form<M>> {
    Some(match sysno {
        Sysno::openat => NowaitHost::openat,
        Sysno::close => NowaitHost::close,
        Sysno::read => NowaitHost::read,
        Sysno::pread64 => NowaitHost::pread,
        Sysno::write => NowaitHost::write,
        Sysno::pwrite64 | Sysno::getdents64 => NowaitHost::in_memory,
        Sysno::fstat => NowaitHost::fstat,
        NEWFSTATAT | Sysno::statx | Sysno::faccessat | Sysno::faccessat2 | Sysno::readlinkat => {
            NowaitHost::by_name
        }
        Sysno::recvfrom | Sysno::recvmsg => NowaitHost::receive,
        Sysno::sendto | Sysno::sendmsg => NowaitHost::send,
        Sysno::accept | Sysno::accept4 => NowaitHost::accept,
        #[cfg(target_arch = "x86_64")]
        Sysno::open => NowaitHost::open,
        #[cfg(target_arch = "x86_64")]
        Sysno::stat | Sysno::lstat | Sysno::access | Sysno::readlink => NowaitHost::by_name,
        _ => return None,
    })
}

impl<M: Memory> Host for NowaitHost<M> {
    type Operands = [u64; 6];

    const WAITS_FOR_NOTHING: bool = true;

    #[inline(always)]
    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.user.load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.user.store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.user.load_words(address)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        let result = match (Sysno::new(call.number as usize), call.resume) {
            (Some(sysno), Resume::Fresh) => self.made_now(sysno, call.args),
            _ => None,
        };
        match result {
            Some(result) => {
                self.user.tell_made_at_once(call.number, &call.args, result);
                Outcome::Returned(result)
            }
            None => Outcome::Punt(PuntReason::WouldWait),
        }
    }

    #[inline(always)]
    fn pending(&mut self) -> bool {
        false
    }
}
