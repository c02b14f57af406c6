//! Calls with arguments or results of their own kind.

use std::io::{IoSlice, IoSliceMut, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixDatagram;

use sysbatch::combine;
use sysbatch::rustix::fs::{
    CWD, MemfdFlags, XattrFlags, copy_file_range, fgetxattr, flistxattr, fsetxattr, fstat,
    memfd_create, readlinkat_raw, sendfile,
};
use sysbatch::rustix::io::{Errno, preadv, pwritev, read, readv, writev};
use sysbatch::rustix::net::SendFlags;
use sysbatch::rustix::net::{RecvFlags, recv, send};

use crate::common::scratch;
use crate::crossings;

/// Answers messages with their beginnings until one is empty; how long they were.
#[combine(deny_split)]
fn answer(socket: BorrowedFd<'_>, flags: RecvFlags) -> Result<(u64, u64), Errno> {
    let mut buffer = [0; 8];
    let mut taken = 0_u64;
    let mut whole = 0_u64;
    while let Ok((length, received)) = recv(socket, &mut buffer, flags) {
        if length == 0 {
            break;
        }
        send(socket, &buffer[..length], SendFlags::empty())?;
        taken += length as u64;
        whole += received as u64;
    }
    Ok((taken, whole))
}

/// Writes and reads pieces.
#[combine(deny_split)]
fn pieces(
    file: BorrowedFd<'_>,
    texts: &[IoSlice<'_>],
    first: &mut [IoSliceMut<'_>],
    second: &mut [IoSliceMut<'_>],
) -> Result<(usize, usize, usize), Errno> {
    let written = writev(file, texts)?;
    pwritev(file, texts, written as u64)?;
    let read = preadv(file, first, 1)?;
    let more = readv(file, second)?;
    Ok((written, read, more))
}

/// Copies in the kernel; how much of each was.
#[combine(deny_split)]
fn copies(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(u64, i64), Errno> {
    let mut sum = 0_u64;
    loop {
        let copied = copy_file_range(from, None, to, None, 3)?;
        let sent = sendfile(to, from, None, 5)?;
        sum += copied as u64;
        if copied == 0 && sent == 0 {
            break;
        }
    }
    let stat = fstat(to)?;
    Ok((sum, stat.st_size))
}

type Lengths = [Result<usize, Errno>; 4];

#[combine(deny_split)]
fn attributes(file: BorrowedFd<'_>, name: &str, room: &mut [u8]) -> Lengths {
    let mut none = [0; 0];
    fsetxattr(file, name, b"value", XattrFlags::empty()).ok();
    let first = fgetxattr(file, name, &mut *room);
    let second = fgetxattr(file, name, &mut none);
    let third = flistxattr(file, &mut none);
    let fourth = fgetxattr(file, "user.missing", &mut none);
    [first, second, third, fourth]
}

#[combine(deny_split)]
fn target(link: &str, buffer: &mut [u8]) -> Result<(usize, usize), Errno> {
    let length = readlinkat_raw(CWD, link, &mut *buffer)?;
    let again = readlinkat_raw(CWD, link, &mut *buffer)?;
    Ok((length, again))
}

#[test]
fn messages_longer_than_their_memory() {
    let (socket, other) = UnixDatagram::pair().unwrap();
    for text in ["one", "a long message", "12345678", ""] {
        other.send(text.as_bytes()).unwrap();
    }
    let (found, taken) = crossings(Some(7), || answer(socket.as_fd(), RecvFlags::TRUNC));
    assert_eq!((found, taken), (Ok((3 + 8 + 8, 3 + 14 + 8)), 1));
    let mut buffer = [0; 64];
    for text in ["one", "a long m", "12345678"] {
        let length = other.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], text.as_bytes());
    }
}

#[test]
fn pieces_of_memory() {
    let file = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
    let texts = [
        IoSlice::new(b"text"),
        IoSlice::new(b""),
        IoSlice::new(b"end"),
    ];
    let (mut a, mut b, mut c) = ([0; 2], [0; 3], [0; 100]);
    let mut first = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
    let mut second = [IoSliceMut::new(&mut c)];
    let (found, taken) = crossings(Some(4), || {
        pieces(file.as_fd(), &texts, &mut first, &mut second)
    });
    assert_eq!((found, taken), (Ok((7, 5, 7)), 1));
    assert_eq!((&a, &b, &c[..7]), (b"ex", b"ten", &b"textend"[..]));
    let many = vec![IoSlice::new(b"x"); 2000];
    let (found, _) = crossings(Some(4), || pieces(file.as_fd(), &many, &mut [], &mut []));
    assert_eq!(found.map(|(written, ..)| written), Ok(1024));
}

#[test]
fn bytes_that_stay_in_the_kernel() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| {
        let path = directory.path().join(name);
        std::fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .unwrap()
    });
    (&from).write_all(&[7; 20]).unwrap();
    std::io::Seek::rewind(&mut &from).unwrap();
    let (found, taken) = crossings(Some(9), || copies(from.as_fd(), to.as_fd()));
    assert_eq!((found, taken), (Ok((9, 20)), 1));
    let mut bytes = [0; 4];
    assert_eq!(read(&to, &mut bytes), Ok(0));
}

#[test]
fn attributes_without_room() {
    let directory = scratch();
    let path = directory.path().join("file");
    std::fs::write(&path, "").unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let name = "user.name";
    let mut room = [0; 16];
    let mut none = [0; 0];
    let expected = [
        fsetxattr(&file, name, b"value", XattrFlags::empty())
            .and_then(|()| fgetxattr(&file, name, &mut room)),
        fgetxattr(&file, name, &mut none),
        flistxattr(&file, &mut none),
        fgetxattr(&file, "user.missing", &mut none),
    ];
    let (found, taken) = crossings(Some(5), || attributes(file.as_fd(), name, &mut room));
    assert_eq!((found, taken), (expected, 1));
}

#[test]
fn targets_of_links() {
    let directory = scratch();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("target", &link).unwrap();
    let mut buffer = [0; 4];
    let (found, taken) = crossings(Some(2), || target(link.to_str().unwrap(), &mut buffer));
    assert_eq!((found, taken, &buffer), (Ok((4, 4)), 1, b"targ"));
}
