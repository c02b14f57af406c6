//! What threads of the library's do.

use sysbatch::abi::Run;

use super::asys::Waiting;
use super::descriptor::Event;
use super::generic;
use super::syslet::{self, Head};

/// Something to be done on another thread.
#[derive(Debug)]
pub(super) enum Job {
    /// The rest of a syslet, and its completion.
    Syslet { head: &'static Head, run: Run },
    /// A single call.
    Call(Waiting),
    /// A whole batch, which an event tells the end of.
    Batch { run: Run, event: Event },
}

impl Job {
    /// Does it; whether the thread may be another than it was.
    pub(super) fn run(self) -> bool {
        match self {
            Self::Syslet { head, run } => syslet::finish(head, run),
            Self::Call(call) => {
                call.make();
                false
            }
            Self::Batch { run, event } => generic::finish(run, &event),
        }
    }
}
