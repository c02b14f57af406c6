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
//! FirstBuffer    BUFFER = ADD(NAME, 5)
//! FirstRoom      TEMP   = SUB(LIMIT, BUFFER)                negative: exit
//! FirstRead      READ   = getdents64(FD, BUFFER, 32 KiB)    error: ReadFailed, zero: Close
//! FirstEnd       END    = ADD(BUFFER, READ)
//! FirstMark               STORE8(END, 16, 0)
//! Dot            TEMP   = LOAD2(BUFFER, 19)                 the first name is "."?
//! IsDot          TEMP   = SUB(TEMP, ".\0")                  not zero: FirstName
//! DotDot         TEMP   = LOAD4(BUFFER, 42)                 the second one ".."?
//! IsDotDot       TEMP   = SUB(TEMP, DT_DIR "..\0")          not zero: FirstName
//! SkipDots       NAME   = ADD(BUFFER, 48 + 19)              goto Record
//!
//!                the first buffer, if the dots are not at its beginning
//! FirstName      NAME   = ADD(BUFFER, 19)
//! WaryRecord     LENGTH = LOAD2(NAME, -3)                   zero: NextBuffer
//! WaryShort      TEMP   = SUB(LENGTH, 24)                   not zero: WaryStat
//! WaryDot        TEMP   = LOAD2(NAME, 0)
//! WaryIsDot      TEMP   = SUB(TEMP, ".\0")                  zero: WaryName
//! WaryDotDot     TEMP   = LOAD4(NAME, -1)
//! WaryIsDotDot   TEMP   = SUB(TEMP, DT_DIR "..\0")          zero: WaryName
//! WaryStat       RESULT = statx(FD, NAME, flags, mask, STATX)   error: WaryFailed
//! WaryNext       STATX  = ADD(STATX, 256)
//! WaryName       NAME   = ADD(NAME, LENGTH)                 goto WaryRecord
//!
//!                any other buffer
//! Record         LENGTH = LOAD2(NAME, -3)                   zero: NextBuffer
//! Stat           RESULT = statx(FD, NAME, flags, mask, STATX)   error: StatFailed
//! NextRecord     STATX  = ADD(STATX, 256)
//! NextName       NAME   = ADD(NAME, LENGTH)                 goto Record
//!
//! NextBuffer     BUFFER = ADD(NAME, 5)
//! Room           TEMP   = SUB(LIMIT, BUFFER)                negative: exit
//! Read           READ   = getdents64(FD, BUFFER, 32 KiB)    error: ReadFailed, zero: Close
//! End            END    = ADD(BUFFER, READ)
//! Mark                    STORE8(END, 16, 0)
//! BufferName     NAME   = ADD(BUFFER, 19)                   goto Record
//!
//! Close          RESULT = close(FD)
//! Finish                  STORE8(ITEM, end, NAME)
//! Advance        ITEM   = ADD(ITEM, 48)                     goto NextItem
//!
//! OpenFailed              STORE8(ITEM, open_error, FD)      goto Finish
//! ReadFailed              STORE8(ITEM, read_error, READ)    goto Close
//! WaryFailed              STORE4(STATX, 0, RESULT)          goto WaryNext
//! StatFailed              STORE4(STATX, 0, RESULT)          goto NextRecord
//! ```
//!
//! A directory whose names fit one buffer costs 21 steps, four of them system
//! calls, and each name four more, one of them its `statx`: as long as the
//! file system gives "." and ".." first, as most do. ext4 gives them anywhere;
//! there it is 31 steps, and five for a name (nine for one of at most four
//! bytes).
//!
//! What the steps rely on:
//! - A `struct linux_dirent64` (`getdents64(2)`) has its length `d_reclen` at
//!   16, its type at 18 and its name at 19; the shortest takes 24 bytes. NAME
//!   points to the name, so that one addition steps to the next one.
//! - What follows the last record of a buffer gets eight zero bytes where the
//!   next one would have its length, so that reading the length also finds the
//!   end. The next buffer begins behind this mark of 24 bytes.
//! - "." and ".." get no `statx` in the first buffer of a directory, where
//!   every known file system gives them. In a later buffer they would, and
//!   whoever reads the arenas drops them.
//! - When an arena is full the batch exits with all of its state in the result
//!   slots, the directory still open. It goes on at [`resume`](super::layout::resume).

use std::mem::offset_of;

use sysbatch::abi::{Entry, Width};
use syscalls::Sysno;

use super::layout::At::*;
use super::layout::{
    At, DIRENT_LENGTH, DIRENT_MIN, DIRENT_NAME, DOT, DOT_DOT, Item, NAME_TO_END, READ_SIZE, Slot,
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

/// The program, for `statx` with these flags and this mask.
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
    const SIZE: i64 = STATX_SIZE as i64;

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
    let statx = [
        S::Fd.into(),
        S::Name.into(),
        Operand::from(i64::from(flags)),
        Operand::from(i64::from(mask)),
        S::Statx.into(),
    ];
    let statx = call(Sysno::statx, S::Result, &statx);
    let close = call(Sysno::close, S::Result, &[S::Fd.into()]);
    let buffer = add(S::Buffer, S::Name, NAME_TO_END as i64);
    let room = sub(S::Temp, S::Limit, S::Buffer).neg_exit();
    let end = add(S::End, S::Buffer, S::Read);
    let mark = store(Eight, S::End, DIRENT_LENGTH as i64, 0);
    let length = load(Two, S::Length, S::Name, LENGTH).zero(NextBuffer);
    let next_record = add(S::Statx, S::Statx, SIZE);
    let next_name = add(S::Name, S::Name, S::Length);
    let stat_failed = store(Four, S::Statx, 0, S::Result);
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
        (FirstBuffer, buffer),
        (FirstRoom, room),
        (FirstRead, read),
        (FirstEnd, end),
        (FirstMark, mark),
        (Dot, load(Two, S::Temp, S::Buffer, NAME)),
        (IsDot, is_dot.neg(FirstName).pos(FirstName)),
        (DotDot, load(Four, S::Temp, S::Buffer, SECOND + TYPE)),
        (IsDotDot, is_dot_dot.neg(FirstName).pos(FirstName)),
        (SkipDots, add(S::Name, S::Buffer, THIRD).goto(Record)),
        (FirstName, add(S::Name, S::Buffer, NAME)),
        (WaryRecord, length),
        (
            WaryShort,
            sub(S::Temp, S::Length, DIRENT_MIN as i64)
                .neg(WaryStat)
                .pos(WaryStat),
        ),
        (WaryDot, load(Two, S::Temp, S::Name, 0)),
        (WaryIsDot, is_dot.zero(WaryName)),
        (WaryDotDot, load(Four, S::Temp, S::Name, TYPE)),
        (WaryIsDotDot, is_dot_dot.zero(WaryName)),
        (WaryStat, statx.neg(WaryFailed)),
        (WaryNext, next_record),
        (WaryName, next_name.goto(WaryRecord)),
        (Record, length),
        (Stat, statx.neg(StatFailed)),
        (NextRecord, next_record),
        (NextName, next_name.goto(Record)),
        (NextBuffer, buffer),
        (Room, room),
        (Read, read),
        (End, end),
        (Mark, mark),
        (BufferName, add(S::Name, S::Buffer, NAME).goto(Record)),
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
        (WaryFailed, stat_failed.goto(WaryNext)),
        (StatFailed, stat_failed.goto(NextRecord)),
    ];
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
        .collect()
}
