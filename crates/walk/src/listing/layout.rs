//! The memory that the listing [program](super::program) and its host share.

use sysbatch::abi::ARGUMENT_COUNT;

use super::image::Argument;

/// How much `getdents64` is asked for at once, in bytes: what the C library's
/// `readdir` asks for.
pub(crate) const READ_SIZE: usize = 32 << 10;

/// Offset of `d_reclen` in `struct linux_dirent64`.
pub(crate) const DIRENT_LENGTH: usize = 16;
/// Offset of `d_type` in `struct linux_dirent64`.
pub(crate) const DIRENT_TYPE: usize = 18;
/// Offset of `d_name` in `struct linux_dirent64`.
pub(crate) const DIRENT_NAME: usize = 19;
/// The size of the shortest `struct linux_dirent64`, and of the mark that ends
/// a buffer.
pub(crate) const DIRENT_MIN: usize = 24;
/// From a name to the end of the mark behind it, if that name is the mark's.
pub(crate) const NAME_TO_END: usize = DIRENT_MIN - DIRENT_NAME;

/// A directory to list, as the program reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Item {
    /// The descriptor that `path` is relative to, or `AT_FDCWD`.
    pub(crate) anchor: i64,
    /// Address of the path; zero ends the list.
    pub(crate) path: u64,
    /// Address of a `struct open_how`, or the flags for `openat`.
    pub(crate) how: u64,
    /// Out: NAME when the directory was done.
    pub(crate) end: u64,
    /// Out: the negated errno if it could not be opened.
    pub(crate) open_error: i64,
    /// Out: the negated errno if it could not be read to its end.
    pub(crate) read_error: i64,
}

/// The result slots, used as registers. They are words of the program: those
/// that the repeated `statx` takes are its arguments, which spares looking them
/// up for every name, and the others lie behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    /// The open directory.
    Fd,
    /// Address of the name at hand.
    Name,
    /// Address of the next free `statx` record.
    Statx,
    /// Address of the item at hand.
    Item,
    /// The last address at which a buffer may begin.
    Limit,
    /// Address of the buffer being filled.
    Buffer,
    /// What `getdents64` returned.
    Read,
    /// End of what was read.
    End,
    /// `d_reclen` of the record at hand.
    Length,
    /// From the item: the path.
    Path,
    /// From the item: the anchor.
    Anchor,
    /// From the item: how to open it.
    How,
    /// Results that only branch.
    Temp,
    /// What `statx` or `close` returned.
    Result,
}

impl Slot {
    /// Where it is.
    pub(crate) const fn place(self) -> Argument {
        let stat = At::Stat as usize;
        let (entry, index) = match self {
            Self::Fd => (stat, 0),
            Self::Name => (stat, NAME_ARGUMENT),
            Self::Statx => (stat, STATX_ARGUMENT),
            _ => {
                let behind = self as usize - Self::Item as usize;
                let entry = At::COUNT + behind / ARGUMENT_COUNT;
                (entry, behind % ARGUMENT_COUNT)
            }
        };
        Argument { entry, index }
    }
}

/// Which argument of `statx` the name is, and which the record.
pub(crate) const NAME_ARGUMENT: usize = 1;
pub(crate) const STATX_ARGUMENT: usize = 4;

/// The entries of the program, with those that hold slots and are not run.
pub(crate) const ENTRIES: usize = Slot::Result.place().entry + 1;

/// The entries, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    NextItem,
    LoadAnchor,
    LoadHow,
    Open,
    NextBuffer,
    Room,
    Read,
    End,
    Mark,
    Dot,
    IsDot,
    DotDot,
    IsDotDot,
    SkipDots,
    BufferName,
    Stat,
    Stopped,
    StopsAtDot,
    IsStopDot,
    StopsAtDotDot,
    IsStopDotDot,
    OneStat,
    OneRecord,
    OneName,
    Close,
    Finish,
    Advance,
    OpenFailed,
    ReadFailed,
    StatFailed,
    FailedName,
}

impl At {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::FailedName as usize + 1;
}

/// ".", its end and nothing else, as a little-endian word of two bytes.
pub(crate) const DOT: i64 = u16::from_le_bytes(*b".\0") as i64;
/// `DT_DIR`, then ".." and its end, as a little-endian word of four bytes.
pub(crate) const DOT_DOT: i64 = u32::from_le_bytes(*b"\x04..\0") as i64;

/// Where to go on after the batch left because the arenas are full; `None` if
/// it cannot have left at `pc` for that reason.
pub(crate) fn resume(pc: u64) -> Option<At> {
    (pc == At::Room as u64).then_some(At::NextBuffer)
}
