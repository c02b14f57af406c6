//! Numbers: comparing them, adding them, fields of what is known of files.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sysbatch::combine;
use sysbatch::rustix::fs::{
    AtFlags, MemfdFlags, SeekFrom, StatxFlags, fstat, ftruncate, memfd_create, seek, statx,
};
use sysbatch::rustix::io::{Errno, dup};

use crate::batches;
use crate::common::scratch;

fn sized(size: u64) -> OwnedFd {
    let file = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, size).unwrap();
    file
}

#[combine(deny_split)]
fn compare(file: BorrowedFd<'_>, with: u64, signed: i64) -> Result<u64, Errno> {
    let mut bits = 0_u64;
    let place = seek(file, SeekFrom::Current(0))?;
    let stat = fstat(file)?;
    if place < with {
        bits += 1;
    }
    if place <= with {
        bits += 2;
    }
    if with > place {
        bits += 4;
    }
    if place == with {
        bits += 8;
    }
    if stat.st_size < signed {
        bits += 16;
    }
    if stat.st_size >= signed {
        bits += 32;
    }
    if stat.st_size != signed {
        bits += 64;
    }
    Ok(bits)
}

fn compared(place: u64, with: u64, size: i64, signed: i64) -> u64 {
    [
        place < with,
        place <= with,
        with > place,
        place == with,
        size < signed,
        size >= signed,
        size != signed,
    ]
    .into_iter()
    .enumerate()
    .map(|(bit, is)| u64::from(is) << bit)
    .sum()
}

/// The sum of a size and of numbers, with something open.
#[combine(deny_split)]
fn sum(file: BorrowedFd<'_>, with: u64, signed: i64) -> Result<(u64, i64), Errno> {
    let mut sum = 0_u64;
    let mut other = 0_i64;
    let copy = dup(file)?;
    // The first one stays open, without a name.
    let copy = dup(&copy)?;
    let stat = fstat(&copy)?;
    sum += stat.st_size as u64;
    sum += with;
    other += stat.st_size;
    other += signed;
    let place = seek(&copy, SeekFrom::Start(0))?;
    ftruncate(&copy, place + 1)?;
    Ok((sum, other))
}

#[combine(deny_split)]
fn fields(file: BorrowedFd<'_>, owner: u32) -> Result<[bool; 8], Errno> {
    let mut found = 0_u64;
    let stat = fstat(file)?;
    let more = statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)?;
    let mode = stat.st_mode;
    if mode & 0o170_000 == 0o100_000 {
        found += 1;
    }
    if stat.st_uid == owner && more.stx_uid != !owner {
        found += 2;
    }
    if u64::from(more.stx_nlink) == 1 && stat.st_nlink < 2 {
        found += 4;
    }
    if stat.st_mtime > 1_000_000_000 && more.stx_mtime.tv_sec == stat.st_mtime {
        found += 8;
    }
    if stat.st_ino == more.stx_ino && stat.st_mtime_nsec == more.stx_mtime.tv_nsec as u64 {
        found += 16;
    }
    if more.stx_mode as u32 == stat.st_mode {
        found += 32;
    }
    if more.stx_mask & 0x200 != 0 && stat.st_blocks as u64 == more.stx_blocks {
        found += 64;
    }
    if (mode ^ mode) | 5 == 5 {
        found += 128;
    }
    Ok(std::array::from_fn(|bit| found >> bit & 1 == 1))
}

#[test]
fn numbers_compare_as_they_do() {
    let largest = i64::MAX.cast_unsigned();
    for place in [0, 1, 4096, largest] {
        for with in [
            0,
            1,
            4095,
            1 << 62,
            largest - 1,
            largest,
            largest + 1,
            u64::MAX,
        ] {
            for signed in [i64::MIN, -1, 0, 1, 4096, i64::MAX] {
                let file = sized(place);
                seek(&file, SeekFrom::Start(place)).unwrap();
                let (found, taken) = batches(|| compare(file.as_fd(), with, signed).unwrap());
                let expected = compared(place, with, place.cast_signed(), signed);
                assert_eq!((found, taken), (expected, 1), "{place} {with} {signed}");
            }
        }
    }
}

#[test]
fn sums_overflow_as_they_do() {
    let largest = i64::MAX.cast_unsigned();
    let checks = catch_unwind(|| std::hint::black_box(u8::MAX) + std::hint::black_box(1)).is_err();
    for size in [0, 7, largest] {
        for (with, signed) in [
            (0, 0),
            (u64::MAX, 1),
            (1 << 63, i64::MIN),
            (u64::MAX - 7, -8),
            (u64::MAX - largest, i64::MAX),
        ] {
            let file = sized(size);
            let (expected, over) = size.overflowing_add(with);
            let (other, over_too) = size.cast_signed().overflowing_add(signed);
            // A sum that overflows is made outside of the batch, which then goes on.
            let entered = 1 + u64::from(over) + u64::from(over_too);
            let of = AssertUnwindSafe(|| batches(|| sum(file.as_fd(), with, signed)));
            let result = catch_unwind(of);
            if entered == 1 || !checks {
                let (found, taken) = result.unwrap();
                assert_eq!(
                    (found, taken),
                    (Ok((expected, other)), entered),
                    "{size} {with} {signed}"
                );
                assert_eq!(fstat(&file).unwrap().st_size, 1);
            } else {
                let panic = result.unwrap_err();
                let text = panic.downcast_ref::<&str>().copied().unwrap_or("");
                let text = panic.downcast_ref::<String>().map_or(text, |text| text);
                assert!(text.contains("add with overflow"), "{text}");
            }
        }
    }
}

#[test]
fn fields_are_what_they_are() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, "text").unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let owner = file.metadata().unwrap().uid();
    let (found, taken) = batches(|| fields(file.as_fd(), owner).unwrap());
    assert_eq!((found, taken), ([true; 8], 1));
}
