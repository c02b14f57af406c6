#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::read;

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    let stat = fstat(file)?;
    let mut sum = 0_i64;
    let length = stat.st_size;
    sum += length;
    let mut bytes = [0; 8];
    let length = read(file, &mut bytes)?;
    fsync(file)?;
    Ok(number)
}

fn main() {}
