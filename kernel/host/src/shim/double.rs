// SPDX-License-Identifier: GPL-2.0-only
//! Stand-ins for the C shim in unit tests: the memory of the test itself, and
//! a task whose state each test scripts.

extern crate std;

use core::ffi::c_void;
use core::ptr::NonNull;
use std::cell::RefCell;
use std::vec::Vec;

use sysbatch_abi::{Run, is_made_at_once};
use sysbatch_engine::Operands;

use super::words::{FileWords, HeadWords, JudgedWords, Word};
use crate::registers::{PtRegs, Registers};

/// What waits: the bits of `sysbatch_pending_work()`.
pub(crate) const RESCHEDULE: u32 = 1;
pub(crate) const TASK_WORK: u32 = 2;
pub(crate) const SIGNAL: u32 = 4;
pub(crate) const EXIT_WORK: u32 = 8;

/// A task, and what was done to it.
#[derive(Default)]
pub(crate) struct Task {
    /// By other means than filters.
    pub(crate) watched: bool,
    /// Its filters let pass what is not scripted.
    pub(crate) has_filters: bool,
    /// What filters say of the calls to come, the next one last: a result, or
    /// what the shim says besides.
    pub(crate) verdicts: Vec<Verdict>,
    /// Which calls they were asked about.
    pub(crate) judged: Vec<(u32, [u64; 6])>,
    /// The module is switched off: the shim's word, and the table.
    pub(crate) off: bool,
    pub(crate) looks_at_all: bool,
    /// What waits now.
    pub(crate) waits: u32,
    /// Results of the calls to come, the next one last.
    pub(crate) results: Vec<i64>,
    /// What waits after each call to come, the next one last; then nothing.
    pub(crate) after_call: Vec<u32>,
    /// Whether nothing tells of exit work any more after task work, as in the
    /// kernel, where both have one flag.
    pub(crate) clears_exit_work: bool,
    /// What waits after task work.
    pub(crate) after_task_work: u32,
    pub(crate) calls: Vec<(u32, [u64; 6])>,
    /// What the looks to come show, the next one last: a magic number and facts; then
    /// nothing.
    pub(crate) files: Vec<(u64, u64)>,
    /// Which looks there were: at a descriptor or a directory, and with these numbers.
    pub(crate) looks: Vec<(u32, [u64; 3])>,
    /// How many calls were made with their waits broken.
    pub(crate) attempts: u32,
    /// What was to be opened from the cache.
    pub(crate) opened: Vec<(i32, u64, u32, u64)>,
    pub(crate) reschedules: u32,
    pub(crate) task_works: u32,
    pub(crate) signal_checks: u32,
    pub(crate) announcements: u32,
}

/// What filters say of a call.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    Pass,
    Result(i64),
    Trap,
    /// Word of the shim that it cannot ask.
    NotMade,
}

std::thread_local! {
    static TASK: RefCell<Task> = RefCell::default();
}

/// Looks at, or scripts, the task of the running test.
pub(crate) fn with_task<T>(f: impl FnOnce(&mut Task) -> T) -> T {
    TASK.with_borrow_mut(f)
}

macro_rules! accesses {
    ($($load:ident $store:ident $type:ty),*) => {$(
        pub(super) unsafe fn $load(address: u64) -> Word {
            let from = core::ptr::with_exposed_provenance::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            let value = unsafe { from.read_unaligned() };
            Word { value: u64::from(value), fault: 0 }
        }

        pub(super) unsafe fn $store(address: u64, value: u64) -> i32 {
            let to = core::ptr::with_exposed_provenance_mut::<$type>(address as usize);
            // SAFETY: tests pass addresses of live variables only.
            unsafe { to.write_unaligned(value as $type) };
            0
        }
    )*};
}
accesses!(
    sysbatch_load1 sysbatch_store1 u8,
    sysbatch_load2 sysbatch_store2 u16,
    sysbatch_load4 sysbatch_store4 u32,
    sysbatch_load8 sysbatch_store8 u64
);

pub(super) unsafe fn sysbatch_load_words(address: u64, words: *mut u64, count: u32) -> i32 {
    let from = core::ptr::with_exposed_provenance::<u64>(address as usize);
    // SAFETY: tests pass addresses of live arrays only, and the caller room
    // for `count` words.
    unsafe { words.copy_from(from, count as usize) };
    0
}

pub(super) unsafe fn sysbatch_load_three(address: u64, words: *mut u64) -> i32 {
    // SAFETY: as the caller promises, for three words.
    unsafe { sysbatch_load_words(address, words, 3) }
}

pub(super) unsafe fn sysbatch_load_header(address: u64, header: *mut Run) -> i32 {
    // SAFETY: as the caller promises, for the words of a header.
    unsafe { sysbatch_load_words(address, header.cast(), 12) }
}

pub(super) unsafe fn sysbatch_store_header(
    address: u64,
    pc: u64,
    fuel: u64,
    steps: u64,
    value: i64,
    resume_and_reason: u64,
    status: u32,
) -> i32 {
    let header = core::ptr::with_exposed_provenance_mut::<Run>(address as usize);
    // SAFETY: tests pass the address of a live header.
    let mut run = unsafe { header.read() };
    (run.pc, run.fuel, run.steps, run.value) = (pc, fuel, steps, value);
    (run.resume, run.reason) = (resume_and_reason as u32, (resume_and_reason >> 32) as u32);
    run.status = status;
    // SAFETY: as above.
    unsafe { header.write(run) };
    0
}

/// Reads the `N` words of an entry, the last six to the registers.
fn read_words<const N: usize>(entry: u64, registers: *mut PtRegs) -> HeadWords {
    let from = core::ptr::with_exposed_provenance::<[u64; N]>(entry as usize);
    // SAFETY: tests pass addresses of live entries only.
    let words = unsafe { from.read() };
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    for (index, word) in words[N - 6..].iter().enumerate() {
        registers.set(index, *word);
    }
    HeadWords {
        first: words[0],
        second: if N == 8 { words[1] } else { 0 },
    }
}

pub(super) unsafe fn sysbatch_read_entry1(entry: u64, registers: *mut PtRegs) -> HeadWords {
    read_words::<7>(entry, registers)
}

pub(super) unsafe fn sysbatch_read_entry2(entry: u64, registers: *mut PtRegs) -> HeadWords {
    read_words::<8>(entry, registers)
}

/// Word of more to do, as in the shim.
const STORED: HeadWords = HeadWords {
    first: (-14_i64).cast_unsigned(),
    second: 0,
};

/// As the shim: the entry, and then the look.
fn first<const N: usize>(entry: u64, registers: *mut PtRegs, is_clear: bool) -> HeadWords {
    let words = read_words::<N>(entry, registers);
    if is_clear { words } else { STORED }
}

macro_rules! turns {
    ($($first:ident $turn:ident $words:literal $is_clear:ident),*) => {$(
        pub(super) unsafe fn $first(entry: u64, registers: *mut PtRegs) -> HeadWords {
            first::<$words>(entry, registers, $is_clear())
        }

        pub(super) unsafe fn $turn(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> HeadWords {
            // SAFETY: tests pass addresses of live slots only.
            unsafe { sysbatch_store8(slot, result) };
            first::<$words>(entry, registers, $is_clear())
        }
    )*};
}
turns!(
    sysbatch_first1 sysbatch_turn1 7 is_clear,
    sysbatch_first2 sysbatch_turn2 8 is_clear,
    sysbatch_first1_beside_observers sysbatch_turn1_beside_observers 7 is_clear_beside_observers,
    sysbatch_first2_beside_observers sysbatch_turn2_beside_observers 8 is_clear_beside_observers
);

pub(super) unsafe fn sysbatch_load_operands(
    first: u64,
    second: u64,
    registers: *mut PtRegs,
) -> i32 {
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    for (index, address) in [first, second].into_iter().enumerate() {
        // SAFETY: tests pass addresses of live variables only.
        registers.set(index, unsafe { sysbatch_load8(address) }.value);
    }
    0
}

pub(super) unsafe fn sysbatch_gather(address: u64, registers: *mut PtRegs) -> Word {
    // SAFETY: tests pass registers of their own.
    let mut registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let mut ended = false;
    for index in 0..6 {
        let place = address + 8 * (index as u64 + 1);
        // SAFETY: tests pass live arrays with room for six pointers.
        let pointer = unsafe { sysbatch_load8(place) }.value;
        ended |= pointer == 0;
        // Any live word will do where there is no argument.
        let place = if ended { address } else { pointer };
        // SAFETY: tests pass pointers to live words only.
        let word = unsafe { sysbatch_load8(place) }.value;
        registers.set(index, if ended { 0 } else { word });
    }
    // SAFETY: tests pass addresses of live arrays only.
    unsafe { sysbatch_load8(address) }
}

/// As the shim, with the look at the task.
fn turn_to_pointer(
    slot: u64,
    result: u64,
    entry: u64,
    registers: *mut PtRegs,
    is_clear: bool,
) -> Word {
    // SAFETY: tests pass addresses of live slots only.
    unsafe { sysbatch_store8(slot, result) };
    // SAFETY: and those of live pointers to live arrays.
    let array = unsafe { sysbatch_load8(entry) }.value;
    // SAFETY: as above.
    let word = unsafe { sysbatch_gather(array, registers) };
    let fault = if is_clear { 0 } else { -14 };
    Word { fault, ..word }
}

/// As the shim, with the look at the task.
fn turn_to_atom(
    slot: u64,
    result: u64,
    entry: u64,
    registers: *mut PtRegs,
    result_and_next: *mut u64,
    is_clear: bool,
) -> HeadWords {
    if slot != 0 {
        // SAFETY: tests pass addresses of live slots only.
        unsafe { sysbatch_store8(slot, result) };
    }
    let mut front = [0; 3];
    // SAFETY: tests pass addresses of live atoms only.
    unsafe { sysbatch_load_three(entry, front.as_mut_ptr()) };
    let [flags, number, result] = front;
    // SAFETY: as above.
    let next = unsafe { sysbatch_gather(entry + 24, registers) }.value;
    // SAFETY: the caller has two words.
    unsafe { result_and_next.cast::<[u64; 2]>().write([result, next]) };
    let more = HeadWords {
        first: 0,
        second: STORED.first,
    };
    if is_clear {
        HeadWords {
            first: number,
            second: flags,
        }
    } else {
        more
    }
}

macro_rules! turns_to {
    ($($pointer:ident $atom:ident $is_clear:ident),*) => {$(
        pub(super) unsafe fn $pointer(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
        ) -> Word {
            turn_to_pointer(slot, result, entry, registers, $is_clear())
        }

        pub(super) unsafe fn $atom(
            slot: u64,
            result: u64,
            entry: u64,
            registers: *mut PtRegs,
            result_and_next: *mut u64,
        ) -> HeadWords {
            turn_to_atom(slot, result, entry, registers, result_and_next, $is_clear())
        }
    )*};
}
turns_to!(
    sysbatch_turn_to_pointer sysbatch_turn_to_atom is_clear,
    sysbatch_turn_to_pointer_beside_observers sysbatch_turn_to_atom_beside_observers
        is_clear_beside_observers
);

/// Whether nothing waits and nobody watches but by filters.
fn is_clear_beside_observers() -> bool {
    with_task(|task| !task.watched && task.waits == 0)
}

/// Whether nobody watches and nothing waits.
fn is_clear() -> bool {
    is_clear_beside_observers() && !with_task(|task| task.has_filters)
}

pub(super) unsafe fn sysbatch_is_watched() -> i32 {
    with_task(|task| (task.watched || task.has_filters || task.off).into())
}

pub(super) unsafe fn sysbatch_is_off() -> i32 {
    with_task(|task| task.off.into())
}

pub(super) unsafe fn sysbatch_is_watched_beside_observers() -> i32 {
    with_task(|task| (task.watched || task.off).into())
}

pub(super) unsafe fn sysbatch_is_clear() -> i32 {
    is_clear().into()
}

pub(super) unsafe fn sysbatch_is_clear_beside_observers() -> i32 {
    is_clear_beside_observers().into()
}

pub(super) unsafe fn sysbatch_judge(
    registers: *mut PtRegs,
    number: u32,
    _: *mut c_void,
) -> JudgedWords {
    // SAFETY: tests pass registers of their own.
    let operands = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let args = core::array::from_fn(|index| operands.get(index));
    let verdict = with_task(|task| {
        task.judged.push((number, args));
        task.verdicts.pop().unwrap_or(Verdict::Pass)
    });
    let (result, outcome) = match verdict {
        // SAFETY: as above.
        Verdict::Pass => (unsafe { sysbatch_dispatch(registers, number) }, 0),
        Verdict::Result(result) => (result, 0),
        Verdict::Trap => {
            // SAFETY: tests pass registers of their own; the last is orig_ax.
            let registers = unsafe { registers.cast::<[u64; 16]>().as_mut() };
            registers.unwrap()[15] = number.into();
            (0, 1)
        }
        Verdict::NotMade => (0, 2),
    };
    JudgedWords { result, outcome }
}

/// Three calls more than were reviewed.
pub(super) static SYSBATCH_NR_SYSCALLS: u32 = 476;

pub(super) unsafe fn made_at_once(index: usize) -> bool {
    let number = index.try_into().expect("below 1024");
    with_task(|task| !task.looks_at_all && is_made_at_once(number))
}

pub(super) unsafe fn set_made_at_once(index: usize, is_made: bool) {
    // The first call, which is made at once when any is.
    if index == 0 {
        with_task(|task| task.looks_at_all = !is_made);
    }
}

pub(super) unsafe fn sysbatch_dispatch(registers: *mut PtRegs, number: u32) -> i64 {
    // SAFETY: tests pass registers of their own.
    let registers = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    let args = core::array::from_fn(|index| registers.get(index));
    with_task(|task| {
        task.calls.push((number, args));
        task.waits |= task.after_call.pop().unwrap_or(0);
        task.results.pop().expect("the test scripts each call")
    })
}

/// Three calls more than were reviewed.
pub(super) static SYSBATCH_COMPAT_NR_SYSCALLS: u32 = 476;

/// As the shim: the lower halves, and a result of 32 bits.
pub(super) unsafe fn sysbatch_compat_call(
    registers: *mut PtRegs,
    number: u32,
    args: *const u64,
    guard: *mut c_void,
) -> JudgedWords {
    // SAFETY: tests pass registers of their own.
    let mut operands = unsafe { Registers::new(NonNull::new(registers).unwrap()) };
    // SAFETY: the caller has six arguments.
    let args = unsafe { args.cast::<[u64; 6]>().read() };
    for (index, arg) in args.into_iter().enumerate() {
        operands.set(index, arg & u64::from(u32::MAX));
    }
    let mut judged = if !guard.is_null() {
        // SAFETY: as the caller promises.
        unsafe { sysbatch_judge(registers, number, guard) }
    } else if number < SYSBATCH_COMPAT_NR_SYSCALLS {
        JudgedWords {
            // SAFETY: as the caller promises.
            result: unsafe { sysbatch_dispatch(registers, number) },
            outcome: 0,
        }
    } else {
        JudgedWords {
            result: -38,
            outcome: 0,
        }
    };
    judged.result = i64::from(judged.result as i32);
    judged
}

fn look(number: u32, rest: [u64; 3]) -> FileWords {
    with_task(|task| {
        task.looks.push((number, rest));
        let (magic, facts) = task.files.pop().unwrap_or_default();
        FileWords { magic, facts }
    })
}

pub(super) unsafe fn sysbatch_look_at_file(
    fd: u32,
    what: u32,
    offset: i64,
    count: u64,
) -> FileWords {
    look(fd, [what.into(), offset.cast_unsigned(), count])
}

pub(super) unsafe fn sysbatch_look_at_path(directory: i32, path: u64, how: u32) -> FileWords {
    look(directory.cast_unsigned(), [path, how.into(), 0])
}

fn attempt(result: i64) -> i64 {
    with_task(|task| task.attempts += 1);
    result
}

pub(super) unsafe fn sysbatch_dispatch_unless_waiting(registers: *mut PtRegs, number: u32) -> i64 {
    // SAFETY: as the caller promises.
    let result = unsafe { sysbatch_dispatch(registers, number) };
    attempt(result)
}

pub(super) unsafe fn sysbatch_open_cached(
    _: *mut PtRegs,
    directory: i32,
    path: u64,
    flags: u32,
    scratch: u64,
) -> i64 {
    let result = with_task(|task| {
        task.opened.push((directory, path, flags, scratch));
        task.results.pop().expect("the test scripts each call")
    });
    attempt(result)
}

pub(super) unsafe fn sysbatch_pending_work() -> u32 {
    with_task(|task| task.waits)
}

pub(super) unsafe fn sysbatch_reschedule() {
    with_task(|task| {
        task.reschedules += 1;
        task.waits &= !RESCHEDULE;
    });
}

pub(super) unsafe fn sysbatch_run_task_work() {
    with_task(|task| {
        task.task_works += 1;
        let cleared = if task.clears_exit_work {
            TASK_WORK | EXIT_WORK
        } else {
            TASK_WORK
        };
        task.waits = task.waits & !cleared | task.after_task_work;
    });
}

pub(super) unsafe fn sysbatch_announce_work() {
    with_task(|task| task.announcements += 1);
}

pub(super) unsafe fn sysbatch_force_signal_check() {
    with_task(|task| task.signal_checks += 1);
}
