// SPDX-License-Identifier: GPL-2.0-only
//! The off switch: which calls are made at once, without a second look.
//!
//! A table says so for each number, and is read before each sub-call anyway. When
//! the module is switched off it says no for all of them, and the second look finds
//! the switch. So the switch costs nothing while the module is on.

use sysbatch_abi::{NUMBER_COUNT, is_made_at_once};

use crate::shim;

/// Has every call looked at, or only those that need it.
///
/// Numbers change one by one: a call that is made meanwhile is looked at or not, as
/// one that is made a little later or earlier.
pub(crate) fn look_at_all(all: bool) {
    for number in 0..NUMBER_COUNT {
        shim::set_made_at_once(number, is_made_at_once(number) && !all);
    }
}
