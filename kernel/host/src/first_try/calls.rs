// SPDX-License-Identifier: GPL-2.0-only
//! In which manner a call is made in a first try.
//!
//! Each call that is made *unless it waits* was read in the kernel's sources (6.1, 6.12
//! and 7.3) for this: if a signal waits when it begins, and there is no need to wait, it
//! does what it does without one; else it returns an error for a signal, and nothing
//! of it has happened that the same call made again would not do.

use sysbatch_abi::never_waits;
use sysbatch_engine::Operands;

use super::files::{self, File, Place};
use crate::registers::Registers;
use crate::shim;

/// System calls of x86-64 (`arch/x86/entry/syscalls/syscall_64.tbl`).
mod nr {
    pub(super) const READ: u32 = 0;
    pub(super) const WRITE: u32 = 1;
    pub(super) const OPEN: u32 = 2;
    pub(super) const CLOSE: u32 = 3;
    pub(super) const STAT: u32 = 4;
    pub(super) const FSTAT: u32 = 5;
    pub(super) const LSTAT: u32 = 6;
    pub(super) const POLL: u32 = 7;
    pub(super) const PREAD64: u32 = 17;
    pub(super) const READV: u32 = 19;
    pub(super) const ACCESS: u32 = 21;
    pub(super) const SELECT: u32 = 23;
    pub(super) const NANOSLEEP: u32 = 35;
    pub(super) const ACCEPT: u32 = 43;
    pub(super) const SENDTO: u32 = 44;
    pub(super) const RECVFROM: u32 = 45;
    pub(super) const SENDMSG: u32 = 46;
    pub(super) const RECVMSG: u32 = 47;
    pub(super) const WAIT4: u32 = 61;
    pub(super) const SEMOP: u32 = 65;
    pub(super) const MSGSND: u32 = 69;
    pub(super) const MSGRCV: u32 = 70;
    pub(super) const READLINK: u32 = 89;
    pub(super) const RT_SIGTIMEDWAIT: u32 = 128;
    pub(super) const FUTEX: u32 = 202;
    pub(super) const GETDENTS64: u32 = 217;
    pub(super) const SEMTIMEDOP: u32 = 220;
    pub(super) const CLOCK_NANOSLEEP: u32 = 230;
    pub(super) const EPOLL_WAIT: u32 = 232;
    pub(super) const MQ_TIMEDSEND: u32 = 242;
    pub(super) const MQ_TIMEDRECEIVE: u32 = 243;
    pub(super) const WAITID: u32 = 247;
    pub(super) const OPENAT: u32 = 257;
    pub(super) const NEWFSTATAT: u32 = 262;
    pub(super) const READLINKAT: u32 = 267;
    pub(super) const FACCESSAT: u32 = 269;
    pub(super) const PSELECT6: u32 = 270;
    pub(super) const PPOLL: u32 = 271;
    pub(super) const EPOLL_PWAIT: u32 = 281;
    pub(super) const ACCEPT4: u32 = 288;
    pub(super) const PREADV: u32 = 295;
    pub(super) const STATX: u32 = 332;
    pub(super) const FACCESSAT2: u32 = 439;
}

/// In which manner a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As it is: it does not wait.
    AsItIs,
    /// With its waits broken.
    UnlessItWaits,
    /// As one that opens what is in the cache.
    FromTheCache(Open),
    /// Not at all.
    Waits,
}

/// What is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) directory: u32,
    pub(crate) path: u64,
    pub(crate) flags: u32,
}

/// `AT_FDCWD`, −100: the working directory.
const AT_FDCWD: u32 = 100_u32.wrapping_neg();
const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_EMPTY_PATH: u32 = 0x1000;

/// Flags of `open(2)` with which more is done than to look for a name.
const O_ACCMODE: u32 = 3;
const O_CREAT: u32 = 0o100;
const O_TRUNC: u32 = 0o1000;
/// Without `O_DIRECTORY`, which comes with it.
const O_TMPFILE: u32 = 0o20_000_000;

const MSG_WAITALL: u32 = 0x100;
const MSG_DONTWAIT: u32 = 0x40;

/// What is written to a pipe in one piece, in bytes (`pipe(7)`).
const PIPE_BUF: u64 = 4096;

/// How many buffers of `readv(2)` are added up.
const BUFFERS: u64 = 16;

/// In which manner the call with this number, and the arguments in the registers, is
/// made.
pub(super) fn manner(number: u32, registers: Registers) -> Manner {
    let args = core::array::from_fn(|index| registers.get(index));
    let [first, second, third, fourth, fifth, sixth] = args;
    let fd = low_half(first);
    match number {
        nr::READ => read(fd, Place::Position, third),
        nr::PREAD64 => read_at(fd, fourth, Some(third)),
        nr::READV => {
            total(second, third).map_or(Manner::Waits, |len| read(fd, Place::Position, len))
        }
        nr::PREADV => read_at(fd, fourth, total(second, third)),
        nr::CLOSE => as_it_is_if(!files::look(fd).closing_waits()),
        nr::OPEN => open(AT_FDCWD, first, low_half(second)),
        nr::OPENAT => open(fd, second, low_half(third)),
        nr::WRITE => write(&files::look(fd), third),
        nr::RECVFROM => receive(&files::look(fd), low_half(fourth)),
        nr::RECVMSG => receive(&files::look(fd), low_half(third)),
        nr::SENDTO => send(&files::look(fd), low_half(fourth)),
        nr::SENDMSG => send(&files::look(fd), low_half(third)),
        nr::ACCEPT | nr::ACCEPT4 => accept(&files::look(fd)),
        nr::FSTAT | nr::GETDENTS64 => as_it_is_if(!look_and_ask(number, fd)),
        nr::STAT | nr::ACCESS => path(AT_FDCWD, first, shim::LOOK_FOLLOWS),
        nr::LSTAT => path(AT_FDCWD, first, 0),
        nr::READLINK => link(AT_FDCWD, first),
        nr::READLINKAT => link(fd, second),
        nr::FACCESSAT => path(fd, second, shim::LOOK_FOLLOWS),
        nr::NEWFSTATAT | nr::FACCESSAT2 => path(fd, second, how(low_half(fourth))),
        nr::STATX => path(fd, second, how(low_half(third))),
        // Those that write the time that remains, to a place of the caller's, are left
        // out, and those with a signal mask, which stays for a handler.
        nr::NANOSLEEP => unless_it_waits_if(second == 0),
        nr::CLOCK_NANOSLEEP => unless_it_waits_if(fourth == 0 && is_simple_clock(low_half(first))),
        nr::POLL if low_half(third) != 0 => Manner::UnlessItWaits,
        nr::EPOLL_WAIT if low_half(fourth) != 0 => Manner::UnlessItWaits,
        nr::EPOLL_PWAIT if low_half(fourth) != 0 => unless_it_waits_if(fifth == 0),
        nr::SELECT => unless_it_waits_if(fifth == 0),
        nr::PSELECT6 => unless_it_waits_if(fifth == 0 && sixth == 0),
        nr::PPOLL => unless_it_waits_if(third == 0 && fourth == 0),
        nr::FUTEX if is_futex_wait(low_half(second)) => Manner::UnlessItWaits,
        nr::WAIT4
        | nr::WAITID
        | nr::RT_SIGTIMEDWAIT
        | nr::SEMOP
        | nr::SEMTIMEDOP
        | nr::MSGSND
        | nr::MSGRCV
        | nr::MQ_TIMEDSEND
        | nr::MQ_TIMEDRECEIVE => Manner::UnlessItWaits,
        _ => as_it_is_if(never_waits(number, &args)),
    }
}

fn as_it_is_if(does: bool) -> Manner {
    if does { Manner::AsItIs } else { Manner::Waits }
}

fn unless_it_waits_if(does: bool) -> Manner {
    if does {
        Manner::UnlessItWaits
    } else {
        Manner::Waits
    }
}

/// Reading from a descriptor.
fn read(fd: u32, place: Place, len: u64) -> Manner {
    let file = files::look_to_read(fd, place, len);
    if file.fails_to_read() || file.is_cached() {
        Manner::AsItIs
    } else if file.is_anonymous_kind(files::READ_IN_PIECES)
        || file.is_pipe()
        || file.receives_what_there_is()
    {
        at_once_if_it_never_blocks(&file)
    } else if file.is_made_up() {
        Manner::UnlessItWaits
    } else {
        as_it_is_if(file.is_memory_device())
    }
}

/// Reading at an offset, which pipes and sockets refuse.
fn read_at(fd: u32, offset: u64, len: Option<u64>) -> Manner {
    let (Some(len), 0..) = (len, offset.cast_signed()) else {
        return as_it_is_if(offset.cast_signed() < 0);
    };
    let file = files::look_to_read(fd, Place::Offset(offset), len);
    if file.is_made_up() {
        return Manner::UnlessItWaits;
    }
    as_it_is_if(file.fails_to_read() || file.is_cached() || file.is_pipe())
}

/// The length of all buffers together, if there are few.
fn total(vector: u64, count: u64) -> Option<u64> {
    if count > BUFFERS {
        return None;
    }
    let mut total = 0_u64;
    let mut address = vector;
    for _ in 0..count {
        let [_, len]: [u64; 2] = shim::load_words(address).ok()?;
        total = total.saturating_add(len);
        address = address.checked_add(16)?;
    }
    Some(total)
}

/// Writing: a pipe takes a little in one piece, or not, and so does a counter.
fn write(file: &File, len: u64) -> Manner {
    let in_one_piece = file.is_pipe() && len <= PIPE_BUF
        || file.is_anonymous_kind(files::EVENT)
        || file.sends_messages();
    if file.fails_to_write() {
        Manner::AsItIs
    } else if in_one_piece {
        at_once_if_it_never_blocks(file)
    } else {
        as_it_is_if(file.is_memory_device() || file.is_pipe() && file.never_blocks())
    }
}

/// What is known to be told by the descriptor's own flag.
fn at_once_if_it_never_blocks(file: &File) -> Manner {
    if file.never_blocks() {
        Manner::AsItIs
    } else {
        Manner::UnlessItWaits
    }
}

fn receive(file: &File, flags: u32) -> Manner {
    if !file.is_found() {
        return Manner::AsItIs;
    }
    if !file.is_plain_socket() {
        return Manner::Waits;
    }
    if file.never_blocks() || flags & MSG_DONTWAIT != 0 {
        return Manner::AsItIs;
    }
    unless_it_waits_if(file.receives_what_there_is() && flags & MSG_WAITALL == 0)
}

fn send(file: &File, flags: u32) -> Manner {
    if !file.is_found() {
        return Manner::AsItIs;
    }
    if !file.is_plain_socket() {
        return Manner::Waits;
    }
    if file.never_blocks() || flags & MSG_DONTWAIT != 0 {
        return Manner::AsItIs;
    }
    unless_it_waits_if(file.sends_messages())
}

fn accept(file: &File) -> Manner {
    if !file.is_found() {
        return Manner::AsItIs;
    }
    if !file.is_plain_socket() {
        return Manner::Waits;
    }
    at_once_if_it_never_blocks(file)
}

/// Opening for reading.
fn open(directory: u32, path: u64, flags: u32) -> Manner {
    if flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE) != 0 {
        return Manner::Waits;
    }
    Manner::FromTheCache(Open {
        directory,
        path,
        flags,
    })
}

/// Whether a call that asks for what is open, or for the names in it, waits.
fn look_and_ask(number: u32, fd: u32) -> bool {
    let file = files::look(fd);
    if number == nr::FSTAT {
        !file.tells_about_itself()
    } else {
        !file.lists_from_memory()
    }
}

/// What the flags of a call with a path say about it.
fn how(flags: u32) -> u32 {
    let follows = if flags & AT_SYMLINK_NOFOLLOW == 0 {
        shim::LOOK_FOLLOWS
    } else {
        0
    };
    let empty = if flags & AT_EMPTY_PATH == 0 {
        0
    } else {
        shim::LOOK_TAKES_EMPTY
    };
    follows | empty
}

/// A call that only asks about what a path leads to.
fn path(directory: u32, path: u64, how: u32) -> Manner {
    as_it_is_if(files::look_at_path(directory, path, how).tells_about_itself())
}

/// A call that reads a symbolic link.
fn link(directory: u32, path: u64) -> Manner {
    let place = files::look_at_path(directory, path, shim::LOOK_TAKES_EMPTY);
    as_it_is_if(place.tells_where_it_leads())
}

/// Clocks whose sleepers wait for a timer and nothing else.
fn is_simple_clock(clock: u32) -> bool {
    const REALTIME: u32 = 0;
    const MONOTONIC: u32 = 1;
    const BOOTTIME: u32 = 7;
    const TAI: u32 = 11;
    matches!(clock, REALTIME | MONOTONIC | BOOTTIME | TAI)
}

/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET` (`futex(2)`).
fn is_futex_wait(operation: u32) -> bool {
    const COMMAND: u32 = 127;
    const WAIT: u32 = 0;
    const WAIT_BITSET: u32 = 9;
    matches!(operation & COMMAND, WAIT | WAIT_BITSET)
}

/// What a system call with an `int` or `unsigned int` parameter sees of it.
fn low_half(argument: u64) -> u32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
