// SPDX-License-Identifier: GPL-2.0-only
//! What functions of the shim return in two registers.

/// `struct sysbatch_word` in `shim.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) value: u64,
    pub(crate) fault: i64,
}

/// `struct sysbatch_head` in `shim.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadWords {
    pub(crate) first: u64,
    pub(crate) second: u64,
}

/// `struct sysbatch_file` in `shim.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileWords {
    pub(crate) magic: u64,
    pub(crate) facts: u64,
}

/// `struct sysbatch_judged` in `shim.h`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct JudgedWords {
    pub(crate) result: i64,
    pub(crate) outcome: u64,
}
