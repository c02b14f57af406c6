//! What is known of descriptors, what waits for them, and what is told of open files,
//! compared with the same calls made alone.

mod common;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use common::{backend, scratch};
use rustix::event::{EventfdFlags, epoll};
use rustix::fs::{Advice, FallocateFlags, FlockOperation, MemfdFlags, Mode, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, socket_with, socketpair, sockopt,
};
use sysbatch::{Batch, CallErrorKind, SocketOption, SocketOptionName};

#[test]
fn flags_of_descriptors() {
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let backend = backend();
    let mut batch = Batch::new();
    let before = batch.fcntl_getfd(&reader);
    batch.fcntl_setfd(&reader, FdFlags::CLOEXEC);
    let after = batch.fcntl_getfd(&reader);
    let status = batch.fcntl_getfl(&reader);
    batch.fcntl_setfl(&reader, OFlags::NONBLOCK);
    let changed = batch.fcntl_getfl(&reader);
    let copy = batch.fcntl_dupfd_cloexec(&reader, 100);
    let of_copy = batch.fcntl_getfd(&copy);
    let mut results = batch.run(&backend).unwrap();
    results.check().unwrap();
    assert_eq!(results.get(&before), Ok(FdFlags::empty()));
    assert_eq!(results.get(&after), Ok(FdFlags::CLOEXEC));
    assert_eq!(results.get(&of_copy), Ok(FdFlags::CLOEXEC));
    assert_eq!(results.get(&status), Ok(OFlags::RDONLY));
    assert_eq!(results.get(&changed), Ok(OFlags::NONBLOCK));
    let copy = results.take(&copy).unwrap();
    assert!(std::os::fd::AsRawFd::as_raw_fd(&copy) >= 100);
    drop(results);
    assert_eq!(rustix::fs::fcntl_getfl(&reader), Ok(OFlags::NONBLOCK));
    assert_eq!(rustix::io::fcntl_getfd(&reader), Ok(FdFlags::CLOEXEC));
    assert_eq!(
        rustix::io::read(&copy, &mut [0_u8; 1]),
        Err(Errno::AGAIN),
        "the same open file"
    );
}

#[test]
fn events_are_waited_for() {
    let backend = backend();
    let counter = rustix::event::eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let number = 3_u64.to_ne_bytes();
    let now = Some(Duration::ZERO);
    let readable = epoll::EventFlags::IN;
    let mut batch = Batch::new();
    let epoll = batch.epoll_create1(epoll::CreateFlags::CLOEXEC);
    let absent = batch.epoll_modify(&epoll, &counter, 1, readable);
    batch.epoll_add(&epoll, &counter, 7, readable);
    let nothing = batch.epoll_wait(&epoll, 4, now);
    batch.write(&counter, &number);
    let one = batch.epoll_wait(&epoll, 4, None);
    batch.epoll_modify(
        &epoll,
        &counter,
        u64::MAX,
        readable | epoll::EventFlags::OUT,
    );
    let other = batch.epoll_wait(&epoll, 4, Some(Duration::from_nanos(1)));
    batch.epoll_delete(&epoll, &counter);
    let gone = batch.epoll_wait(&epoll, 4, now);
    let none = batch.epoll_wait(&epoll, 0, now);
    let results = batch.run(&backend).unwrap();
    let failures: Vec<_> = results.failures().map(|error| error.errno()).collect();
    assert_eq!(failures, [Some(Errno::NOENT), Some(Errno::INVAL)]);
    assert!(results.get(&absent).is_err());
    assert!(results.get(&none).is_err());
    let events = |handle| {
        let events: Vec<epoll::Event> = results.get(handle).unwrap();
        let data = events.iter().map(|event| (event.data.u64(), event.flags));
        data.collect::<Vec<_>>()
    };
    assert_eq!(events(&nothing), []);
    assert_eq!(events(&one), [(7, readable)]);
    assert_eq!(
        events(&other),
        [(u64::MAX, readable | epoll::EventFlags::OUT)]
    );
    assert_eq!(events(&gone), []);
}

#[test]
fn options_are_asked_for() {
    let seconds = Duration::from_secs;
    let kind = SocketType::STREAM;
    let socket = socket_with(
        AddressFamily::INET,
        kind,
        SocketFlags::CLOEXEC,
        Some(ipproto::TCP),
    )
    .unwrap();
    let options = [
        SocketOption::ReuseAddress(true),
        SocketOption::Linger(Some(seconds(5))),
        SocketOption::ReceiveTimeout(Some(Duration::from_millis(1500))),
        SocketOption::SendTimeout(None),
        SocketOption::TcpNoDelay(true),
        SocketOption::TcpKeepIdle(seconds(11)),
        SocketOption::TcpKeepCount(13),
        SocketOption::IpTimeToLive(14),
        SocketOption::IpTypeOfService(16),
    ];
    let names = [
        SocketOptionName::ReuseAddress,
        SocketOptionName::Linger,
        SocketOptionName::ReceiveTimeout,
        SocketOptionName::SendTimeout,
        SocketOptionName::TcpNoDelay,
        SocketOptionName::TcpKeepIdle,
        SocketOptionName::TcpKeepCount,
        SocketOptionName::IpTimeToLive,
        SocketOptionName::IpTypeOfService,
    ];
    let backend = backend();
    let mut batch = Batch::new();
    for option in options {
        batch.setsockopt(&socket, option);
    }
    let asked = names.map(|name| batch.getsockopt(&socket, name));
    let buffer = batch.getsockopt(&socket, SocketOptionName::ReceiveBuffer);
    let of_kind = batch.getsockopt(&socket, SocketOptionName::Type);
    let error = batch.getsockopt(&socket, SocketOptionName::Error);
    // The second run gives the same: the length is set again.
    for _ in 0..2 {
        let results = batch.run(&backend).unwrap();
        results.check().unwrap();
        assert_eq!(asked.map(|option| results.get(&option).unwrap()), options);
        assert_eq!(results.get(&of_kind), Ok(SocketOption::Type(kind)));
        assert_eq!(results.get(&error), Ok(SocketOption::Error(None)));
        let size = sockopt::socket_recv_buffer_size(&socket).unwrap();
        let size = SocketOption::ReceiveBuffer(u32::try_from(size).unwrap());
        assert_eq!(results.get(&buffer), Ok(size));
    }
    let mut batch = Batch::new();
    let file = File::open("/dev/null").unwrap();
    let bad = batch.getsockopt(&file, SocketOptionName::Error);
    let results = batch.run(&backend).unwrap();
    let error = results.get(&bad).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Errno(Errno::NOTSOCK));
}

#[test]
fn the_error_of_a_socket() {
    let (a, b) = socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    // Closed with something unread: the other end is told.
    rustix::net::send(&b, b"unread", SendFlags::empty()).unwrap();
    drop(a);
    let backend = backend();
    let mut batch = Batch::new();
    let error = batch.getsockopt(&b, SocketOptionName::Error);
    let results = batch.run(&backend).unwrap();
    let reset = SocketOption::Error(Some(Errno::CONNRESET));
    assert_eq!(results.get(&error), Ok(reset));
}

#[test]
fn open_files() {
    let directory = scratch();
    let path = directory.path().join("file");
    let file = File::create(&path).unwrap();
    let other = File::open(&path).unwrap();
    let backend = backend();
    let mut batch = Batch::new();
    let allocated = batch.fallocate(&file, FallocateFlags::empty(), 0_u64, 8192_u64);
    let bad = batch.fallocate(&file, FallocateFlags::empty(), 0_u64, 0_u64);
    let mode = batch.fchmod(&file, Mode::from(0o640));
    let advised = batch.fadvise64(&file, 0_u64, 0_u64, Advice::Sequential);
    let synced = [batch.fdatasync(&file), batch.syncfs(&file)];
    let locked = batch.flock(&file, FlockOperation::LockExclusive);
    let refused = batch.flock(&other, FlockOperation::NonBlockingLockShared);
    let unlocked = batch.flock(&file, FlockOperation::Unlock);
    let shared = batch.flock(&other, FlockOperation::NonBlockingLockShared);
    let memory = batch.memfd_create("name", MemfdFlags::CLOEXEC);
    let written = batch.write(&memory, "text");
    let results = batch.run(&backend).unwrap();
    for call in [
        &mode, &advised, &synced[0], &synced[1], &locked, &unlocked, &shared,
    ] {
        assert_eq!(results.get(call), Ok(()));
    }
    assert_eq!(results.get(&written), Ok(4));
    let error = |call| results.get(call).unwrap_err().errno();
    assert_eq!(error(&bad), Some(Errno::INVAL));
    assert_eq!(error(&refused), Some(Errno::AGAIN));
    let link = format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&results.fd(&memory).unwrap())
    );
    assert_eq!(
        fs::read_link(link).unwrap(),
        std::path::Path::new("/memfd:name (deleted)")
    );
    let metadata = fs::metadata(&path).unwrap();
    match results.get(&allocated) {
        Ok(()) => assert_eq!(metadata.len(), 8192),
        // Some file systems cannot.
        Err(error) => assert_eq!(error.errno(), Some(Errno::OPNOTSUPP)),
    }
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
}
