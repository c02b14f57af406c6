#![allow(unused)]
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::combine;
use sysbatch::rustix::fs::{fstat, fsync, ftruncate, openat, statat, unlinkat, AtFlags, Mode, OFlags, CWD};
use sysbatch::rustix::io::{pread, read, write, Errno};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    fsync(file)?;
    while let Ok(1) = read(file, &mut *buffer) {
        fsync(file)?;
    }
    Ok(number)
}

fn main() {}
