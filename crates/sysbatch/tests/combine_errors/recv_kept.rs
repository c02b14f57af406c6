#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::{copy_file_range, fsync, getxattr};
use sysbatch::rustix::io::{pread, read};
use sysbatch::rustix::net::{RecvFlags, recv};

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, buffer: &mut [u8; 64], number: u64) -> io::Result<u64> {
    fsync(file)?;
    let outcome = recv(file, buffer, RecvFlags::empty());
    fsync(file)?;
    Ok(number)
}

fn main() {}
