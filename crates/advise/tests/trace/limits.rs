//! What can't be traced.

use std::io;
use std::process::Command;

use sysbatch_advise::trace::{self, Error, Overhead};

use crate::traced;

fn error_of(command: &str) -> Error {
    let started = trace::start(Command::new(command));
    started.expect_err("there is nothing to trace")
}

#[test]
fn what_can_not_be_started() {
    let Error::Start(error) = error_of("/no/such/program") else {
        panic!("another error");
    };
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let Error::Start(error) = error_of("/etc/passwd") else {
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
