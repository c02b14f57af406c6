//! Sockets: a whole conversation in a batch, and what rustix sees of it.

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use common::{backend, scratch};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrAny, SocketAddrUnix, SocketFlags,
    SocketType, getpeername, getsockname, ipproto, sockopt,
};
use sysbatch::{Batch, SocketOption};

const ANY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);

/// The address of a socket of the standard library.
fn address(of: std::net::SocketAddr) -> SocketAddrV4 {
    match (of.ip(), of.port()) {
        (IpAddr::V4(ip), port) => SocketAddrV4::new(ip, port),
        (IpAddr::V6(ip), _) => panic!("{ip} is no IPv4 address"),
    }
}

#[test]
fn a_connection() {
    let directory = scratch();
    let path = SocketAddrUnix::new(directory.path().join("socket")).unwrap();
    let mut request = [0; 16];
    let mut answer = [0; 16];
    let mut batch = Batch::new();
    let flags = SocketFlags::CLOEXEC;
    let [listener, client] =
        [(); 2].map(|()| batch.socket(AddressFamily::UNIX, SocketType::STREAM, flags, None));
    let bound = batch.bind(&listener, &path);
    let listening = batch.listen(&listener, 1);
    let connected = batch.connect(&client, &path);
    let (server, peer) = batch.accept4_with_address(&listener, flags);
    let asked = batch.sendto(&client, "question", SendFlags::NOSIGNAL, None);
    let heard = batch.recvfrom(&server, &mut request, RecvFlags::empty());
    let answered = batch.sendto(&server, b"answer", SendFlags::empty(), None);
    let ended = batch.shutdown(&server, Shutdown::Write);
    let read = batch.recvfrom(&client, &mut answer, RecvFlags::WAITALL);
    let again = batch.connect(&client, &path);
    let mut results = batch.run(&backend()).unwrap();
    for call in [&bound, &listening, &connected, &ended] {
        assert_eq!(results.get(call), Ok(()));
    }
    let lengths = [&asked, &heard, &answered, &read].map(|call| results.get(call));
    assert_eq!(lengths, [Ok(8), Ok(8), Ok(6), Ok(6)]);
    assert_eq!(
        results.get(&again).unwrap_err().errno(),
        Some(Errno::ISCONN)
    );
    let peer = results.get(&peer).unwrap().unwrap();
    assert_eq!(peer.address_family(), AddressFamily::UNIX, "without a name");
    assert_eq!(peer.addr_len(), 2);
    let server = results.take(&server).unwrap();
    assert_eq!(
        getsockname(&server).unwrap(),
        SocketAddrAny::from(path.clone())
    );
    let client: OwnedFd = results.take(&client).unwrap();
    assert_eq!(getpeername(client), Ok(Some(path.into())));
    drop(results);
    drop(batch);
    assert_eq!(&request[..8], b"question");
    assert_eq!(&answer[..6], b"answer");
}

#[test]
fn addresses_of_the_other_side() {
    let listener = TcpListener::bind(ANY).unwrap();
    let at = address(listener.local_addr().unwrap());
    let backend = backend();
    let mut batch = Batch::new();
    let client = batch.socket(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    );
    let connected = batch.connect(&client, &at);
    let (server, peer) = batch.accept4_with_address(&listener, SocketFlags::NONBLOCK);
    for _ in 0..2 {
        let mut results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&connected), Ok(()));
        let client = results.take(&client).unwrap();
        let server = results.take(&server).unwrap();
        let peer = results.get(&peer).unwrap().unwrap();
        assert_eq!(peer, getsockname(&client).unwrap());
        assert_eq!(Some(peer), getpeername(&server).unwrap());
        let error = rustix::io::read(&server, &mut [0]).unwrap_err();
        assert_eq!(error, Errno::AGAIN, "it does not block");
    }
    let unconnected = UdpSocket::bind(ANY).unwrap();
    let mut batch = Batch::new();
    let (none, peer) = batch.accept4_with_address(&unconnected, SocketFlags::empty());
    let results = batch.run(&backend).unwrap();
    let errors = [
        results.fd(&none).unwrap_err(),
        results.get(&peer).unwrap_err(),
    ];
    assert_eq!(
        errors.map(|error| error.errno()),
        [Some(Errno::OPNOTSUPP); 2]
    );
}

#[test]
fn datagrams() {
    let one = UdpSocket::bind(ANY).unwrap();
    let two = UdpSocket::bind(ANY).unwrap();
    let to = SocketAddrAny::from(address(two.local_addr().unwrap()));
    let mut buffer = [0; 4];
    let mut batch = Batch::new();
    let sent = batch.sendto(&one, b"datagram", SendFlags::empty(), Some(&to));
    let (read, from) = batch.recvfrom_with_address(&two, &mut buffer, RecvFlags::TRUNC);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.get(&sent), Ok(8));
    assert_eq!(
        results.get(&read),
        Ok(8),
        "all of it, though it did not fit"
    );
    let from = results.get(&from).unwrap().unwrap();
    assert_eq!(from, address(one.local_addr().unwrap()).into());
    drop(results);
    drop(batch);
    assert_eq!(&buffer, b"data");
}

#[test]
#[should_panic(expected = "does not fit a buffer of 4 bytes")]
fn a_truncated_length_is_no_length_of_a_buffer() {
    let socket = UdpSocket::bind(ANY).unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(4);
    let read = batch.recvfrom(&socket, buffer, RecvFlags::TRUNC);
    let _ = buffer.first(&read);
}

#[test]
fn options() {
    let mut batch = Batch::new();
    let flags = SocketFlags::CLOEXEC;
    let socket = batch.socket(AddressFamily::INET, SocketType::STREAM, flags, None);
    let six = batch.socket(AddressFamily::INET6, SocketType::STREAM, flags, None);
    let seconds = Duration::from_secs;
    let set: Vec<_> = [
        SocketOption::ReuseAddress(true),
        SocketOption::ReusePort(true),
        SocketOption::KeepAlive(true),
        SocketOption::Broadcast(true),
        SocketOption::Linger(Some(seconds(9))),
        SocketOption::ReceiveBuffer(10_000),
        SocketOption::SendBuffer(20_000),
        SocketOption::ReceiveTimeout(Some(Duration::from_millis(1500))),
        SocketOption::SendTimeout(Some(seconds(3))),
        SocketOption::TcpNoDelay(true),
        SocketOption::TcpCork(true),
        SocketOption::TcpQuickAck(false),
        SocketOption::TcpKeepIdle(seconds(11)),
        SocketOption::TcpKeepInterval(seconds(12)),
        SocketOption::TcpKeepCount(13),
        SocketOption::TcpDeferAccept(seconds(1)),
        SocketOption::IpTimeToLive(14),
        SocketOption::IpTypeOfService(16),
    ]
    .map(|option| batch.setsockopt(&socket, option))
    .into();
    let only = batch.setsockopt(&six, SocketOption::Ipv6Only(true));
    let wrong = batch.setsockopt(&socket, SocketOption::IpTimeToLive(256));
    let mut results = batch.run(&backend()).unwrap();
    for call in &set {
        assert_eq!(results.get(call), Ok(()));
    }
    let error = results.get(&wrong).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL));
    let socket = results.take(&socket).unwrap();
    assert_eq!(sockopt::socket_reuseaddr(&socket), Ok(true));
    assert_eq!(sockopt::socket_reuseport(&socket), Ok(true));
    assert_eq!(sockopt::socket_keepalive(&socket), Ok(true));
    assert_eq!(sockopt::socket_broadcast(&socket), Ok(true));
    assert_eq!(sockopt::socket_linger(&socket), Ok(Some(seconds(9))));
    assert_eq!(sockopt::socket_recv_buffer_size(&socket), Ok(20_000));
    assert_eq!(sockopt::socket_send_buffer_size(&socket), Ok(40_000));
    // The kernel counts in ticks, of 10 ms at the most.
    let timeout = sockopt::socket_timeout(&socket, sockopt::Timeout::Recv).unwrap();
    let near = Duration::from_millis(1500)..=Duration::from_millis(1510);
    assert!(timeout.is_some_and(|timeout| near.contains(&timeout)));
    let timeout = sockopt::socket_timeout(&socket, sockopt::Timeout::Send);
    assert_eq!(timeout, Ok(Some(seconds(3))));
    assert_eq!(sockopt::tcp_nodelay(&socket), Ok(true));
    assert_eq!(sockopt::tcp_cork(&socket), Ok(true));
    assert_eq!(sockopt::tcp_quickack(&socket), Ok(false));
    assert_eq!(sockopt::tcp_keepidle(&socket), Ok(seconds(11)));
    assert_eq!(sockopt::tcp_keepintvl(&socket), Ok(seconds(12)));
    assert_eq!(sockopt::tcp_keepcnt(&socket), Ok(13));
    assert_eq!(sockopt::ip_ttl(&socket), Ok(14));
    assert_eq!(sockopt::ip_tos(&socket), Ok(16));
    let (six, only) = (results.take(&six), results.get(&only));
    match six {
        Ok(six) => {
            assert_eq!(only, Ok(()));
            assert_eq!(sockopt::ipv6_v6only(&six), Ok(true));
        }
        // A kernel without IPv6 says so, and the option is not tried.
        Err(error) => {
            assert_eq!(error.errno(), Some(Errno::AFNOSUPPORT));
            assert_eq!(only.unwrap_err().errno(), Some(Errno::AFNOSUPPORT));
        }
    }
}

#[test]
fn a_protocol() {
    let mut batch = Batch::new();
    let flags = SocketFlags::CLOEXEC;
    let kind = SocketType::DGRAM;
    let right = batch.socket(AddressFamily::INET, kind, flags, Some(ipproto::UDP));
    let wrong = batch.socket(AddressFamily::INET, kind, flags, Some(ipproto::TCP));
    let results = batch.run(&backend()).unwrap();
    let socket = results.fd(&right).unwrap();
    assert_eq!(sockopt::socket_type(socket), Ok(kind));
    let error = results.fd(&wrong).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::PROTONOSUPPORT));
}
