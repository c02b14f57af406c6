#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::read;

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    let mut memory = [std::mem::MaybeUninit::uninit(); 512];
    let mut entries = RawDir::new(file, &mut memory);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_name().to_bytes() == b"a\0" {
            fsync(file)?;
        }
    }
    Ok(number)
}

fn main() {}
