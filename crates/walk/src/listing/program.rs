//! The batch that lists directories: one fixed program for any number of them.
//!
//! It takes a list of [`Item`]s, opens each directory, reads its names into
//! one arena, has `statx(2)` fill a record for each name in another, and closes
//! it. Both arenas are read by [`records`](super::records) afterwards.
//!
//! ```text
//! NextItem       PATH   = LOAD8(ITEM, path)                 zero: end
//! LoadAnchor     ANCHOR = LOAD8(ITEM, anchor)
//! LoadHow        HOW    = LOAD8(ITEM, how)
//! Open           FD     = openat2(ANCHOR, PATH, HOW, 24)    error: OpenFailed
//!
//! NextBuffer     BUFFER = ADD(NAME, 5)
//! Room           TEMP   = SUB(LIMIT, BUFFER)                negative: exit
//! Read           READ   = getdents64(FD, BUFFER, 32 KiB)    error: ReadFailed, zero: Close
//! End            END    = ADD(BUFFER, READ)
//! Mark                    STORE8(END, 16, 0)
//! Dot            TEMP   = LOAD2(BUFFER, 19)                 the first name is "."?
//! IsDot          TEMP   = SUB(TEMP, ".\0")                  not zero: BufferName
//! DotDot         TEMP   = LOAD4(BUFFER, 42)                 the second one ".."?
//! IsDotDot       TEMP   = SUB(TEMP, DT_DIR "..\0")          not zero: BufferName
//! SkipDots       NAME   = ADD(BUFFER, 48 + 19)              goto Stat
//! BufferName     NAME   = ADD(BUFFER, 19)
//!
//! Stat           RESULT = statx(FD, NAME, flags, mask, STATX), repeated:
//!                         NAME by its record's length, STATX by 256
//!                         error: StatFailed, end: NextBuffer, at a dot: Stopped
//!
//!                a name that begins with a dot
//! Stopped        LENGTH = LOAD2(NAME, -3)
//! StopsAtDot     TEMP   = LOAD2(NAME, 0)
//! IsStopDot      TEMP   = SUB(TEMP, ".\0")                  zero: OneName
//! StopsAtDotDot  TEMP   = LOAD4(NAME, -1)
//! IsStopDotDot   TEMP   = SUB(TEMP, DT_DIR "..\0")          zero: OneName
//! OneStat        RESULT = statx(FD, NAME, flags, mask, STATX)   error: StatFailed
//! OneRecord      STATX  = ADD(STATX, 256)
//! OneName        NAME   = ADD(NAME, LENGTH)                 goto Stat
//!
//! Close          RESULT = close(FD)
//! Finish                  STORE8(ITEM, end, NAME)
//! Advance        ITEM   = ADD(ITEM, 48)                     goto NextItem
//!
//! OpenFailed              STORE8(ITEM, open_error, FD)      goto Finish
//! ReadFailed              STORE8(ITEM, read_error, READ)    goto Close
//! StatFailed              STORE4(STATX, 0, RESULT)
//! FailedName     LENGTH = LOAD2(NAME, -3)                   goto OneRecord
//! ```
//!
//! A directory whose names fit one buffer costs 21 steps, four of them system
//! calls, and each name one more, its `statx`: as long as the file system gives
//! "." and ".." first, as most do. ext4 gives them anywhere, and there it is 31
//! or 33 steps. A hidden file costs nine steps anywhere.
//!
//! What the steps rely on:
//! - A `struct linux_dirent64` (`getdents64(2)`) has its length `d_reclen` at
//!   16, its type at 18 and its name at 19; the shortest takes 24 bytes. NAME
//!   points to the name, three bytes behind the length, so that the same offset
//!   leads from any name to the length of its record.
//! - What follows the last record of a buffer gets eight zero bytes where the
//!   next one would have its length, which ends the repetition. The next buffer
//!   begins behind this mark of 24 bytes.
//! - "." and ".." get no `statx`: each name that begins with a dot stops the
//!   repetition.
//! - When an arena is full the batch exits with all of its state in the result
//!   slots, the directory still open. It goes on at [`resume`](super::layout::resume).

use std::mem::offset_of;

use sysbatch::abi::{Entry, Repeat, Width};
use syscalls::Sysno;

use super::layout::At::*;
use super::layout::{
    At, DIRENT_LENGTH, DIRENT_MIN, DIRENT_NAME, DOT, DOT_DOT, ENTRIES, Item, NAME_ARGUMENT,
    NAME_TO_END, READ_SIZE, STATX_ARGUMENT, Slot,
};
use super::line::{Line, Operand, add, call, load, store, sub};
use crate::metadata::STATX_SIZE;

/// How the program opens directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenCall {
    /// `openat2(2)`, which can refuse to follow symbolic links on the way.
    Openat2,
    /// `openat(2)`, for kernels and sandboxes without `openat2`.
    Openat,
}

/// The program, for `statx` with these flags and this mask, and what is
/// [behind it](ENTRIES).
pub(crate) fn program(open: OpenCall, flags: u32, mask: u32) -> Vec<Entry> {
    use Slot as S;
    use Width::{Eight, Four, Two};
    let item = |offset: usize| offset as i64;
    // `d_reclen` and `d_type`, seen from `d_name`.
    const LENGTH: i64 = DIRENT_LENGTH as i64 - DIRENT_NAME as i64;
    const TYPE: i64 = -1;
    const NAME: i64 = DIRENT_NAME as i64;
    const SECOND: i64 = DIRENT_MIN as i64 + DIRENT_NAME as i64;
    const THIRD: i64 = 2 * DIRENT_MIN as i64 + DIRENT_NAME as i64;
    let each_name = Repeat {
        chain: NAME_ARGUMENT as u8,
        length: LENGTH as i8,
        advance: STATX_ARGUMENT as u8,
        stop: b'.',
        stride: STATX_SIZE as i32,
    };

    let open_call = match open {
        OpenCall::Openat2 => Sysno::openat2,
        OpenCall::Openat => Sysno::openat,
    };
    // `struct open_how` has 24 bytes; to `openat` this is a mode that it ignores.
    let open: [Operand; 4] = [S::Anchor.into(), S::Path.into(), S::How.into(), 24.into()];
    let read = [
        S::Fd.into(),
        S::Buffer.into(),
        Operand::from(READ_SIZE as i64),
    ];
    let read = call(Sysno::getdents64, S::Read, &read)
        .neg(ReadFailed)
        .zero(Close);
    let statx = |fd, name, record| {
        let [flags, mask] = [flags, mask].map(|bits| Operand::from(i64::from(bits)));
        call(Sysno::statx, S::Result, &[fd, name, flags, mask, record])
    };
    // Its slots are these arguments themselves.
    let here = Operand::Value(0);
    let each = statx(here, here, here);
    let one = statx(S::Fd.into(), S::Name.into(), S::Statx.into());
    let close = call(Sysno::close, S::Result, &[S::Fd.into()]);
    let length = load(Two, S::Length, S::Name, LENGTH);
    let is_dot = sub(S::Temp, S::Temp, DOT);
    let is_dot_dot = sub(S::Temp, S::Temp, DOT_DOT);

    let lines: [(At, Line); At::COUNT] = [
        (
            NextItem,
            load(Eight, S::Path, S::Item, item(offset_of!(Item, path))).zero_end(),
        ),
        (
            LoadAnchor,
            load(Eight, S::Anchor, S::Item, item(offset_of!(Item, anchor))),
        ),
        (
            LoadHow,
            load(Eight, S::How, S::Item, item(offset_of!(Item, how))),
        ),
        (Open, call(open_call, S::Fd, &open).neg(OpenFailed)),
        (NextBuffer, add(S::Buffer, S::Name, NAME_TO_END as i64)),
        (Room, sub(S::Temp, S::Limit, S::Buffer).neg_exit()),
        (Read, read),
        (End, add(S::End, S::Buffer, S::Read)),
        (Mark, store(Eight, S::End, DIRENT_LENGTH as i64, 0)),
        (Dot, load(Two, S::Temp, S::Buffer, NAME)),
        (IsDot, is_dot.neg(BufferName).pos(BufferName)),
        (DotDot, load(Four, S::Temp, S::Buffer, SECOND + TYPE)),
        (IsDotDot, is_dot_dot.neg(BufferName).pos(BufferName)),
        (SkipDots, add(S::Name, S::Buffer, THIRD).goto(Stat)),
        (BufferName, add(S::Name, S::Buffer, NAME)),
        (
            Stat,
            each.repeated(each_name)
                .neg(StatFailed)
                .zero(NextBuffer)
                .pos(Stopped),
        ),
        (Stopped, length),
        (StopsAtDot, load(Two, S::Temp, S::Name, 0)),
        (IsStopDot, is_dot.zero(OneName)),
        (StopsAtDotDot, load(Four, S::Temp, S::Name, TYPE)),
        (IsStopDotDot, is_dot_dot.zero(OneName)),
        (OneStat, one.neg(StatFailed)),
        (OneRecord, add(S::Statx, S::Statx, STATX_SIZE as i64)),
        (OneName, add(S::Name, S::Name, S::Length).goto(Stat)),
        (Close, close),
        (
            Finish,
            store(Eight, S::Item, item(offset_of!(Item, end)), S::Name),
        ),
        (
            Advance,
            add(S::Item, S::Item, item(size_of::<Item>())).goto(NextItem),
        ),
        (
            OpenFailed,
            store(Eight, S::Item, item(offset_of!(Item, open_error)), S::Fd).goto(Finish),
        ),
        (
            ReadFailed,
            store(Eight, S::Item, item(offset_of!(Item, read_error)), S::Read).goto(Close),
        ),
        (StatFailed, store(Four, S::Statx, 0, S::Result)),
        (FailedName, length.goto(OneRecord)),
    ];
    let behind = std::iter::repeat_n(Entry::default(), ENTRIES - At::COUNT);
    lines
        .into_iter()
        .enumerate()
        .map(|(index, (at, line))| {
            debug_assert_eq!(
                at as usize, index,
                "the entries are in the order of their names"
            );
            line.entry(index)
        })
        .chain(behind)
        .collect()
}
