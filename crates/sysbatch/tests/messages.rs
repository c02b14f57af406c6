//! Messages of several pieces, and descriptors that come with them.

mod common;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use common::{backend, scratch};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::{Errno, FdFlags, fcntl_getfd};
use rustix::net::{
    AddressFamily, RecvFlags, ReturnFlags, SendFlags, SocketAddrAny, SocketFlags, SocketType,
    socketpair, sockopt,
};
use sysbatch::{Batch, spare_capacity};

fn unix(kind: SocketType) -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap()
}

/// The address of a socket.
fn address(of: &UdpSocket) -> SocketAddrAny {
    match of.local_addr().unwrap() {
        SocketAddr::V4(address) => address.into(),
        SocketAddr::V6(address) => panic!("{address} is no IPv4 address"),
    }
}

/// A file of its own in a directory that goes away with the test.
fn file() -> (tempfile::TempDir, PathBuf, File) {
    let directory = scratch();
    let path = fs::canonicalize(directory.path()).unwrap().join("file");
    fs::write(&path, "content").unwrap();
    let file = File::open(&path).unwrap();
    (directory, path, file)
}

/// How many descriptors of this process are open for a file.
fn count_open(path: &Path) -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap();
    let links = links.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    links.filter(|link| link == path).count()
}

/// Whether a descriptor is open, for this file.
fn is_of(fd: impl AsFd, file: &File) -> bool {
    let file = file.metadata().unwrap();
    rustix::fs::fstat(fd).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (file.dev(), file.ino()))
}

#[test]
fn pieces_and_addresses() {
    let any = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let [one, two] = [(); 2].map(|()| UdpSocket::bind(any).unwrap());
    let to = address(&two);
    let (mut head, mut rest) = ([0; 3], Vec::with_capacity(8));
    let backend = backend();
    let mut batch = Batch::new();
    let sent = batch.sendmsg(&one, ["mes", "sage"], SendFlags::empty(), Some(&to));
    let short = batch.buffer(2);
    let peek = RecvFlags::PEEK | RecvFlags::TRUNC;
    let peeked = batch.recvmsg(&two, [short], peek);
    let [front, back] = [batch.buffer(3), batch.buffer(9)];
    let received = batch.recvmsg(&two, [front, back], RecvFlags::empty());
    let none = batch.recvmsg(&two, [short], RecvFlags::DONTWAIT);
    // The lengths of addresses are what they were before each run.
    for _ in 0..2 {
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&sent), Ok(7));
        assert_eq!(results.get(&peeked.length), Ok(7), "all of it");
        assert_eq!(results.get(&peeked.flags), Ok(ReturnFlags::TRUNC));
        assert_eq!(results.get(&received.length), Ok(7));
        assert_eq!(results.get(&received.flags), Ok(ReturnFlags::empty()));
        for message in [&peeked, &received] {
            assert_eq!(results.get(&message.address), Ok(Some(address(&one))));
        }
        assert_eq!(results.bytes(short), b"me");
        assert_eq!(
            (results.bytes(front), &results.bytes(back)[..5]),
            (&b"mes"[..], &b"sage\0"[..])
        );
        let error = results.get(&none.length).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::AGAIN));
        assert!(results.get(&none.address).is_err());
    }
    drop(batch);
    rustix::net::sendto(&one, b"again", SendFlags::empty(), &to).unwrap();
    let mut batch = Batch::new();
    let slices = [spare_capacity(&mut rest)];
    let again = batch.recvmsg(&two, slices, RecvFlags::PEEK);
    let slices = [&mut head];
    let cut = batch.recvmsg(&two, slices, RecvFlags::empty());
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&again.length), Ok(5));
    assert_eq!(results.get(&cut.length), Ok(3));
    assert_eq!(results.get(&cut.flags), Ok(ReturnFlags::TRUNC));
    drop(results);
    drop(batch);
    assert_eq!((&head, &rest[..]), (b"aga", &b"again"[..]));
}

#[test]
fn a_piece_as_long_as_what_was_read() {
    let (_directory, _, file) = file();
    let (one, two) = unix(SocketType::STREAM);
    let mut bytes = [0; 16];
    let mut batch = Batch::new();
    let buffer = batch.buffer(64);
    let read = batch.read(&file, buffer);
    let sent = batch.sendmsg(&one, [buffer.first(&read)], SendFlags::empty(), None);
    let received = batch.recvmsg(&two, [&mut bytes], RecvFlags::empty());
    let missing = batch.openat(CWD, "/missing", OFlags::RDONLY, Mode::empty());
    let nothing = batch.read(&missing, buffer);
    let skipped = batch.sendmsg(&one, [buffer.first(&nothing)], SendFlags::empty(), None);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&sent), Ok(7));
    assert_eq!(results.get(&received.length), Ok(7));
    // A stream has no addresses.
    assert_eq!(results.get(&received.address), Ok(None));
    let error = results.get(&skipped).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    drop(results);
    drop(batch);
    assert_eq!(&bytes[..7], b"content");
}

#[test]
fn descriptors_are_received_once() {
    let (_directory, path, file) = file();
    let (one, two) = unix(SocketType::SEQPACKET);
    let backend = backend();
    let mut batch = Batch::new();
    // What the batch opens itself is sent as well.
    let opened = batch.openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let buffer = batch.buffer(16);
    batch.sendmsg_with_descriptors(&one, ["own"], [&opened], SendFlags::empty(), None);
    let fds = [&file, &file];
    batch.sendmsg_with_descriptors(&one, ["lent"], fds, SendFlags::empty(), None);
    batch.sendmsg(&one, ["none"], SendFlags::empty(), None);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let (own, first) = batch.recvmsg_with_descriptors(&two, [buffer], 3, flags);
    let (_, second) = batch.recvmsg_with_descriptors(&two, [buffer], 3, RecvFlags::empty());
    let (none, third) = batch.recvmsg_with_descriptors(&two, [buffer], 3, flags);
    let flags = RecvFlags::DONTWAIT;
    let (_, failed) = batch.recvmsg_with_descriptors(&two, [buffer], 3, flags);
    for is_taken in [false, true, false, true] {
        let mut results = batch.run(&backend).unwrap();
        // The file itself, what the batch opened, and three that it received.
        assert_eq!(count_open(&path), 5);
        let cloexec = ReturnFlags::CMSG_CLOEXEC;
        assert_eq!(results.get(&own.flags), Ok(cloexec));
        assert_eq!(results.get(&none.flags), Ok(cloexec));
        let mut taken = Vec::new();
        if is_taken {
            let first = results.take_all(&first).unwrap();
            assert_eq!(first.len(), 1);
            assert_eq!(fcntl_getfd(&first[0]), Ok(FdFlags::CLOEXEC));
            taken.extend(first);
            let second = results.take_all(&second).unwrap();
            assert_eq!(second.len(), 2);
            assert_eq!(fcntl_getfd(&second[0]), Ok(FdFlags::empty()));
            taken.extend(second);
        }
        if is_taken {
            assert_eq!(results.take_all(&first).unwrap().len(), 0, "they are taken");
        }
        assert_eq!(results.take_all(&third).unwrap().len(), 0);
        let error = results.take_all(&failed).unwrap_err();
        assert_eq!(error.errno(), Some(Errno::AGAIN));
        drop(results);
        assert_eq!(count_open(&path), 1 + taken.len());
        assert!(taken.iter().all(|fd| is_of(fd, &file)));
    }
    assert_eq!(count_open(&path), 1);
}

#[test]
fn descriptors_beyond_the_room_are_closed() {
    let (_directory, path, file) = file();
    let (one, two) = unix(SocketType::DGRAM);
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    for _ in 0..2 {
        let fds = [&file, &file];
        batch.sendmsg_with_descriptors(&one, ["2"], fds, SendFlags::empty(), None);
    }
    // For one the kernel has room for two if the data is padded.
    let (cut, fds) = batch.recvmsg_with_descriptors(&two, [buffer], 1, RecvFlags::empty());
    let none = batch.recvmsg(&two, [buffer], RecvFlags::empty());
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(count_open(&path), 2);
    assert_eq!(results.get(&cut.flags), Ok(ReturnFlags::CTRUNC));
    assert_eq!(results.get(&none.flags), Ok(ReturnFlags::CTRUNC));
    assert_eq!(results.take_all(&fds).unwrap().len(), 1);
    drop(results);
    assert_eq!(count_open(&path), 1);
}

#[test]
fn descriptors_behind_other_ancillary_data() {
    let (_directory, path, file) = file();
    let (one, two) = unix(SocketType::DGRAM);
    sockopt::set_socket_passcred(&two, true).unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    batch.sendmsg_with_descriptors(&one, ["1"], [&file], SendFlags::empty(), None);
    let (message, fds) = batch.recvmsg_with_descriptors(&two, [buffer], 10, RecvFlags::empty());
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&message.flags), Ok(ReturnFlags::empty()));
    let fds = results.take_all(&fds).unwrap();
    assert!(fds.len() == 1 && is_of(&fds[0], &file));
    drop((results, fds));
    assert_eq!(count_open(&path), 1);
}

/// Wherever a loop stops, what is taken was received, and is taken once.
#[test]
fn descriptors_in_a_loop() {
    let (_directory, path, file) = file();
    let (one, two) = unix(SocketType::DGRAM);
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    let (many, single) = ([&file; 5], [&file; 1]);
    let again = batch.here();
    batch.sendmsg_with_descriptors(&one, ["5"], many, SendFlags::empty(), None);
    batch.sendmsg_with_descriptors(&one, ["1"], single, SendFlags::empty(), None);
    batch.sendmsg(&one, ["0"], SendFlags::empty(), None);
    let rounds = batch.param(-3_i64);
    batch.assign(&rounds, -3_i64);
    let receive = batch.here();
    let (message, fds) = batch.recvmsg_with_descriptors(&two, [buffer], 5, RecvFlags::empty());
    let round = batch.add_assign(&rounds, 1_i64);
    batch.on_negative(&round, receive);
    batch.jump(again);
    let backend = backend();
    let mut lengths = Vec::new();
    for fuel in 0..60 {
        batch.fuel(fuel);
        let mut results = batch.run(&backend).unwrap();
        if results.get(&message.length).is_ok() {
            let fds = results.take_all(&fds).unwrap();
            lengths.push(fds.len());
            assert!(fds.iter().all(|fd| is_of(fd, &file)));
        }
        drop(results);
        // What the batch sent and did not receive.
        let flags = RecvFlags::DONTWAIT;
        while rustix::net::recv(&two, &mut [0; 16], flags).is_ok() {}
    }
    for expected in [5, 1, 0] {
        assert!(lengths.contains(&expected), "{lengths:?}");
    }
    // Those that a later round took the place of are lost, as in any loop that opens some.
    assert!(count_open(&path) > 1);
}
