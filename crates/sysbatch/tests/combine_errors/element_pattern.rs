#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::{pread, read};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, pairs: &[[String; 2]], number: u64) -> io::Result<u64> {
    fsync(file)?;
    for [first, second] in pairs {
        renameat(file, first, file, second)?;
    }
    Ok(number)
}

fn main() {}
