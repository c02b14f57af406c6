//! Listing many directories with one batch: what the batch does, the memory
//! that it shares with this process, and what is read from there.
//!
//! ```text
//!  lister ── one batch for many directories
//!    ├─ program, line ── what the batch does
//!    ├─ layout ── the memory that it shares with the lister
//!    ├─ image ── runs it
//!    └─ records ── what it left in memory
//! ```
//!
//! Everything that depends on the entries of the batch is in `program`, `line`
//! and `layout`, and the rules by which they fill memory in `records`; the rest
//! of the crate knows [`Lister`], [`Child`] and [`Progress`].

#[cfg(test)]
mod fake;
mod image;
mod layout;
mod line;
mod lister;
mod program;
mod records;

pub use image::BatchError;
pub(crate) use image::{Image, expose};
pub(crate) use lister::{ITEMS_MAX, Lister, NAMES_SIZE, NAMES_SIZE_EACH, Origin, Progress};
pub(crate) use program::OpenCall;
pub use records::Child;
