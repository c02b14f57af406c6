//! A device that hands calls back and is interrupted on request.
#![expect(unsafe_code, reason = "the addresses of batches are followed")]

use std::sync::Mutex;

use rustix::io::Errno;
use sysbatch_abi::{FORMATS, Info, PuntReason, Resume, Status, Width};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use crate::{Direct, UserHost};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It is made.
    Made,
    /// It is made, and a signal comes before the next step.
    MadeThenSignal,
    /// It is handed back, as one that is never made in the kernel.
    Punt,
    /// It is handed back, as all calls of this task are.
    Watched,
    /// A signal interrupts it; the kernel enters again by itself.
    Restarted(Resume),
    /// A signal interrupts it; the program enters again.
    Left(Resume),
    /// A signal interrupts it, and its handler does not want it restarted.
    Failed(Resume),
    /// A filter traps it, and the handler makes this its result.
    Trapped(i64),
}

/// The device: each call has the next of its events, the last ones none.
#[derive(Debug)]
pub(super) struct Double {
    pub(super) info: Info,
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    events: Vec<Event>,
    /// Whether the call at hand goes on after an interruption.
    resumed: Option<Resume>,
    /// Whether a signal waits.
    signal: bool,
    /// How the header was left, if it was by a signal.
    left: Option<Event>,
}

impl Double {
    pub(super) fn new(events: &[Event]) -> Self {
        let events = events.iter().rev().copied().collect();
        let info = Info {
            formats: FORMATS,
            ..Info::default()
        };
        let state = Mutex::new(State {
            events,
            ..State::default()
        });
        Self { info, state }
    }

    /// The ioctl.
    pub(super) fn enter(&self, address: u64) -> i64 {
        // SAFETY: the tests say for their batches.
        let memory = unsafe { Direct::new() };
        let mut host = DoubleHost {
            user: UserHost::new(memory),
            state: &mut self.state.lock().unwrap(),
        };
        loop {
            let status = match sysbatch_engine::enter(&mut host, address) {
                Ok(status) => status,
                Err(error) => return -i64::from(error.errno()),
            };
            match (status, host.state.left.take()) {
                (Status::Trapped, Some(Event::Trapped(result))) => return result,
                (Status::Interrupted, Some(Event::Restarted(_))) => {}
                (Status::Interrupted, Some(Event::Failed(_))) => {
                    // The handler has run, and the call is over.
                    host.state.resumed = None;
                    return -i64::from(Errno::INTR.raw_os_error());
                }
                _ => return 0,
            }
        }
    }
}

struct DoubleHost<'a> {
    user: UserHost<Direct>,
    state: &'a mut State,
}

impl Host for DoubleHost<'_> {
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
        let fresh = Call {
            resume: Resume::Fresh,
            ..*call
        };
        if let Some(resume) = self.state.resumed.take() {
            assert_eq!(call.resume, resume, "it goes on as it was left");
            return self.user.call(&fresh);
        }
        assert_eq!(call.resume, Resume::Fresh, "it has not been left");
        let event = self.state.events.pop().unwrap_or(Event::Made);
        match event {
            Event::Made => self.user.call(&fresh),
            Event::MadeThenSignal => {
                self.state.signal = true;
                self.user.call(&fresh)
            }
            Event::Punt => Outcome::Punt(PuntReason::Call),
            Event::Watched => Outcome::Punt(PuntReason::Watched),
            Event::Restarted(resume) | Event::Left(resume) | Event::Failed(resume) => {
                self.state.resumed = Some(resume);
                self.state.left = Some(event);
                Outcome::Interrupted(resume)
            }
            Event::Trapped(_) => {
                self.state.left = Some(event);
                Outcome::Trapped
            }
        }
    }

    fn pending(&mut self) -> bool {
        core::mem::take(&mut self.state.signal)
    }
}
