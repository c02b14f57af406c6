//! Accepts connections, reads a request from each and answers it.

use std::io;
use std::os::fd::BorrowedFd;

use sysbatch::combine;
use sysbatch::rustix::io::{read, write};
use sysbatch::rustix::net::{Shutdown, SocketFlags, accept_with, shutdown};

/// Serves one connection; returns the length of the request.
#[combine(deny_split)]
pub(crate) fn serve(listener: BorrowedFd<'_>, buffer: &mut [u8; 1024]) -> io::Result<usize> {
    let connection = accept_with(listener, SocketFlags::CLOEXEC)?;
    let length = read(&connection, &mut buffer[..])?;
    write(&connection, &buffer[..length])?;
    shutdown(&connection, Shutdown::Write)?;
    Ok(length)
}
