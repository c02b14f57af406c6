//! Where things are: addresses and descriptors that the program does not use.

/// Where the loader lies. Neither the kernel nor the memory checkers of compilers put
/// anything there: programs lie from 0x5555… on, libraries below 0x7fff….
pub const TEXT: u64 = 0x4a5b_0000_0000;

/// The size of the range whose instructions may make system calls, in bytes.
pub(crate) const TEXT_SIZE: u64 = 0x10_0000;

/// Where the memory is mapped that all processes share. Below the loader, for above
/// it begins the heap that `brk(2)` gives.
pub(crate) const SHARED: u64 = TEXT - 0x1_0000;

/// How many descriptors are taken from the program.
pub const DESCRIPTORS: u32 = 6;

/// A descriptor that is the loader's own, by its distance from the highest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Descriptor {
    /// The loader itself: what is executed in the place of each program.
    Loader = 0,
    /// The device.
    Device = 1,
    /// The memory that all processes share.
    Shared = 2,
    /// What is to be executed: a pipe with a [`Request`](crate::Request).
    Request = 3,
    /// The file that is to be executed.
    File = 4,
    /// The file that was executed, where `/proc/self/exe` can't lead to it.
    Program = 5,
}

impl Descriptor {
    /// Its number, where `top` is the highest of them.
    #[must_use]
    pub const fn number(self, top: u32) -> u32 {
        top.saturating_sub(self as u32)
    }
}
