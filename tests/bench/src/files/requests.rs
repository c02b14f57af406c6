//! The files that are to be read, with the memory that is read to.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use super::SIZE;

/// A file.
#[derive(Debug)]
pub(super) struct Request {
    number: usize,
    pub(super) path: CString,
    pub(super) buffer: Box<[u8]>,
    /// What the three calls returned.
    pub(super) results: [i64; 3],
}

/// All of them, in the order in which they are read.
#[derive(Debug)]
pub(super) struct Requests(pub(super) Vec<Request>);

impl Requests {
    pub(super) fn new(paths: &[(usize, PathBuf)]) -> anyhow::Result<Self> {
        let requests = paths.iter().map(|(number, path)| {
            Ok(Request {
                number: *number,
                path: CString::new(path.as_os_str().as_bytes()).context("the path of a file")?,
                buffer: vec![0; SIZE].into(),
                results: [-1; 3],
            })
        });
        Ok(Self(requests.collect::<anyhow::Result<_>>()?))
    }

    /// Sees that all have been read, and forgets it.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        for request in &mut self.0 {
            let [open, read, close] = request.results;
            ensure!(
                open >= 0 && read == SIZE as i64 && close == 0,
                "{}: open returned {open}, read {read}, close {close}",
                request.path.to_string_lossy()
            );
            check(request.number, &request.buffer)
                .with_context(|| request.path.to_string_lossy().into_owned())?;
            request.results = [-1; 3];
            request.buffer[0] = 0;
        }
        Ok(())
    }
}

/// What is in the file with a number.
pub(super) fn contents(number: usize) -> [u8; SIZE] {
    [b'a' + (number % 26) as u8; SIZE]
}

/// Sees that a file was read.
pub(super) fn check(number: usize, bytes: &[u8]) -> anyhow::Result<()> {
    ensure!(
        bytes == contents(number),
        "other bytes were read than were written"
    );
    Ok(())
}
