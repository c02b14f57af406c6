//! What is closed on the submitting thread.

use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{Mode, OFlags};

use super::calls::{on_ring, user_ring};
use super::{in_shared_memory, is_tmpfs, scratch};

/// Closes a descriptor; whether on this thread.
fn is_closed_inline(what: &str, fd: impl Into<OwnedFd>) -> bool {
    let ring = user_ring();
    let fd = fd.into().into_raw_fd() as u64;
    let (inline, result) = on_ring(&ring, (libc::SYS_close, [fd, 0, 0, 0, 0, 0]));
    assert_eq!(result, 0, "{what}");
    inline
}

#[test]
fn what_is_released_without_waiting() {
    let place = scratch();
    let path = place.path().join("file");
    fs::write(&path, "content").unwrap();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let path_only = rustix::fs::open(&path, OFlags::PATH, Mode::empty()).unwrap();
    let cases: [(&str, OwnedFd); 9] = [
        ("a file", fs::File::open(&path).unwrap().into()),
        ("a directory", fs::File::open(place.path()).unwrap().into()),
        ("a path", path_only),
        ("a pipe to read", reader),
        ("a pipe to write", writer),
        ("a local socket", ours.into()),
        ("a socket that listens", listener.into()),
        ("a connection", client.into()),
        ("a datagram socket", udp.into()),
    ];
    for (what, fd) in cases {
        assert!(is_closed_inline(what, fd), "{what}");
    }
    // The other end has been told.
    let mut byte = [0];
    assert_eq!(std::io::Read::read(&mut &theirs, &mut byte).unwrap(), 0);
}

#[test]
fn what_may_wait_is_closed_elsewhere() {
    let place = scratch();
    let path = place.path().join("file");
    let written = fs::File::create(&path).unwrap();
    let unlinked = fs::File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let lingering = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let time = Some(std::time::Duration::from_secs(1));
    rustix::net::sockopt::set_socket_linger(&lingering, time).unwrap();
    let event = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let device = fs::File::open("/dev/null").unwrap();
    let in_memory = is_tmpfs(place.path());
    let cases: [(&str, OwnedFd, bool); 5] = [
        ("a file that was written", written.into(), in_memory),
        ("a file without a name", unlinked.into(), in_memory),
        ("a socket that lingers", lingering.into(), false),
        ("an event", event, false),
        ("a device", device.into(), false),
    ];
    for (what, fd, is_inline) in cases {
        assert_eq!(is_closed_inline(what, fd), is_inline, "{what}");
    }
}

#[test]
fn what_was_written_in_memory_is_just_freed() {
    let Some(place) = in_shared_memory() else {
        return;
    };
    let path = place.path().join("file");
    let written = fs::File::create(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(is_closed_inline("a file without a name", written));
}

#[test]
fn what_is_not_open_is_an_error_and_nothing_else_is_closed() {
    let ring = user_ring();
    let file = tempfile::tempfile().unwrap();
    let fd = file.as_raw_fd();
    let close = |fd: i32| (libc::SYS_close, [fd as u64, 0, 0, 0, 0, 0]);
    let bad = on_ring(&ring, close(i32::MAX)).1;
    assert_eq!(bad, -i64::from(libc::EBADF));
    assert!(rustix::io::fcntl_getfd(&file).is_ok(), "{fd} is open");
}
