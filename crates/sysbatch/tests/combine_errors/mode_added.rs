#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::read;

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    let stat = fstat(file)?;
    if stat.st_mode + 1 == 5 {
        fsync(file)?;
    }
    Ok(number)
}

fn main() {}
