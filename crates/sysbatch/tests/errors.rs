//! Every error of the library goes through `?` where `io::Error` or `anyhow::Error` is
//! returned.

mod common;

use std::error::Error;
use std::io::{self, ErrorKind};

use common::backend;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use sysbatch::combined::{self, CombinedError};
use sysbatch::{
    Backend, Batch, BatchError, BuildError, CallError, CompletionError, DeviceError, EventError,
    RawSubmitError, RefusedReason, Ring, RingError, RingOptions, SelectError, SubmitError,
    WaitError,
};

/// What an error has to be for `?`.
const fn goes_through<E: Error + Into<io::Error> + Send + Sync + 'static>() {}

macro_rules! errors {
    ($($error:ident),* $(,)?) => {
        const _: () = {
            $(goes_through::<$error>();)*
        };
        const CHECKED: &[&str] = &[$(stringify!($error)),*];
    };
}

errors! {
    BatchError, BuildError, CallError, CombinedError, CompletionError, DeviceError, EventError,
    RawSubmitError, RefusedReason, RingError, SelectError, SubmitError, WaitError,
}

#[test]
fn no_error_is_left_out() {
    let exported = [
        include_str!("../src/lib.rs"),
        include_str!("../src/combined/mod.rs"),
    ];
    let words = exported
        .iter()
        .flat_map(|text| text.lines().filter(|line| !line.trim().starts_with("//")))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
    let errors: Vec<&str> = words
        .filter(|word| word.len() > 5 && word.ends_with("Error"))
        .collect();
    assert!(errors.len() >= CHECKED.len());
    for error in errors {
        assert!(CHECKED.contains(&error), "{error} is not checked");
    }
}

fn length(path: &str) -> io::Result<usize> {
    let backend = Backend::select()?;
    let mut buffer = [0; 16];
    let mut batch = Batch::new();
    let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, &mut buffer);
    let results = batch.run(&backend)?;
    results.check()?;
    Ok(results.get(&read)?)
}

fn length_or_anything(path: &str) -> anyhow::Result<usize> {
    let backend = Backend::select()?;
    let bytes = combined::read_file(&backend, CWD, path)?;
    let mut batch = Batch::new();
    batch.getpid();
    batch.run(&backend)?.check()?;
    Ok(bytes.len())
}

#[test]
fn functions_of_other_results() {
    assert_eq!(length("/proc/version").unwrap(), 16);
    assert!(length_or_anything("/proc/version").unwrap() > 16);
    let error = length("/missing").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(sysbatch::errno(&error), Some(Errno::NOENT));
    let error = length_or_anything("/missing").unwrap_err();
    assert!(error.to_string().contains("openat (entry 0)"), "{error}");
}

#[test]
fn kinds_and_numbers() {
    let mut batch = Batch::new();
    batch.openat(CWD, "a\0b", OFlags::RDONLY, Mode::empty());
    let error = io::Error::from(batch.run(&backend()).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(sysbatch::errno(&error), Some(Errno::INVAL));

    let mut batch = Batch::new();
    let again = batch.here();
    batch.jump(again);
    let error = io::Error::from(batch.run(&backend()).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(sysbatch::errno(&error), None);

    let options = RingOptions::default().capacity(0);
    let ring = Ring::with_options(backend(), options);
    let error = io::Error::from(ring.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::InvalidInput);

    let error = io::Error::from(DeviceError::Open {
        path: "/dev/sysbatch".into(),
        errno: Errno::ACCESS,
    });
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(sysbatch::errno(&error), Some(Errno::ACCESS));

    let error = io::Error::from(WaitError::TimedOut);
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), WaitError::TimedOut.to_string());

    // Those of others are looked at, too.
    let error = io::Error::from_raw_os_error(2);
    assert_eq!(sysbatch::errno(&error), Some(Errno::NOENT));
    assert_eq!(sysbatch::errno(&io::Error::other("else")), None);
}
