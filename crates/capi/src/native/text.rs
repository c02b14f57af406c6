//! Texts for people.
#![expect(unsafe_code, reason = "functions of C that write text")]

use core::ffi::{c_char, c_int};
use std::io;

use sysbatch::abi::{Run, Status};

use crate::errno;

/// Writes as much of `text` as there is room for, with a zero at its end, and
/// returns the length of all of it.
///
/// # Safety
/// `buffer` must be valid for writing `size` bytes; null if that is zero.
pub(super) unsafe fn copy(text: &str, buffer: *mut c_char, size: usize) -> usize {
    if let Some(room) = size.checked_sub(1).filter(|_| !buffer.is_null()) {
        let bytes = &text.as_bytes()[..text.len().min(room)];
        let buffer = buffer.cast::<u8>();
        // SAFETY: there is room for that many bytes and one more.
        unsafe { buffer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        // SAFETY: as above.
        let end = unsafe { buffer.add(bytes.len()) };
        // SAFETY: as above.
        unsafe { end.write(0) };
    }
    text.len()
}

/// Writes what a function's negative result means to `buffer`, at most `size`
/// bytes with the zero at the end, and returns how long all of it is, as
/// snprintf does.
///
/// # Safety
/// `buffer` must be valid for `size` bytes; it may be null if `size` is zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_error_text(
    error: c_int,
    buffer: *mut c_char,
    size: usize,
) -> usize {
    errno::keep(|| {
        // SAFETY: the caller's promise.
        unsafe { copy(&meaning(error), buffer, size) }
    })
}

/// Writes what became of a batch to `buffer`: how and where it stopped and
/// what can be done. `error` is what sysbatch_run_batch returned for it. Otherwise
/// like sysbatch_error_text.
///
/// # Safety
/// `run` must be null or valid for reading, `buffer` as for
/// sysbatch_error_text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_explain(
    run: *const Run,
    error: c_int,
    buffer: *mut c_char,
    size: usize,
) -> usize {
    errno::keep(|| {
        // SAFETY: the caller's promise.
        let text = match unsafe { run.as_ref() } {
            Some(run) => explain(run, error),
            None => meaning(error),
        };
        // SAFETY: the caller's promise.
        unsafe { copy(&text, buffer, size) }
    })
}

/// The meaning of a function's result.
fn meaning(error: c_int) -> String {
    if error >= 0 {
        return "success".to_owned();
    }
    io::Error::from_raw_os_error(error.saturating_neg()).to_string()
}

/// How a batch stopped.
fn explain(run: &Run, error: c_int) -> String {
    let Run { pc, len, fuel, .. } = *run;
    match Status::from_raw(run.status) {
        Some(Status::Done) => format!("the batch ran to its end, entry {len}"),
        Some(Status::Exit) => format!("entry {pc} left the batch"),
        Some(Status::OutOfFuel) => {
            format!("no fuel was left at entry {pc}; set fuel and run it again to go on")
        }
        Some(Status::Punt) => format!("the call of entry {pc} was handed back ({fuel} fuel left)"),
        Some(Status::Interrupted) => format!("a signal came at entry {pc}; run it again to go on"),
        Some(Status::Trapped) => {
            format!(
                "a seccomp filter trapped the call of entry {pc}, whose result the ioctl returned"
            )
        }
        Some(Status::Refused) => format!(
            "entry {pc} was refused and nothing of it has happened: {}; mend it and run it again",
            meaning(error)
        ),
        Some(Status::Unstored) => format!(
            "entry {pc} has run, but its result {} could not be stored: {}; \
             its result slot cannot be written",
            run.value,
            meaning(error)
        ),
        Some(Status::None) | None => {
            format!("the run header was refused: {}", meaning(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_the_room_there_is() {
        let mut buffer = [0x55_u8; 8];
        let at = buffer.as_mut_ptr().cast::<c_char>();
        // SAFETY: the buffer is as long as is said.
        assert_eq!(unsafe { copy("seven-and-more", at, 8) }, 14);
        assert_eq!(&buffer, b"seven-a\0");
        // SAFETY: nothing is written.
        assert_eq!(unsafe { copy("text", core::ptr::null_mut(), 0) }, 4);
        // SAFETY: the buffer is as long as is said.
        assert_eq!(unsafe { copy("", at, 1) }, 0);
        assert_eq!(buffer[0], 0);
    }

    #[test]
    fn every_status_is_explained() {
        for raw in 0..=9 {
            let run = Run {
                status: raw,
                pc: 3,
                len: 5,
                ..Run::default()
            };
            let text = explain(&run, -libc::EFAULT);
            assert!(!text.is_empty());
            if raw == Status::Refused.raw() {
                assert!(text.starts_with("entry 3 was refused"), "{text}");
                assert!(text.contains("Bad address"), "{text}");
            }
        }
        assert_eq!(meaning(0), "success");
        assert!(meaning(i32::MIN).contains("Unknown error"));
    }
}
