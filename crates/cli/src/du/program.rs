//! The batch that lists directories: one fixed program for any number of them.
//!
//! It takes a list of [`Item`]s, opens each directory, reads its names into
//! one arena, has `statx(2)` fill a record for each name in another, and closes
//! it. Both arenas are read by [`listing`](super::listing) afterwards.
//!
//! ```text
//! NextItem       PATH   = LOAD8(ITEM, path)                 zero: end
//! LoadAnchor     ANCHOR = LOAD8(ITEM, anchor)
//! LoadHow        HOW    = LOAD8(ITEM, how)
//! Open           FD     = openat2(ANCHOR, PATH, HOW, 24)    error: OpenFailed
//! FirstBuffer    BUFFER = ADD(NAME, 5)
//! FirstRoom      ROOM   = SUB(LIMIT, BUFFER)                negative: exit
//! FirstRead      READ   = getdents64(FD, BUFFER, 32 KiB)    error: ReadFailed, zero: Close
//! FirstEnd       END    = ADD(BUFFER, READ)
//! FirstMark               STORE8(END, 16, 0)
//! Dot            TEMP   = LOAD2(BUFFER, 19)                 the first name is "."?
//! IsDot          TEMP   = SUB(TEMP, ".\0")                  not zero: FirstName
//! DotDot         TEMP   = LOAD4(BUFFER, 42)                 the second one ".."?
//! IsDotDot       TEMP   = SUB(TEMP, DT_DIR "..\0")          not zero: FirstName
//! SkipDots       NAME   = ADD(BUFFER, 48 + 19)              goto Record
//! FirstName      NAME   = ADD(BUFFER, 19)
//! Record         LENGTH = LOAD2(NAME, -3)                   zero: NextBuffer
//! Stat           RESULT = statx(FD, NAME, flags, mask, STATX)   error: StatFailed
//! NextRecord     STATX  = ADD(STATX, 256)
//! NextName       NAME   = ADD(NAME, LENGTH)                 goto Record
//! NextBuffer     BUFFER = ADD(NAME, 5)
//! Room           ROOM   = SUB(LIMIT, BUFFER)                negative: exit
//! Read           READ   = getdents64(FD, BUFFER, 32 KiB)    error: ReadFailed, zero: Close
//! End            END    = ADD(BUFFER, READ)
//! Mark                    STORE8(END, 16, 0)
//! BufferName     NAME   = ADD(BUFFER, 19)                   goto Record
//! Close          RESULT = close(FD)
//! Finish                  STORE8(ITEM, end, NAME)
//! Advance        ITEM   = ADD(ITEM, 48)                     goto NextItem
//! OpenFailed              STORE8(ITEM, open_error, FD)      goto Finish
//! ReadFailed              STORE8(ITEM, read_error, READ)    goto Close
//! StatFailed              STORE4(STATX, 0, RESULT)          goto NextRecord
//! ```
//!
//! A name costs four steps, one of them its `statx`; a directory costs 21,
//! four of them system calls, when its names fit one buffer.
//!
//! What the steps rely on:
//! - A `struct linux_dirent64` (`getdents64(2)`) has its length `d_reclen` at
//!   16, its type at 18 and its name at 19; the shortest takes 24 bytes. NAME
//!   points to the name, so that one addition steps to the next one.
//! - What follows the last record of a buffer gets eight zero bytes where the
//!   next one would have its length, so that reading the length also finds the
//!   end. The next buffer begins behind this mark of 24 bytes.
//! - Nearly every file system gives "." and ".." first. They are skipped there,
//!   for four steps a directory; anywhere else they get their `statx`, and
//!   whoever reads the arenas drops them.
//! - When an arena is full the batch exits with all of its state in the result
//!   slots, the directory still open. It goes on at [`resume`].

use std::mem::offset_of;

use sysbatch::abi::{BuiltIn, Entry, JUMP_EXIT, Mode, Width};
use syscalls::Sysno;

use super::record::STATX_SIZE;

/// How much `getdents64` is asked for at once, in bytes: what the C library's
/// `readdir` asks for.
pub(super) const READ_SIZE: usize = 32 << 10;

/// Offset of `d_reclen` in `struct linux_dirent64`.
pub(super) const DIRENT_LENGTH: usize = 16;
/// Offset of `d_name` in `struct linux_dirent64`.
pub(super) const DIRENT_NAME: usize = 19;
/// The size of the shortest `struct linux_dirent64`, and of the mark that ends
/// a buffer.
pub(super) const DIRENT_MIN: usize = 24;
/// From a name to the end of the mark behind it, if that name is the mark's.
pub(super) const NAME_TO_END: usize = DIRENT_MIN - DIRENT_NAME;

/// A directory to list, as the program reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    /// The descriptor that `path` is relative to, or `AT_FDCWD`.
    pub(super) anchor: i64,
    /// Address of the path; zero ends the list.
    pub(super) path: u64,
    /// Address of a `struct open_how`, or the flags for `openat`.
    pub(super) how: u64,
    /// Out: NAME when the directory was done.
    pub(super) end: u64,
    /// Out: the negated errno if it could not be opened.
    pub(super) open_error: i64,
    /// Out: the negated errno if it could not be read to its end.
    pub(super) read_error: i64,
}

/// The result slots, used as registers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// Address of the item at hand.
    Item,
    /// Address of the name at hand.
    Name,
    /// Address of the next free `statx` record.
    Statx,
    /// The last address at which a buffer may begin.
    Limit,
    /// The open directory.
    Fd,
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
    /// How many there are.
    pub(super) const COUNT: usize = Self::Result as usize + 1;
}

/// The entries, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    NextItem,
    LoadAnchor,
    LoadHow,
    Open,
    FirstBuffer,
    FirstRoom,
    FirstRead,
    FirstEnd,
    FirstMark,
    Dot,
    IsDot,
    DotDot,
    IsDotDot,
    SkipDots,
    FirstName,
    Record,
    Stat,
    NextRecord,
    NextName,
    NextBuffer,
    Room,
    Read,
    End,
    Mark,
    BufferName,
    Close,
    Finish,
    Advance,
    OpenFailed,
    ReadFailed,
    StatFailed,
}

/// How many entries there are.
const LEN: usize = At::StatFailed as usize + 1;

/// ".", its end and nothing else, as a little-endian word of two bytes.
const DOT: u64 = u16::from_le_bytes(*b".\0") as u64;
/// `DT_DIR`, then ".." and its end, as a little-endian word of four bytes.
const DOT_DOT: u64 = u32::from_le_bytes(*b"\x04..\0") as u64;

/// Where to go on after the batch left because the arenas are full; `None` if
/// it cannot have left at `pc` for that reason.
pub(super) fn resume(pc: u64) -> Option<At> {
    [(At::FirstRoom, At::FirstBuffer), (At::Room, At::NextBuffer)]
        .into_iter()
        .find_map(|(left, on)| (left as u64 == pc).then_some(on))
}

/// How the program opens directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenCall {
    /// `openat2(2)`, which can refuse to follow symbolic links on the way.
    Openat2,
    /// `openat(2)`, for kernels and sandboxes without `openat2`.
    Openat,
}

/// The program, for `statx` with these flags and this mask.
pub(super) fn program(open: OpenCall, flags: u32, mask: u32) -> Vec<Entry> {
    use At as A;
    use Slot as S;
    let item = |offset: usize| imm(offset as u64);
    let open_call = match open {
        OpenCall::Openat2 => Sysno::openat2,
        OpenCall::Openat => Sysno::openat,
    };
    let load8 = BuiltIn::Load(Width::Eight);
    let store8 = BuiltIn::Store(Width::Eight);
    let read = [slot(S::Fd), slot(S::Buffer), imm(READ_SIZE as u64)];
    let name = |at: usize| [slot(S::Buffer), imm(at as u64)];
    let statx = [
        slot(S::Fd),
        slot(S::Name),
        imm(flags.into()),
        imm(mask.into()),
        slot(S::Statx),
    ];
    // `struct open_how` has 24 bytes; to `openat` this is a mode it ignores.
    let open_args = [slot(S::Anchor), slot(S::Path), slot(S::How), imm(24)];
    let next = Line::built_in;
    let call = Line::call;
    let lines: [(At, Line); LEN] = [
        (
            A::NextItem,
            next(
                load8,
                S::Path,
                &[slot(S::Item), item(offset_of!(Item, path))],
            )
            .zero(Go::End),
        ),
        (
            A::LoadAnchor,
            next(
                load8,
                S::Anchor,
                &[slot(S::Item), item(offset_of!(Item, anchor))],
            ),
        ),
        (
            A::LoadHow,
            next(load8, S::How, &[slot(S::Item), item(offset_of!(Item, how))]),
        ),
        (
            A::Open,
            call(open_call, S::Fd, &open_args).neg(Go::To(A::OpenFailed)),
        ),
        (
            A::FirstBuffer,
            next(
                BuiltIn::Add,
                S::Buffer,
                &[slot(S::Name), imm(NAME_TO_END as u64)],
            ),
        ),
        (
            A::FirstRoom,
            next(BuiltIn::Sub, S::Temp, &[slot(S::Limit), slot(S::Buffer)]).neg(Go::Exit),
        ),
        (
            A::FirstRead,
            call(Sysno::getdents64, S::Read, &read)
                .neg(Go::To(A::ReadFailed))
                .zero(Go::To(A::Close)),
        ),
        (
            A::FirstEnd,
            next(BuiltIn::Add, S::End, &[slot(S::Buffer), slot(S::Read)]),
        ),
        (
            A::FirstMark,
            next(
                store8,
                S::Temp,
                &[slot(S::End), imm(DIRENT_LENGTH as u64), imm(0)],
            ),
        ),
        (
            A::Dot,
            next(BuiltIn::Load(Width::Two), S::Temp, &name(DIRENT_NAME)),
        ),
        (
            A::IsDot,
            next(BuiltIn::Sub, S::Temp, &[slot(S::Temp), imm(DOT)])
                .neg(Go::To(A::FirstName))
                .pos(Go::To(A::FirstName)),
        ),
        (
            A::DotDot,
            next(
                BuiltIn::Load(Width::Four),
                S::Temp,
                &name(DIRENT_MIN + DIRENT_NAME - 1),
            ),
        ),
        (
            A::IsDotDot,
            next(BuiltIn::Sub, S::Temp, &[slot(S::Temp), imm(DOT_DOT)])
                .neg(Go::To(A::FirstName))
                .pos(Go::To(A::FirstName)),
        ),
        (
            A::SkipDots,
            next(BuiltIn::Add, S::Name, &name(2 * DIRENT_MIN + DIRENT_NAME))
                .always(Go::To(A::Record)),
        ),
        (
            A::FirstName,
            next(BuiltIn::Add, S::Name, &name(DIRENT_NAME)),
        ),
        (
            A::Record,
            next(
                BuiltIn::Load(Width::Two),
                S::Length,
                &[
                    slot(S::Name),
                    imm((DIRENT_LENGTH as u64).wrapping_sub(DIRENT_NAME as u64)),
                ],
            )
            .zero(Go::To(A::NextBuffer)),
        ),
        (
            A::Stat,
            call(Sysno::statx, S::Result, &statx).neg(Go::To(A::StatFailed)),
        ),
        (
            A::NextRecord,
            next(
                BuiltIn::Add,
                S::Statx,
                &[slot(S::Statx), imm(STATX_SIZE as u64)],
            ),
        ),
        (
            A::NextName,
            next(BuiltIn::Add, S::Name, &[slot(S::Name), slot(S::Length)])
                .always(Go::To(A::Record)),
        ),
        (
            A::NextBuffer,
            next(
                BuiltIn::Add,
                S::Buffer,
                &[slot(S::Name), imm(NAME_TO_END as u64)],
            ),
        ),
        (
            A::Room,
            next(BuiltIn::Sub, S::Temp, &[slot(S::Limit), slot(S::Buffer)]).neg(Go::Exit),
        ),
        (
            A::Read,
            call(Sysno::getdents64, S::Read, &read)
                .neg(Go::To(A::ReadFailed))
                .zero(Go::To(A::Close)),
        ),
        (
            A::End,
            next(BuiltIn::Add, S::End, &[slot(S::Buffer), slot(S::Read)]),
        ),
        (
            A::Mark,
            next(
                store8,
                S::Temp,
                &[slot(S::End), imm(DIRENT_LENGTH as u64), imm(0)],
            ),
        ),
        (
            A::BufferName,
            next(BuiltIn::Add, S::Name, &name(DIRENT_NAME)).always(Go::To(A::Record)),
        ),
        (A::Close, call(Sysno::close, S::Result, &[slot(S::Fd)])),
        (
            A::Finish,
            next(
                store8,
                S::Temp,
                &[slot(S::Item), item(offset_of!(Item, end)), slot(S::Name)],
            ),
        ),
        (
            A::Advance,
            next(
                BuiltIn::Add,
                S::Item,
                &[slot(S::Item), imm(size_of::<Item>() as u64)],
            )
            .always(Go::To(A::NextItem)),
        ),
        (
            A::OpenFailed,
            next(
                store8,
                S::Temp,
                &[
                    slot(S::Item),
                    item(offset_of!(Item, open_error)),
                    slot(S::Fd),
                ],
            )
            .always(Go::To(A::Finish)),
        ),
        (
            A::ReadFailed,
            next(
                store8,
                S::Temp,
                &[
                    slot(S::Item),
                    item(offset_of!(Item, read_error)),
                    slot(S::Read),
                ],
            )
            .always(Go::To(A::Close)),
        ),
        (
            A::StatFailed,
            next(
                BuiltIn::Store(Width::Four),
                S::Temp,
                &[slot(S::Statx), imm(0), slot(S::Result)],
            )
            .always(Go::To(A::NextRecord)),
        ),
    ];
    lines
        .into_iter()
        .enumerate()
        .map(|(index, (at, line))| {
            debug_assert_eq!(
                at as usize, index,
                "the listing is in the order of its labels"
            );
            line.entry(index)
        })
        .collect()
}

/// An operand of a line.
#[derive(Clone, Copy)]
struct Operand {
    mode: Mode,
    value: u64,
}

/// The value itself.
const fn imm(value: u64) -> Operand {
    Operand {
        mode: Mode::Immediate,
        value,
    }
}

/// What is in a result slot.
const fn slot(slot: Slot) -> Operand {
    Operand {
        mode: Mode::Result,
        value: slot as u64,
    }
}

/// Where a line goes.
#[derive(Clone, Copy)]
enum Go {
    Next,
    To(At),
    End,
    Exit,
}

/// An entry whose jumps are not offsets yet.
struct Line {
    entry: Entry,
    go: [Go; 3],
}

impl Line {
    fn new(nr: i32, dst: Slot, operands: &[Operand]) -> Self {
        let mut entry = Entry {
            nr,
            dst: dst as u16,
            ..Entry::default()
        };
        for (k, operand) in operands.iter().enumerate() {
            entry.modes |= operand.mode.bits(k);
            entry.args[k] = operand.value;
        }
        Self {
            entry,
            go: [Go::Next; 3],
        }
    }

    fn built_in(builtin: BuiltIn, dst: Slot, operands: &[Operand]) -> Self {
        Self::new(builtin.number(), dst, operands)
    }

    fn call(call: Sysno, dst: Slot, operands: &[Operand]) -> Self {
        Self::new(call.id(), dst, operands)
    }

    fn neg(mut self, go: Go) -> Self {
        self.go[0] = go;
        self
    }

    fn zero(mut self, go: Go) -> Self {
        self.go[1] = go;
        self
    }

    fn pos(mut self, go: Go) -> Self {
        self.go[2] = go;
        self
    }

    fn always(self, go: Go) -> Self {
        self.neg(go).zero(go).pos(go)
    }

    fn entry(self, index: usize) -> Entry {
        let offset = |go| match go {
            Go::Next => 0,
            Go::To(at) => at as i16 - index as i16 - 1,
            Go::End => LEN as i16 - index as i16 - 1,
            Go::Exit => JUMP_EXIT,
        };
        let [on_neg, on_zero, on_pos] = self.go.map(offset);
        Entry {
            on_neg,
            on_zero,
            on_pos,
            ..self.entry
        }
    }
}
