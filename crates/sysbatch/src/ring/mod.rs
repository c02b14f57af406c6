//! Batches that run while the program does something else.
//!
//! ```text
//!  Ring ── batches that safe code has built, as owners of themselves
//!    └─ RawRing ── run headers with whatever owns what they point to
//!         ├─ put ── the way in: room, the first try, and the queue
//!         ├─ tries, first_try ── what goes without waiting
//!         ├─ worker ── threads that take jobs from the queue and run them
//!         ├─ keeps_thread ── whether a worker is as it was after a job
//!         └─ Shared ── the queue, the completions, and one lock for both
//!  Ticket ── a Slot for one completion, to wait for or to await
//! ```

mod batches;
mod bell;
mod calls;
mod completion;
mod error;
mod event;
mod first_try;
mod generation;
mod job;
mod keeps_thread;
mod options;
mod owner;
mod put;
mod raw;
mod shared;
mod signals;
mod slot;
mod submission;
mod submit;
mod ticket;
mod tries;
mod worker;

pub use batches::Ring;
pub use completion::{Completion, CompletionError};
pub use error::{EventError, RefusedReason, RingError, WaitError};
#[doc(hidden)]
pub use generation::Generation;
pub use options::{FirstTry, RingOptions, Shutdown, WhenFull};
pub use raw::RawRing;
pub use submission::{Access, Posted, RawCompletion, RawOutcome, RawSubmit, RawSubmitError};
pub use submit::{Submit, SubmitError};
pub use ticket::Ticket;
