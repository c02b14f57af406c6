// SPDX-License-Identifier: GPL-2.0-only
//! Safe faces of the functions in `../*.c`.
#![expect(unsafe_code, reason = "the shim is C")]

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use sysbatch_abi::{RUN_SIZE, Run, SYSLET_FLAGS, Status, Width};
use sysbatch_engine::{Atom, Cursor, Fault, Head, Turn};

use crate::first_try::Open;
use crate::registers::Registers;

/// What the shim reads and writes as a run header.
const _: () = assert!(RUN_SIZE == 96 && size_of::<Run>() == RUN_SIZE);

/// What waits to be seen to between two sub-calls: the bits of
/// `sysbatch_pending_work()`, as in `shim.h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingWork(u32);

impl PendingWork {
    /// Whether nothing waits.
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Another task should run.
    pub(crate) const fn reschedule(self) -> bool {
        self.0 & 1 != 0
    }

    /// Deferred work of a call, the last `fput` of a closed file for one; or
    /// something else that is announced in the same way.
    pub(crate) const fn task_work(self) -> bool {
        self.0 & 2 != 0
    }

    /// A signal.
    pub(crate) const fn signal(self) -> bool {
        self.0 & 4 != 0
    }

    /// Something that only the way to user space sees to: a signal, a signal
    /// mask to be put back, a wait imposed by a cgroup.
    pub(crate) const fn leaves(self) -> bool {
        self.0 & (4 | 8) != 0
    }
}

/// Reads a word of the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn load(address: u64, width: Width) -> Result<u64, Fault> {
    // SAFETY: the shim treats `address` as a user address and checks it.
    let Word { value, fault } = unsafe {
        match width {
            Width::One => c::sysbatch_load1(address),
            Width::Two => c::sysbatch_load2(address),
            Width::Four => c::sysbatch_load4(address),
            Width::Eight => c::sysbatch_load8(address),
        }
    };
    if fault == 0 { Ok(value) } else { Err(Fault) }
}

/// Writes the low bytes of a word to the task's memory.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn store(address: u64, width: Width, value: u64) -> Result<(), Fault> {
    // SAFETY: the shim treats `address` as a user address and checks it; no
    // pointer of the kernel's is passed.
    let failed = unsafe {
        match width {
            Width::One => c::sysbatch_store1(address, value),
            Width::Two => c::sysbatch_store2(address, value),
            Width::Four => c::sysbatch_store4(address, value),
            Width::Eight => c::sysbatch_store8(address, value),
        }
    };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads consecutive words of the task's memory.
#[inline(always)]
pub(crate) fn load_words<const N: usize>(address: u64) -> Result<[u64; N], Fault> {
    let mut words = MaybeUninit::<[u64; N]>::uninit();
    let to = words.as_mut_ptr().cast();
    let failed = match u32::try_from(N) {
        // The size of the front of an atom is a constant for C, too.
        Ok(3) => {
            // SAFETY: `to` has room for three words, which is what the shim
            // writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_three(address, to) }
        }
        Ok(count) => {
            // SAFETY: `to` has room for N = `count` words, which is what the
            // shim writes; `address` is checked as a user address there.
            unsafe { c::sysbatch_load_words(address, to, count) }
        }
        Err(_) => return Err(Fault),
    };
    if failed != 0 {
        return Err(Fault);
    }
    // SAFETY: the shim has written all N words, for it returned zero, and any
    // value of a word is a u64.
    Ok(unsafe { words.assume_init() })
}

/// Reads a run header.
#[inline(always)]
pub(crate) fn load_header(address: u64, place: &mut MaybeUninit<Run>) -> Result<&Run, Fault> {
    // SAFETY: there is room for a header, which is what the shim writes;
    // `address` is checked as a user address there.
    let failed = unsafe { c::sysbatch_load_header(address, place.as_mut_ptr()) };
    if failed != 0 {
        return Err(Fault);
    }
    // SAFETY: the shim has written all of it, for it returned zero, and any
    // value of its fields, which are integers without padding, is valid.
    Ok(unsafe { place.assume_init_ref() })
}

/// Writes what a batch changes in its header.
#[inline(always)]
pub(crate) fn store_header(address: u64, cursor: &Cursor, status: Status) -> Result<(), Fault> {
    // SAFETY: `address` is checked as a user address in the shim.
    let failed = unsafe {
        c::sysbatch_store_header(
            address,
            cursor.pc,
            cursor.fuel,
            cursor.steps,
            cursor.value,
            cursor.resume_and_reason(),
            status.raw(),
        )
    };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads an entry, with `HEAD` words before its arguments. A fault is told by
/// words that are no entry.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn read_entry<const HEAD: usize>(entry: u64, registers: Registers) -> Head {
    // SAFETY: `entry` is checked as a user address in the shim, which writes
    // to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let words = unsafe {
        if HEAD == 1 {
            c::sysbatch_read_entry1(entry, registers.as_ptr())
        } else {
            c::sysbatch_read_entry2(entry, registers.as_ptr())
        }
    };
    Head::new(words.first, words.second)
}

/// Reads an entry, the first of a batch, and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn first<const HEAD: usize, const BESIDE_FILTERS: bool>(
    entry: u64,
    registers: Registers,
) -> Head {
    let registers = registers.as_ptr();
    // SAFETY: as for `read_entry`.
    let words = unsafe {
        match (HEAD, BESIDE_FILTERS) {
            (1, false) => c::sysbatch_first1(entry, registers),
            (1, true) => c::sysbatch_first1_beside_observers(entry, registers),
            (_, false) => c::sysbatch_first2(entry, registers),
            (_, true) => c::sysbatch_first2_beside_observers(entry, registers),
        }
    };
    Head::new(words.first, words.second)
}

/// Stores a result, reads the next entry and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn<const HEAD: usize, const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Head {
    let result = result.cast_unsigned();
    let registers = registers.as_ptr();
    // SAFETY: as for `read_entry`; `slot` is checked as a user address, too.
    let words = unsafe {
        match (HEAD, BESIDE_FILTERS) {
            (1, false) => c::sysbatch_turn1(slot, result, entry, registers),
            (1, true) => c::sysbatch_turn1_beside_observers(slot, result, entry, registers),
            (_, false) => c::sysbatch_turn2(slot, result, entry, registers),
            (_, true) => c::sysbatch_turn2_beside_observers(slot, result, entry, registers),
        }
    };
    Head::new(words.first, words.second)
}

/// Makes two words the first two operands.
#[inline(always)]
pub(crate) fn load_operands(addresses: [u64; 2], registers: Registers) -> Result<(), Fault> {
    let [first, second] = addresses;
    // SAFETY: both are checked as user addresses in the shim, which writes to
    // the registers of the first two arguments alone, valid by the contract of
    // `Registers::new`.
    let failed = unsafe { c::sysbatch_load_operands(first, second, registers.as_ptr()) };
    if failed == 0 { Ok(()) } else { Err(Fault) }
}

/// Reads a word, and the operands through the pointers behind it.
#[inline(always)]
pub(crate) fn gather(address: u64, registers: Registers) -> Result<u64, Fault> {
    // SAFETY: each address is checked as a user address in the shim, which
    // writes to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let Word { value, fault } = unsafe { c::sysbatch_gather(address, registers.as_ptr()) };
    if fault == 0 { Ok(value) } else { Err(Fault) }
}

/// Stores a result, reads the entry that the word at `entry` points to, and
/// looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn_to_pointer<const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Turn<u64> {
    let result = result.cast_unsigned();
    let registers = registers.as_ptr();
    // SAFETY: each address is checked as a user address in the shim, which
    // writes to the registers of arguments alone, valid by the contract of
    // `Registers::new`.
    let word = unsafe {
        if BESIDE_FILTERS {
            c::sysbatch_turn_to_pointer_beside_observers(slot, result, entry, registers)
        } else {
            c::sysbatch_turn_to_pointer(slot, result, entry, registers)
        }
    };
    match word.fault {
        0 => Turn::Read(word.value),
        1 => Turn::NotStored,
        _ => Turn::Stored,
    }
}

/// Stores a result, reads an atom and looks at the task.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one of the calls is made, and one proof holds for each"
)]
#[inline(always)]
pub(crate) fn turn_to_atom<const BESIDE_FILTERS: bool>(
    slot: u64,
    result: i64,
    entry: u64,
    registers: Registers,
) -> Turn<Atom> {
    let registers = registers.as_ptr();
    let result = result.cast_unsigned();
    let mut rest = MaybeUninit::<[u64; 2]>::uninit();
    let to = rest.as_mut_ptr().cast();
    // SAFETY: as above; `to` has room for the two words that the shim writes.
    let words = unsafe {
        if BESIDE_FILTERS {
            c::sysbatch_turn_to_atom_beside_observers(slot, result, entry, registers, to)
        } else {
            c::sysbatch_turn_to_atom(slot, result, entry, registers, to)
        }
    };
    let HeadWords { first, second } = words;
    if second & !SYSLET_FLAGS != 0 {
        // Flags that do not exist are found once more by the long way; if all
        // of both words is ones, the result is stored once more, too.
        return if first == u64::MAX && second == u64::MAX {
            Turn::NotStored
        } else {
            Turn::Stored
        };
    }
    // SAFETY: both were written, for there is an atom.
    let [result, next] = unsafe { rest.assume_init() };
    Turn::Read(Atom {
        flags: second,
        number: first,
        result,
        next,
    })
}

/// Whether a sub-call may be made with nothing done before it: nobody watches
/// the task, and nothing waits.
#[inline(always)]
pub(crate) fn is_clear() -> bool {
    // SAFETY: reads fields of the current task.
    unsafe { c::sysbatch_is_clear() != 0 }
}

/// The same of a task that is observed.
#[inline(always)]
pub(crate) fn is_clear_beside_observers() -> bool {
    // SAFETY: reads fields of the current task.
    unsafe { c::sysbatch_is_clear_beside_observers() != 0 }
}

/// Whether someone watches or filters the calls of the task, or the module is
/// switched off: none of its calls is made here.
pub(crate) fn is_watched() -> bool {
    // SAFETY: reads a word of the shim's and fields of the current task, which only
    // that task changes or which are meant to be read at any time.
    unsafe { c::sysbatch_is_watched() != 0 }
}

/// Whether the module is switched off.
pub(crate) fn is_off() -> bool {
    // SAFETY: reads a word of the shim's that is meant to be read at any time.
    unsafe { c::sysbatch_is_off() != 0 }
}

/// Whether someone but observers watches the calls of the task.
pub(crate) fn is_watched_beside_observers() -> bool {
    // SAFETY: as for `is_watched`.
    unsafe { c::sysbatch_is_watched_beside_observers() != 0 }
}

/// The size of the kernel's table of system calls.
#[cfg_attr(test, expect(unused_unsafe, reason = "the stand-in is Rust"))]
#[inline(always)]
fn nr_syscalls() -> u32 {
    // SAFETY: a constant of the shim's.
    unsafe { c::SYSBATCH_NR_SYSCALLS }
}

/// A size that the kernel's table does not exceed: `dispatch.c` asserts it.
const NUMBERS: usize = 1024;
const _: () = assert!(sysbatch_abi::NUMBER_COUNT == 1024);

/// The number of a system call that the kernel may have: one below the size of
/// its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Implemented(u32);

impl Implemented {
    /// The number, unless it is beyond the table.
    #[inline(always)]
    pub(crate) fn new(number: u32) -> Option<Self> {
        (number < nr_syscalls()).then_some(Self(number))
    }
}

/// Whether a call with this number is made at once, without a second look.
#[inline(always)]
pub(crate) fn is_made_at_once(Implemented(number): Implemented) -> bool {
    let index = usize::try_from(number).unwrap_or(0);
    // SAFETY: an `Implemented` is below the size of the kernel's table, which is a
    // constant of the shim's and at most `NUMBERS`.
    unsafe { c::made_at_once(index) }
}

/// The same of any number. Those that are not the kernel's are no calls, so that it
/// does not matter what is said of them, but that all are said to need a look while
/// the module is switched off.
#[inline(always)]
pub(crate) fn may_be_made_at_once(number: u32) -> bool {
    let index = usize::try_from(number).unwrap_or(0) % NUMBERS;
    // SAFETY: `index` is below `NUMBERS`.
    unsafe { c::made_at_once(index) }
}

/// Says whether it is.
pub(crate) fn set_made_at_once(number: u32, is_made: bool) {
    if let Ok(index) = usize::try_from(number)
        && index < NUMBERS
    {
        // SAFETY: `index` is below `NUMBERS`.
        unsafe { c::set_made_at_once(index, is_made) }
    }
}

/// Makes a system call with the arguments in the registers.
#[inline(always)]
pub(crate) fn dispatch(number: Implemented, registers: Registers) -> i64 {
    // SAFETY: the call gets only user values, as from the system call
    // instruction, and a number inside the kernel's table. The registers are
    // those of the current task, saved by `sysbatch_run_saved()`, which
    // restores them.
    unsafe { c::sysbatch_dispatch(registers.as_ptr(), number.0) }
}

/// The guard of an ioctl of a task that is observed, which is the shim's affair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard(NonNull<c_void>);

impl Guard {
    /// # Safety
    /// It is the one that `sysbatch_observed_ioctl()` in `observe.c` made for this ioctl,
    /// and neither the value nor a copy is used after that.
    pub(crate) const unsafe fn new(guard: NonNull<c_void>) -> Self {
        Self(guard)
    }
}

/// What became of a call that observers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It was made, or they said what it returns.
    Returned(i64),
    /// They have it trapped: a signal waits, and its handler is to see the
    /// registers of the call.
    Trapped,
    /// They were not asked, or a tracer has to be.
    NotMade,
    /// It would wait, or may, and was to be made only if it did not. Nothing of it has
    /// happened.
    WouldWait,
}

/// Asks the filters of the task about a call with the arguments in the
/// registers, makes it if it may be made, and tells audit of it.
#[inline(always)]
pub(crate) fn judge(number: u32, registers: Registers, guard: Guard) -> Judged {
    // SAFETY: the call gets only user values, as from the system call
    // instruction, and the shim looks at the number. The registers are those of
    // the current task, saved by `sysbatch_ioctl()`; the guard is that of the
    // running ioctl, by the contract of `Guard::new`.
    let judged = unsafe { c::sysbatch_judge(registers.as_ptr(), number, guard.0.as_ptr()) };
    judged.verdict()
}

/// Makes a call of a 32-bit task, whose observers, if there is a guard, it asks for
/// leave. The result has 32 bits, sign-extended.
pub(crate) fn compat_call(
    number: u32,
    args: &[u64; 6],
    registers: Registers,
    guard: Option<Guard>,
) -> Judged {
    let guard = guard.map_or(core::ptr::null_mut(), |guard| guard.0.as_ptr());
    // SAFETY: the call gets only user values, as from the system call instruction,
    // of which the shim takes the lower halves, and it looks at the number. The
    // registers are those of the current task, saved by `sysbatch_compat_ioctl()`;
    // the guard is that of the running ioctl, by the contract of `Guard::new`, or
    // null.
    let judged =
        unsafe { c::sysbatch_compat_call(registers.as_ptr(), number, args.as_ptr(), guard) };
    judged.verdict()
}

/// Whether the kernel may have a call of 32-bit tasks with this number: one below
/// the size of its table.
#[cfg_attr(test, expect(unused_unsafe, reason = "the stand-in is Rust"))]
pub(crate) fn is_compat_call(number: u32) -> bool {
    // SAFETY: a constant of the shim's.
    number < unsafe { c::SYSBATCH_COMPAT_NR_SYSCALLS }
}

/// What a look at a file is for: the numbers of `shim.h`.
pub(crate) const LOOK_AT_FILE: u32 = 0;
pub(crate) const LOOK_AT_OFFSET: u32 = 1;
pub(crate) const LOOK_AT_POSITION: u32 = 2;
/// How a path is looked at.
pub(crate) const LOOK_FOLLOWS: u32 = 1;
pub(crate) const LOOK_TAKES_EMPTY: u32 = 2;

/// Looks at an open file: the magic number of its file system, and facts, as in
/// `shim.h`.
pub(crate) fn look_at_file(fd: u32, what: u32, offset: i64, count: u64) -> (u64, u64) {
    // SAFETY: the ioctl runs in process context and holds no lock; the shim looks for
    // the number in the table of the current task, and keeps nothing.
    let FileWords { magic, facts } = unsafe { c::sysbatch_look_at_file(fd, what, offset, count) };
    (magic, facts)
}

/// Looks at what a path leads to, in the cache alone: the same, or the error and
/// nothing.
pub(crate) fn look_at_path(directory: u32, path: u64, how: u32) -> (u64, u64) {
    let directory = directory.cast_signed();
    // SAFETY: as for `look_at_file`; the path is a user address for the shim.
    let FileWords { magic, facts } = unsafe { c::sysbatch_look_at_path(directory, path, how) };
    (magic, facts)
}

/// Makes a system call with the arguments in the registers, and does not wait where a
/// signal would interrupt it.
pub(crate) fn dispatch_unless_waiting(number: Implemented, registers: Registers) -> i64 {
    // SAFETY: as for `dispatch`.
    unsafe { c::sysbatch_dispatch_unless_waiting(registers.as_ptr(), number.0) }
}

/// Opens a file if its name is in the cache; overwrites the scratch bytes.
pub(crate) fn open_cached(open: Open, registers: Registers, scratch: u64) -> i64 {
    let Open {
        directory,
        path,
        flags,
    } = open;
    let directory = directory.cast_signed();
    // SAFETY: the registers are as for `dispatch`; path and scratch are user addresses
    // for the shim.
    unsafe { c::sysbatch_open_cached(registers.as_ptr(), directory, path, flags, scratch) }
}

/// What waits to be seen to before the next sub-call.
pub(crate) fn pending_work() -> PendingWork {
    // SAFETY: reads flags of the current task.
    let bits = unsafe { c::sysbatch_pending_work() };
    PendingWork(bits)
}

/// Lets another task run.
pub(crate) fn reschedule() {
    // SAFETY: the ioctl runs in process context and holds no lock.
    unsafe { c::sysbatch_reschedule() }
}

/// Does the task's deferred work.
pub(crate) fn run_task_work() {
    // SAFETY: the ioctl runs in process context and holds no lock; it holds
    // its own reference on the device file, so no work frees what it uses.
    unsafe { c::sysbatch_run_task_work() }
}

/// Makes the way to user space look for work of the kind that
/// [`run_task_work`] does.
#[cold]
pub(crate) fn announce_work() {
    // SAFETY: sets a flag of the current task that the kernel itself clears.
    unsafe { c::sysbatch_announce_work() }
}

/// Makes the way to user space look for signals.
pub(crate) fn force_signal_check() {
    // SAFETY: sets a flag of the current task that the kernel itself clears.
    unsafe { c::sysbatch_force_signal_check() }
}

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

impl JudgedWords {
    /// What they mean.
    #[inline(always)]
    const fn verdict(self) -> Judged {
        match self.outcome {
            0 => Judged::Returned(self.result),
            1 => Judged::Trapped,
            _ => Judged::NotMade,
        }
    }
}

#[cfg(not(test))]
mod c {
    use core::ffi::c_void;

    use sysbatch_abi::Run;

    use super::{FileWords, HeadWords, JudgedWords, NUMBERS, Word};
    use crate::registers::PtRegs;

    /// Whether a number is made at once.
    ///
    /// # Safety
    /// It is below `NUMBERS`.
    #[inline(always)]
    pub(super) unsafe fn made_at_once(index: usize) -> bool {
        let table = &raw const SYSBATCH_MADE_AT_ONCE;
        // SAFETY: in the table, by the contract.
        let entry = unsafe { table.cast::<bool>().add(index) };
        // SAFETY: the table is the shim's and always there. Its bytes are zero or
        // one, and read, as written, by one access each: like READ_ONCE() of C.
        unsafe { entry.read_volatile() }
    }

    /// Changes it.
    ///
    /// # Safety
    /// The number is below `NUMBERS`.
    pub(super) unsafe fn set_made_at_once(index: usize, is_made: bool) {
        let table = &raw mut SYSBATCH_MADE_AT_ONCE;
        // SAFETY: in the table, by the contract.
        let entry = unsafe { table.cast::<bool>().add(index) };
        // SAFETY: as for reading; like WRITE_ONCE() of C.
        unsafe { entry.write_volatile(is_made) }
    }

    unsafe extern "C" {
        static mut SYSBATCH_MADE_AT_ONCE: [bool; NUMBERS];
        pub(super) fn sysbatch_load1(address: u64) -> Word;
        pub(super) fn sysbatch_load2(address: u64) -> Word;
        pub(super) fn sysbatch_load4(address: u64) -> Word;
        pub(super) fn sysbatch_load8(address: u64) -> Word;
        pub(super) fn sysbatch_store1(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store2(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store4(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_store8(address: u64, value: u64) -> i32;
        pub(super) fn sysbatch_load_words(address: u64, words: *mut u64, count: u32) -> i32;
        pub(super) fn sysbatch_load_three(address: u64, words: *mut u64) -> i32;
        pub(super) fn sysbatch_load_header(address: u64, header: *mut Run) -> i32;
        pub(super) fn sysbatch_store_header(
            address: u64,
            pc: u64,
            fuel: u64,
            steps: u64,
            value: i64,
            resume_and_reason: u64,
            status: u32,
        ) -> i32;
        pub(super) fn sysbatch_read_entry1(entry: u64, registers: *mut PtRegs) -> HeadWords;
        pub(super) fn sysbatch_read_entry2(entry: u64, registers: *mut PtRegs) -> HeadWords;
        pub(super) fn sysbatch_first1(entry: u64, registers: *mut PtRegs) -> HeadWords;
        pub(super) fn sysbatch_first2(entry: u64, registers: *mut PtRegs) -> HeadWords;
        pub(super) fn sysbatch_turn1(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_turn2(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_first1_beside_observers(
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_first2_beside_observers(
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_turn1_beside_observers(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_turn2_beside_observers(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords;
        pub(super) fn sysbatch_load_operands(
            first: u64,
            second: u64,
            registers: *mut PtRegs,
        ) -> i32;
        pub(super) fn sysbatch_gather(address: u64, registers: *mut PtRegs) -> Word;
        pub(super) fn sysbatch_turn_to_pointer(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> Word;
        pub(super) fn sysbatch_turn_to_atom(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
            result_and_next: *mut u64,
        ) -> HeadWords;
        pub(super) fn sysbatch_turn_to_pointer_beside_observers(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> Word;
        pub(super) fn sysbatch_turn_to_atom_beside_observers(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
            result_and_next: *mut u64,
        ) -> HeadWords;
        pub(super) static SYSBATCH_NR_SYSCALLS: u32;
        pub(super) fn sysbatch_dispatch(registers: *mut PtRegs, number: u32) -> i64;
        pub(super) fn sysbatch_judge(
            registers: *mut PtRegs,
            number: u32,
            guard: *mut c_void,
        ) -> JudgedWords;
        pub(super) static SYSBATCH_COMPAT_NR_SYSCALLS: u32;
        pub(super) fn sysbatch_compat_call(
            registers: *mut PtRegs,
            number: u32,
            args: *const u64,
            guard: *mut c_void,
        ) -> JudgedWords;
        pub(super) fn sysbatch_look_at_file(
            fd: u32,
            what: u32,
            offset: i64,
            count: u64,
        ) -> FileWords;
        pub(super) fn sysbatch_look_at_path(directory: i32, path: u64, how: u32) -> FileWords;
        pub(super) fn sysbatch_dispatch_unless_waiting(registers: *mut PtRegs, number: u32) -> i64;
        pub(super) fn sysbatch_open_cached(
            registers: *mut PtRegs,
            directory: i32,
            path: u64,
            flags: u32,
            scratch: u64,
        ) -> i64;
        pub(super) fn sysbatch_is_watched() -> i32;
        pub(super) fn sysbatch_is_off() -> i32;

        pub(super) fn sysbatch_is_watched_beside_observers() -> i32;
        pub(super) fn sysbatch_is_clear() -> i32;
        pub(super) fn sysbatch_is_clear_beside_observers() -> i32;
        pub(super) fn sysbatch_pending_work() -> u32;
        pub(super) fn sysbatch_reschedule();
        pub(super) fn sysbatch_run_task_work();
        pub(super) fn sysbatch_announce_work();
        pub(super) fn sysbatch_force_signal_check();
    }
}

/// Stand-ins for the shim, for unit tests: a machine without memory on which
/// every system call fails.
#[cfg(test)]
mod c {
    pub(super) use super::double::*;
}

#[cfg(test)]
#[path = "shim_double.rs"]
pub(crate) mod double;
