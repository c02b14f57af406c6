//! Batches that run while the program does something else.
//!
//! ```text
//!  Ring ── batches that safe code has built, as owners of themselves
//!    └─ RawRing ── run headers with whatever owns what they point to
//!         ├─ first_try ── what goes without waiting, on the submitting thread
//!         ├─ worker ── threads that take jobs from the queue and run them
//!         └─ Shared ── the queue, the completions, and one lock for both
//!  Ticket ── a Slot for one completion, to wait for or to await
//! ```

mod batches;
mod bell;
mod completion;
mod error;
mod event;
mod first_try;
mod generation;
mod job;
mod options;
mod owner;
mod raw;
mod shared;
mod signals;
mod slot;
mod submission;
mod submit;
mod ticket;
mod worker;

pub use batches::Ring;
pub use completion::{Completion, CompletionError};
pub use error::{EventError, RefusedReason, RingError, WaitError};
#[doc(hidden)]
pub use generation::Generation;
pub use options::{RingOptions, Shutdown, WhenFull};
pub use raw::RawRing;
pub use submission::{Access, Posted, RawCompletion, RawOutcome, RawSubmit, RawSubmitError};
pub use submit::{Submit, SubmitError};
pub use ticket::Ticket;
