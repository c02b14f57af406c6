#![allow(unused)]
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::combine;
use sysbatch::rustix::fs::{fstat, fsync, ftruncate, openat, statat, unlinkat, AtFlags, Mode, OFlags, CWD};
use sysbatch::rustix::io::{pread, read, write, Errno};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, mut two: ([u8; 4], [u8; 4]), number: u64) -> io::Result<u64> {
    read(file, &mut two.0[..])?;
    read(file, &mut two.1[..])?;
    Ok(number)
}

fn main() {}
