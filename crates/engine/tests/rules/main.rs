//! Every rule of the engine, one test each, in a bounded test memory.
//!
//! What a rule says is in `docs/abi.md`; each module here is one section.

mod addresses;
mod branches;
mod builtins;
mod calls;
mod cursor;
mod destination;
mod entry;
mod fuel;
mod header;
mod operands;
mod pending;
mod repeat;

pub(crate) use sysbatch_abi::{BuiltIn, Entry, JUMP_EXIT, Status, Width};
pub(crate) use sysbatch_engine::Error;
pub(crate) use sysbatch_reference::{EntryExt, Image, Operand, Script, Stopped, built_in, call};

/// `SET value`.
pub(crate) fn set(value: i64) -> Entry {
    built_in(BuiltIn::Set, &[value.cast_unsigned().into()])
}

/// Checks that the entry at `pc` was refused with `error` and had no effect:
/// the steps and the fuel of the entries before it are all that was spent.
#[track_caller]
pub(crate) fn assert_refused(stopped: &Stopped, error: Error, pc: u64, steps: u64) {
    assert_eq!(stopped.outcome, Err(error));
    assert_eq!(stopped.header.status, Status::Refused.raw());
    assert_eq!(stopped.header.pc, pc);
    assert_eq!(stopped.header.steps, steps);
    assert_eq!(stopped.header.fuel, 100 - steps);
    assert_eq!(stopped.header.reason, 0);
}
