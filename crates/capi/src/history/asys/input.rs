//! Calls as they are handed in.
#![expect(unsafe_code, reason = "words of the caller's are read")]

use core::ffi::{c_int, c_ulong};
use core::ptr;

use rustix::io::Errno;
use sysbatch::Memory as _;

use crate::memory::{Probed, Window};

/// `struct asys_input`: a call to be made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Its number.
    pub syscall_nr: c_int,
    /// Comes back with its completion.
    pub cookie: c_ulong,
    /// How many arguments there are, 6 at most.
    pub nr_args: c_ulong,
    /// The arguments.
    pub args: *mut c_ulong,
}

/// How far calls lie apart, in bytes.
pub(super) const INPUT_SIZE: u64 = size_of::<Input>() as u64;
const _: () = assert!(INPUT_SIZE == 32);

/// A call with its arguments, as `struct supersyscall_args` has it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) args: [u64; 6],
}

impl Call {
    pub(super) const NONE: Self = Self {
        number: 0,
        args: [0; 6],
    };

    /// Reads one, and its cookie. The window is that of a thread that makes no calls
    /// meanwhile.
    ///
    /// # Errors
    /// `EFAULT` if any of it cannot be read, `EINVAL` for too many arguments.
    #[inline]
    pub(super) fn read(window: &mut Window, address: u64) -> Result<(Self, c_ulong), Errno> {
        let [number, cookie, count, args] = words::<4>(window, address)?;
        let mut call = Self {
            // The other half is padding.
            number: u64::from(number as u32),
            args: [0; 6],
        };
        let count = usize::try_from(count).map_err(|_| Errno::INVAL)?;
        let wanted = call.args.get_mut(..count).ok_or(Errno::INVAL)?;
        if !wanted.is_empty() && window.reads(args, 8 * wanted.len() as u64) {
            for (index, arg) in wanted.iter_mut().enumerate() {
                let place: *const u64 = ptr::with_exposed_provenance(args as usize + 8 * index);
                // SAFETY: it is memory that can be read, and whatever is there is a number.
                *arg = unsafe { place.read_unaligned() };
            }
            return Ok((call, cookie));
        }
        for (arg, offset) in wanted.iter_mut().zip((0..).step_by(8)) {
            let address = args.checked_add(offset).ok_or(Errno::FAULT)?;
            [*arg] = words(window, address)?;
        }
        Ok((call, cookie))
    }
}

/// Reads words of the caller's.
#[inline]
fn words<const N: usize>(window: &mut Window, address: u64) -> Result<[u64; N], Errno> {
    if let Some(words) = window.words(address) {
        return Ok(words);
    }
    // SAFETY: it is used for reading.
    let mut memory = unsafe { Probed::new(0..0) };
    memory.load_words(address).map_err(|_| Errno::FAULT)
}
