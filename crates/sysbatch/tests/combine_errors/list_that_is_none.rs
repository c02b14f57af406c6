#![allow(unused)]
use std::io;
use std::os::fd::BorrowedFd;
use sysbatch::combine;
use sysbatch::rustix::fs::*;
use sysbatch::rustix::io::{pread, read};

struct Vec<T>(std::marker::PhantomData<T>);

impl<'a, T> IntoIterator for &'a Vec<T> {
    type Item = &'static str;
    type IntoIter = std::iter::Once<&'static str>;
    fn into_iter(self) -> Self::IntoIter {
        std::iter::once("a")
    }
}

#[combine(deny_split)]
fn function(file: BorrowedFd<'_>, names: &Vec<u8>, number: u64) -> io::Result<u64> {
    fsync(file)?;
    for name in names {
        unlinkat(file, name, AtFlags::empty())?;
    }
    Ok(number)
}

fn main() {}
