#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::read;
use std::os::fd::OwnedFd;

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, owned: OwnedFd, number: u64) -> io::Result<u64> {
    let mut memory = [std::mem::MaybeUninit::uninit(); 512];
    let mut entries = RawDir::new(owned, &mut memory);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        fsync(file)?;
    }
    Ok(number)
}

fn main() {}
