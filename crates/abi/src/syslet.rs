//! Flags and numbers of syslet atoms.

/// Run the syslet asynchronously at once.
pub const SYSLET_ASYNC: u64 = 0x01;
/// Never run it asynchronously.
pub const SYSLET_SYNC: u64 = 0x02;
/// Post no completion.
pub const SYSLET_NO_COMPLETE: u64 = 0x04;
/// Stop if the result is not zero.
pub const SYSLET_STOP_ON_NONZERO: u64 = 0x08;
/// Stop if the result is zero.
pub const SYSLET_STOP_ON_ZERO: u64 = 0x10;
/// Stop if the result is negative.
pub const SYSLET_STOP_ON_NEGATIVE: u64 = 0x20;
/// Stop if the result is negative or zero.
pub const SYSLET_STOP_ON_NON_POSITIVE: u64 = 0x40;
/// Instead of stopping, go on with the atom that follows in memory.
pub const SYSLET_SKIP_TO_NEXT_ON_STOP: u64 = 0x80;

/// All flags that are defined; others refuse the atom.
pub const SYSLET_FLAGS: u64 = 0xFF;

/// The number of `umem_add` in an atom, −19 as an unsigned word: the
/// interpreter's own, for it is no system call.
pub const SYSLET_NR_UMEM_ADD: u64 = (crate::BuiltIn::UserMemoryAdd.number() as i64).cast_unsigned();
