#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::{pread, read};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, names: Vec<String>, number: u64) -> io::Result<u64> {
    fsync(file)?;
    for name in names {
        unlinkat(file, name, AtFlags::empty())?;
    }
    Ok(number)
}

fn main() {}
