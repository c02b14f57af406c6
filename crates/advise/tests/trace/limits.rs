//! What can't be traced.

use std::ffi::OsStr;
use std::io;
use std::process::Command;

use sysbatch_advise::trace::{self, Error, Overhead};

use crate::traced;

fn error_of(command: impl AsRef<OsStr>) -> Error {
    let started = trace::start(Command::new(command));
    started.expect_err("there is nothing to trace")
}

#[test]
fn what_can_not_be_started() {
    let Error::Start(error) = error_of("/no/such/program") else {
        panic!("another error");
    };
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let Error::Start(error) = error_of(file.path()) else {
        panic!("another error");
    };
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn what_is_traced_already() {
    let traced = traced("limits::what_is_traced_already", || {
        let error = error_of("/bin/true");
        assert!(matches!(error, Error::NotAllowed(_)), "{error:?}");
        let error = Overhead::measure(0).expect_err("nor that");
        assert!(matches!(error, Error::NotAllowed(_)), "{error:?}");
    });
    let Some((trace, _)) = traced else { return };
    assert!(trace.status.success());
}

#[test]
fn what_tracing_costs_is_measured() {
    // Nothing is said of how long: only that it was all gone through.
    Overhead::measure(8).expect("it can be traced");
}

/// A call as programs of 32 bits make it.
#[cfg(target_arch = "x86_64")]
fn call_of_32_bits(number: u32) -> i32 {
    let mut register = number as i32;
    // SAFETY: the call only gives a number, and the kernel keeps the registers of such
    // calls besides the result, and r8 to r11.
    unsafe {
        std::arch::asm!(
            "int 0x80",
            inout("eax") register,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    register
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_32_bits_are_counted_and_not_looked_at() {
    /// `getpid` of 32 bits; of 64 it is `writev`.
    const GETPID: u32 = 20;
    let name = "limits::calls_of_32_bits_are_counted_and_not_looked_at";
    let traced = traced(name, || {
        for _ in 0..3 {
            assert_eq!(call_of_32_bits(GETPID), std::process::id() as i32);
        }
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(trace.foreign, 3);
    assert_eq!(trace.calls, told.calls.len() as u64);
    assert_eq!(told.of(GETPID.into()).count(), 0);
}
