// SPDX-License-Identifier: GPL-2.0-only
//! Safe faces of the functions in `../*.c`.
#![expect(unsafe_code, reason = "the shim is C")]

#[cfg(not(test))]
mod c;
mod calls;
#[cfg(test)]
pub(crate) mod double;
mod files;
mod memory;
mod observed;
mod task;
mod turns;
mod words;

#[cfg(test)]
use double as c;

pub(crate) use calls::{
    Implemented, dispatch, dispatch_unless_waiting, is_made_at_once, may_be_made_at_once,
    open_cached, set_made_at_once,
};
pub(crate) use files::{
    LOOK_AT_FILE, LOOK_AT_OFFSET, LOOK_AT_POSITION, LOOK_FOLLOWS, LOOK_TAKES_EMPTY, look_at_file,
    look_at_path,
};
pub(crate) use memory::{load, load_header, load_words, store, store_header};
pub(crate) use observed::{Guard, Judged, compat_call, is_compat_call, judge};
pub(crate) use task::{
    PendingWork, announce_work, force_signal_check, is_clear, is_clear_beside_observers, is_off,
    is_watched, is_watched_beside_observers, pending_work, reschedule, run_task_work,
};
pub(crate) use turns::{
    first, gather, load_operands, read_entry, turn, turn_to_atom, turn_to_pointer,
};
