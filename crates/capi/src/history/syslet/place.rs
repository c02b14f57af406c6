//! Where a syslet is to run, by its first atom.

use core::sync::atomic::{AtomicBool, Ordering};

use rustix::io::Errno;
use sysbatch::abi::{SYSLET_ASYNC, SYSLET_SYNC};
use sysbatch::{Backend, Kind};

use super::user::User;

/// Whether the last syslet that was asked about said itself where it runs. Then the next
/// one most likely does so, too, and a first try would be for nothing.
static LAST_SAID: AtomicBool = AtomicBool::new(false);

/// On which thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// All of it on this thread.
    Here,
    /// All of it on another.
    Elsewhere,
    /// On this one until it would wait.
    UntilItWaits,
    /// Its first try will tell, which stops at once if the atom says so (W12): to look at the
    /// atom from here would take a system call.
    Unknown,
}

impl Place {
    /// That of the syslet which begins with an atom.
    ///
    /// # Errors
    /// `EFAULT` if the atom cannot be read.
    pub(super) fn of(backend: &Backend, user: &mut User, atom: u64) -> Result<Self, Errno> {
        let is_tried_in_kernel = backend.kind() == Kind::Kernel;
        if is_tried_in_kernel && !LAST_SAID.load(Ordering::Relaxed) && !user.is_at_hand(atom) {
            return Ok(Self::Unknown);
        }
        Self::asked_for(user, atom)
    }

    /// The same, never unknown.
    ///
    /// # Errors
    /// As for [`Place::of`].
    pub(super) fn asked_for(user: &mut User, atom: u64) -> Result<Self, Errno> {
        let flags = user.flags(atom)?;
        let place = if flags & SYSLET_SYNC != 0 {
            Self::Here
        } else if flags & SYSLET_ASYNC != 0 {
            Self::Elsewhere
        } else {
            Self::UntilItWaits
        };
        let has_said = !matches!(place, Self::UntilItWaits);
        if LAST_SAID.load(Ordering::Relaxed) != has_said {
            LAST_SAID.store(has_said, Ordering::Relaxed);
        }
        Ok(place)
    }
}
