//! What the interpreter needs from the world around it.

use core::mem::MaybeUninit;

use sysbatch_abi::{
    ARGUMENT_COUNT, RUN_SIZE, Resume, Run, Status, Width, is_handed_back, may_be_handed_back,
};

use crate::call::{Call, Operands, Outcome};
use crate::encoding::Atom;
use crate::machine::Cursor;
use crate::turn::{Head, Made, Turn};

/// Where in a run header the fields are that a batch changes, in bytes.
const PC_OFFSET: u64 = 48;
const STATUS_OFFSET: u64 = 12;
const _: () = assert!(RUN_SIZE == 96, "the offsets are those of this header");

/// An address that cannot be read or written, `EFAULT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// An error of the batch itself, as opposed to one of its system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A part of the batch cannot be read or written: `EFAULT`.
    Fault,
    /// A rule of the encoding or the header is broken: `EINVAL`.
    Invalid,
    /// The header says more than this version understands: `E2BIG`.
    TooBig,
}

impl Error {
    /// The positive errno for this error (`errno(3)`).
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            Self::Fault => 14,
            Self::Invalid => 22,
            Self::TooBig => 7,
        }
    }
}

impl From<Fault> for Error {
    fn from(Fault: Fault) -> Self {
        Self::Fault
    }
}

/// Memory, system calls and signals as the batch's task sees them.
///
/// Addresses are those of the task. An implementation must treat each as
/// hostile: any value may come, aligned or not.
///
/// A host need only have [`load`](Self::load), [`store`](Self::store),
/// [`call`](Self::call) and [`pending`](Self::pending). The methods with a body
/// are shorter ways to do the same, which a host may have; what they leave
/// undone the interpreter does by the four.
pub trait Host {
    /// Where the operands are.
    type Operands: Operands;

    /// Whether the host makes first tries, and nothing else: it hands back what would
    /// wait, and takes headers with [`FLAG_FIRST_TRY`](sysbatch_abi::FLAG_FIRST_TRY)
    /// alone. Other hosts refuse those.
    const FIRST_TRY: bool = false;

    /// Whether it hands back what would wait, whatever the header says.
    const WAITS_FOR_NOTHING: bool = Self::FIRST_TRY;

    /// A place for the operands of a batch.
    fn operands(&mut self) -> Self::Operands;

    /// Reads a word, zero-extended.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be read.
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault>;

    /// Writes the low bytes of `value`.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be written.
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault>;

    /// Reads `N` consecutive 64-bit words, each of them once.
    ///
    /// # Errors
    /// [`Fault`] if any byte of them cannot be read.
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault>;

    /// Whether a call is never made inside a batch, so that formats other than the
    /// native one have no such call. The numbers are those of the architecture that
    /// the crate is built for, unless the host says otherwise.
    #[inline(always)]
    fn is_handed_back(number: u32, operands: &Self::Operands) -> bool {
        may_be_handed_back(number)
            && is_handed_back(number, &core::array::from_fn(|index| operands.get(index)))
    }

    /// Makes a system call with the rights of the task.
    fn call(&mut self, call: &Call<Self::Operands>) -> Outcome;

    /// Told the address of the bytes that a [first try](Self::FIRST_TRY) may overwrite,
    /// or zero, before it begins.
    #[inline(always)]
    fn lend(&mut self, scratch: u64) {
        let _ = scratch;
    }

    /// Told how much fuel there is when a batch is entered.
    #[inline(always)]
    fn entered(&mut self, fuel: u64) {
        let _ = fuel;
    }

    /// Makes a system call, with this much fuel left: with as much as when the batch
    /// was [entered](Self::entered) it is the first step.
    ///
    /// A host that interrupts a call for what waits already must not do so at the
    /// first step. If reading the batch itself raised it, it would be there each
    /// time, and the batch would never get on.
    #[inline(always)]
    fn call_at(&mut self, call: &Call<Self::Operands>, fuel: u64) -> Outcome {
        let _ = fuel;
        self.call(call)
    }

    /// Asked between two steps: does something wait (a signal) that has to be
    /// seen to outside before the next step?
    fn pending(&mut self) -> bool;

    /// Reads an entry: `HEAD` words, one or two, and six arguments, which
    /// become the operands.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be read.
    #[inline(always)]
    fn read_entry<const HEAD: usize>(
        &mut self,
        entry: u64,
        operands: &mut Self::Operands,
    ) -> Result<Head, Fault> {
        let (head, args) = if HEAD == 1 {
            let [first, args @ ..]: [u64; 7] = self.load_words(entry)?;
            (Head::new(first, 0), args)
        } else {
            let [first, second, args @ ..]: [u64; 8] = self.load_words(entry)?;
            (Head::new(first, second), args)
        };
        for (index, arg) in args.into_iter().enumerate() {
            operands.set(index, arg);
        }
        Ok(head)
    }

    /// Stores the result of one entry, if there is one, and reads the next as
    /// [`read_entry`](Self::read_entry) does, if [nothing](Self::pending)
    /// waits. After an entry that was read [`is_clear`](Self::is_clear).
    #[inline(always)]
    fn turn<const HEAD: usize>(
        &mut self,
        made: Option<Made>,
        entry: u64,
        operands: &mut Self::Operands,
    ) -> Head {
        let _ = (made, entry, operands);
        Head::NOT_STORED
    }

    /// Reads the word at `address`, and arguments through the pointers that
    /// follow it, up to six or to a null one. They become the operands; those
    /// that are missing are zero.
    ///
    /// # Errors
    /// [`Fault`] if any byte of the word, of a pointer that is looked at or of
    /// what it points to cannot be read.
    #[inline(always)]
    fn gather(&mut self, address: u64, operands: &mut Self::Operands) -> Result<u64, Fault> {
        let word = self.load(address, Width::Eight)?;
        for index in 0..ARGUMENT_COUNT {
            operands.set(index, 0);
        }
        let mut place = address;
        for index in 0..ARGUMENT_COUNT {
            place = place.checked_add(8).ok_or(Fault)?;
            let pointer = self.load(place, Width::Eight)?;
            if pointer == 0 {
                break;
            }
            operands.set(index, self.load(pointer, Width::Eight)?);
        }
        Ok(word)
    }

    /// Stores the result of one call, reads the pointer at `entry`, gathers what
    /// is behind it as [`gather`](Self::gather) does, and looks at the task. What
    /// was read is the word, if [nothing](Self::pending) waits; then the task
    /// [`is_clear`](Self::is_clear).
    #[inline(always)]
    fn turn_to_pointer(
        &mut self,
        made: Made,
        entry: u64,
        operands: &mut Self::Operands,
    ) -> Turn<u64> {
        if self.store_made(made).is_err() {
            return Turn::NotStored;
        }
        let array = self.load(entry, Width::Eight);
        match array.and_then(|array| self.gather(array, operands)) {
            Ok(word) if self.is_clear() => Turn::Read(word),
            _ => Turn::Stored,
        }
    }

    /// As [`turn_to_pointer`](Self::turn_to_pointer), for an atom of a syslet
    /// at `entry`. A result whose slot is zero is not stored.
    #[inline(always)]
    fn turn_to_atom(
        &mut self,
        made: Made,
        entry: u64,
        operands: &mut Self::Operands,
    ) -> Turn<Atom> {
        if made.slot != 0 && self.store_made(made).is_err() {
            return Turn::NotStored;
        }
        match Atom::read(self, entry, operands) {
            Ok(atom) if self.is_clear() => Turn::Read(atom),
            _ => Turn::Stored,
        }
    }

    /// Stores a result in its slot.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be written.
    #[inline(always)]
    fn store_made(&mut self, made: Made) -> Result<(), Fault> {
        self.store(made.slot, Width::Eight, made.result.cast_unsigned())
    }

    /// Makes two 64-bit words the first two operands.
    ///
    /// # Errors
    /// [`Fault`] if any byte of them cannot be read.
    #[inline(always)]
    fn load_operands(
        &mut self,
        addresses: [u64; 2],
        operands: &mut Self::Operands,
    ) -> Result<(), Fault> {
        for (index, address) in addresses.into_iter().enumerate() {
            operands.set(index, self.load(address, Width::Eight)?);
        }
        Ok(())
    }

    /// Whether a call may be made by [`call_now`](Self::call_now).
    #[inline(always)]
    fn is_clear(&mut self) -> bool {
        false
    }

    /// Makes a fresh call, as [`call`](Self::call) does, for a task of which
    /// it was just found that nobody watches it and nothing waits.
    #[inline(always)]
    fn call_now(&mut self, number: u32, operands: &Self::Operands) -> Outcome {
        self.call(&Call {
            number,
            args: *operands,
            resume: Resume::Fresh,
        })
    }

    /// Reads the run header at `address`, each word of it once, to a place
    /// where it stays.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be read.
    #[inline(always)]
    fn load_header<'a>(
        &mut self,
        address: u64,
        place: &'a mut MaybeUninit<Run>,
    ) -> Result<&'a Run, Fault> {
        Ok(place.write(header(self.load_words(address)?)))
    }

    /// Writes to a run header what a batch changes in it; the status last, so
    /// that a new one always comes with the rest.
    ///
    /// # Errors
    /// [`Fault`] if any byte of it cannot be written.
    #[inline(always)]
    fn store_header(&mut self, address: u64, cursor: &Cursor, status: Status) -> Result<(), Fault> {
        let words = [
            cursor.pc,
            cursor.fuel,
            cursor.steps,
            cursor.value.cast_unsigned(),
            cursor.resume_and_reason(),
        ];
        for (offset, word) in (PC_OFFSET..).step_by(8).zip(words) {
            let address = address.checked_add(offset).ok_or(Fault)?;
            self.store(address, Width::Eight, word)?;
        }
        let address = address.checked_add(STATUS_OFFSET).ok_or(Fault)?;
        self.store(address, Width::Four, status.raw().into())
    }
}

/// The header that consists of these words.
#[inline(always)]
fn header(words: [u64; 12]) -> Run {
    let [
        size_format,
        flags_status,
        program,
        len,
        results,
        results_len,
        pc,
        fuel,
        steps,
        value,
        resume_reason,
        scratch,
    ] = words;
    let (size, format) = halves(size_format);
    let (flags, status) = halves(flags_status);
    let (resume, reason) = halves(resume_reason);
    Run {
        size,
        format,
        flags,
        status,
        program,
        len,
        results,
        results_len,
        pc,
        fuel,
        steps,
        value: value.cast_signed(),
        resume,
        reason,
        scratch,
    }
}

/// The two 32-bit fields that share a little-endian word.
fn halves(word: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}
