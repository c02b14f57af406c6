// SPDX-License-Identifier: GPL-2.0-only
//! Stand-ins for the C shim in unit tests: the memory of the test itself, and
//! a task whose state each test scripts.

extern crate std;

mod calls;
mod files;
mod memory;
mod observed;
mod script;
mod task;
mod turns;

pub(super) use calls::*;
pub(super) use files::*;
pub(super) use memory::*;
pub(super) use observed::*;
pub(crate) use script::*;
pub(super) use task::*;
pub(super) use turns::*;
