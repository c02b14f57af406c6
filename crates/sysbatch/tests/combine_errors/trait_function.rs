#![allow(unused)]
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sysbatch::combine;
use sysbatch::rustix::fs::{fstat, fsync, ftruncate, openat, statat, unlinkat, AtFlags, Mode, OFlags, CWD};
use sysbatch::rustix::io::{pread, read, write, Errno};

trait Trait {
    #[combine]
    fn function();
}

fn main() {}
