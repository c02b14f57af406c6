#![allow(unused)]
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::combine;
use sysbatch::rustix::fs::{fstat, fsync, ftruncate, openat, statat, unlinkat, AtFlags, Mode, OFlags, CWD};
use sysbatch::rustix::io::{pread, read, write, Errno};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    let mut count = 0_u64;
    fsync(file)?;
    ftruncate(file, count + number)?;
    Ok(number)
}

fn main() {}
