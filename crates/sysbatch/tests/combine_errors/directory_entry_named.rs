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
        if let Err(error) = unlinkat(file, entry.file_name(), AtFlags::empty()) {
            return Err(io::Error::other(format!("{entry:?}: {error}")));
        }
    }
    Ok(number)
}

fn main() {}
