#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::read;

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    fsync(file)?;
    'outer: loop {
        fsync(file)?;
        break 'outer number;
    }
    Ok(number)
}

fn main() {}
