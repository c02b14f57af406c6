//! Calls with their arguments, results, and what these point to.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::AsRawFd as _;

use crate::recorder::Recorded;
use crate::{mark, traced};

#[test]
fn a_call_is_told_with_its_arguments_and_result() {
    let traced = traced(
        "calls::a_call_is_told_with_its_arguments_and_result",
        || {
            // SAFETY: there is no such descriptor.
            unsafe { libc::syscall(libc::SYS_fsync, 12_345) };
            let mut file = File::open("/proc/self/exe").expect("the test");
            let mut bytes = [0; 4];
            file.read_exact(&mut bytes).expect("a program");
            assert_eq!(&bytes, b"\x7fELF");
            // SAFETY: it has no arguments.
            unsafe { libc::syscall(libc::SYS_fdatasync, file.as_raw_fd()) };
        },
    );
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(trace.calls, told.calls.len() as u64);
    assert_eq!(trace.foreign, 0);
    let failed: Vec<&Recorded> = told.of(libc::SYS_fsync).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].arguments[0], 12_345);
    assert_eq!(failed[0].result, -i64::from(libc::EBADF));
    let opened = told.with(libc::SYS_openat, "/proc/self/exe");
    assert_eq!(opened.len(), 1, "{opened:?}");
    let file = opened[0].result;
    assert!(file > 2);
    let read = told
        .of(libc::SYS_read)
        .find(|call| call.arguments[0] == file as u64 && call.arguments[2] == 4)
        .expect("it was read");
    assert_eq!(read.result, 4);
    assert_eq!(told.of(libc::SYS_fdatasync).count(), 1);
}

#[test]
fn every_call_is_told() {
    let traced = traced("calls::every_call_is_told", || {
        (0..1000).for_each(|_| mark());
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    assert_eq!(told.of(libc::SYS_getppid).count(), 1000);
}

#[test]
fn what_a_call_writes_is_told() {
    let traced = traced("calls::what_a_call_writes_is_told", || {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a name");
        fs::write(&path, [7; 1234]).expect("a file");
        fs::write(folder.path().join("another"), []).expect("a file");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
        assert_eq!(fs::metadata(path).expect("a file").len(), 1234);
    });
    let Some((trace, told)) = traced else { return };
    assert!(trace.status.success());
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|one| one == part);
    let mut entries = told.of(libc::SYS_getdents64);
    let (first, last) = (
        entries.next().expect("a call"),
        entries.next().expect("two"),
    );
    assert_eq!(first.written.len() as i64, first.result);
    assert!(contains(&first.written, b"a name\0"));
    assert!(contains(&first.written, b"another\0"));
    assert_eq!((last.result, last.written.len()), (0, 0));
    let is_named = |call: &&Recorded| call.texts.iter().any(|text| text.ends_with("/a name"));
    let looked: Vec<&Recorded> = told.of(libc::SYS_statx).filter(is_named).collect();
    assert_eq!(looked.len(), 1);
    assert!(contains(&looked[0].written, &1234_u64.to_ne_bytes()));
}

#[test]
fn a_path_that_is_not_there_is_no_text() {
    let traced = traced("calls::a_path_that_is_not_there_is_no_text", || {
        // SAFETY: the kernel checks the address, which is none.
        let result = unsafe { libc::syscall(libc::SYS_chdir, 8_usize) };
        assert_eq!(result, -1);
    });
    let Some((_, told)) = traced else { return };
    let called: Vec<&Recorded> = told.of(libc::SYS_chdir).collect();
    assert_eq!(called.len(), 1);
    assert_eq!(called[0].result, -i64::from(libc::EFAULT));
    assert!(called[0].texts.is_empty());
}

#[test]
fn what_a_program_can_not_write_is_constant() {
    let traced = traced("calls::what_a_program_can_not_write_is_constant", || {
        let null = File::create("/dev/null").expect("there is one");
        let mut buffer = *b"a text that can be written";
        for text in [&b"a text of the program's file"[..], &mut buffer] {
            let (address, size) = (text.as_ptr(), text.len());
            // SAFETY: the text is that long.
            let result = unsafe { libc::pwrite64(null.as_raw_fd(), address.cast(), size, 0) };
            assert_eq!(result, size as isize);
        }
    });
    let Some((_, told)) = traced else { return };
    let written: Vec<[bool; 6]> = told
        .of(libc::SYS_pwrite64)
        .map(|call| call.constant)
        .collect();
    let constant = [false, true, false, false, false, false];
    assert_eq!(written, [constant, [false; 6]]);
}
