//! Options of sockets.

use std::time::Duration;

use linux_raw_sys::net as c;

/// An option of a socket with its value, for
/// [`Batch::setsockopt`](crate::Batch::setsockopt).
///
/// See [`socket(7)`](https://man7.org/linux/man-pages/man7/socket.7.html),
/// [`tcp(7)`](https://man7.org/linux/man-pages/man7/tcp.7.html),
/// [`ip(7)`](https://man7.org/linux/man-pages/man7/ip.7.html) and
/// [`ipv6(7)`](https://man7.org/linux/man-pages/man7/ipv6.7.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketOption {
    /// `SO_REUSEADDR`: an address may be bound that was used lately.
    #[doc(alias = "SO_REUSEADDR")]
    ReuseAddress(bool),
    /// `SO_REUSEPORT`: several sockets may be bound to one address.
    #[doc(alias = "SO_REUSEPORT")]
    ReusePort(bool),
    /// `SO_KEEPALIVE`: the other side is asked now and then.
    #[doc(alias = "SO_KEEPALIVE")]
    KeepAlive(bool),
    /// `SO_BROADCAST`: datagrams may go to a broadcast address.
    #[doc(alias = "SO_BROADCAST")]
    Broadcast(bool),
    /// `SO_LINGER`: how long a close waits for what was written to be sent, in
    /// whole seconds.
    #[doc(alias = "SO_LINGER")]
    Linger(Option<Duration>),
    /// `SO_RCVBUF`: the size of the receive buffer in bytes, which the kernel
    /// doubles.
    #[doc(alias = "SO_RCVBUF")]
    ReceiveBuffer(u32),
    /// `SO_SNDBUF`: the size of the send buffer in bytes, which the kernel
    /// doubles.
    #[doc(alias = "SO_SNDBUF")]
    SendBuffer(u32),
    /// `SO_RCVTIMEO`: how long receiving waits at most; for ever with `None`.
    #[doc(alias = "SO_RCVTIMEO")]
    ReceiveTimeout(Option<Duration>),
    /// `SO_SNDTIMEO`: how long sending waits at most; for ever with `None`.
    #[doc(alias = "SO_SNDTIMEO")]
    SendTimeout(Option<Duration>),
    /// `TCP_NODELAY`: segments are sent at once, however small.
    #[doc(alias = "TCP_NODELAY")]
    TcpNoDelay(bool),
    /// `TCP_CORK`: only full segments are sent.
    #[doc(alias = "TCP_CORK")]
    TcpCork(bool),
    /// `TCP_QUICKACK`: acknowledgements are not delayed.
    #[doc(alias = "TCP_QUICKACK")]
    TcpQuickAck(bool),
    /// `TCP_KEEPIDLE`: how long a connection is idle before the other side is
    /// asked, in whole seconds.
    #[doc(alias = "TCP_KEEPIDLE")]
    TcpKeepIdle(Duration),
    /// `TCP_KEEPINTVL`: how long between two questions, in whole seconds.
    #[doc(alias = "TCP_KEEPINTVL")]
    TcpKeepInterval(Duration),
    /// `TCP_KEEPCNT`: how many questions are asked.
    #[doc(alias = "TCP_KEEPCNT")]
    TcpKeepCount(u32),
    /// `TCP_DEFER_ACCEPT`: a connection is accepted when data has come, or after
    /// so many whole seconds.
    #[doc(alias = "TCP_DEFER_ACCEPT")]
    TcpDeferAccept(Duration),
    /// `IP_TTL`: how many hops a packet may make.
    #[doc(alias = "IP_TTL")]
    IpTimeToLive(u32),
    /// `IP_TOS`: the type of service of packets.
    #[doc(alias = "IP_TOS")]
    IpTypeOfService(u8),
    /// `IPV6_V6ONLY`: an IPv6 socket is not used for IPv4.
    #[doc(alias = "IPV6_V6ONLY")]
    Ipv6Only(bool),
}

impl SocketOption {
    /// Level, name and value as `setsockopt` wants them.
    pub(super) fn encode(self) -> (u32, u32, Vec<u8>) {
        let flag = |on: bool| word(on.into());
        match self {
            Self::ReuseAddress(on) => (c::SOL_SOCKET, c::SO_REUSEADDR, flag(on)),
            Self::ReusePort(on) => (c::SOL_SOCKET, c::SO_REUSEPORT, flag(on)),
            Self::KeepAlive(on) => (c::SOL_SOCKET, c::SO_KEEPALIVE, flag(on)),
            Self::Broadcast(on) => (c::SOL_SOCKET, c::SO_BROADCAST, flag(on)),
            Self::Linger(time) => (c::SOL_SOCKET, c::SO_LINGER, linger(time)),
            Self::ReceiveBuffer(size) => (c::SOL_SOCKET, c::SO_RCVBUF, word(size)),
            Self::SendBuffer(size) => (c::SOL_SOCKET, c::SO_SNDBUF, word(size)),
            Self::ReceiveTimeout(time) => (c::SOL_SOCKET, c::SO_RCVTIMEO_OLD, timeval(time)),
            Self::SendTimeout(time) => (c::SOL_SOCKET, c::SO_SNDTIMEO_OLD, timeval(time)),
            Self::TcpNoDelay(on) => (c::IPPROTO_TCP as u32, c::TCP_NODELAY, flag(on)),
            Self::TcpCork(on) => (c::IPPROTO_TCP as u32, c::TCP_CORK, flag(on)),
            Self::TcpQuickAck(on) => (c::IPPROTO_TCP as u32, c::TCP_QUICKACK, flag(on)),
            Self::TcpKeepIdle(time) => (c::IPPROTO_TCP as u32, c::TCP_KEEPIDLE, seconds(time)),
            Self::TcpKeepInterval(time) => (c::IPPROTO_TCP as u32, c::TCP_KEEPINTVL, seconds(time)),
            Self::TcpKeepCount(count) => (c::IPPROTO_TCP as u32, c::TCP_KEEPCNT, word(count)),
            Self::TcpDeferAccept(time) => {
                (c::IPPROTO_TCP as u32, c::TCP_DEFER_ACCEPT, seconds(time))
            }
            Self::IpTimeToLive(hops) => (c::IPPROTO_IP as u32, c::IP_TTL, word(hops)),
            Self::IpTypeOfService(service) => {
                (c::IPPROTO_IP as u32, c::IP_TOS, word(service.into()))
            }
            Self::Ipv6Only(on) => (c::IPPROTO_IPV6 as u32, c::IPV6_V6ONLY, flag(on)),
        }
    }
}

/// An `int`.
fn word(value: u32) -> Vec<u8> {
    value.to_ne_bytes().into()
}

/// Whole seconds as an `int`, as many as fit.
fn seconds(time: Duration) -> Vec<u8> {
    word(time.as_secs().min(i32::MAX as u64) as u32)
}

/// A `struct linger`.
fn linger(time: Option<Duration>) -> Vec<u8> {
    [
        word(time.is_some().into()),
        seconds(time.unwrap_or_default()),
    ]
    .concat()
}

/// A `struct timeval`; zero is for ever, so the shortest time is a microsecond.
fn timeval(time: Option<Duration>) -> Vec<u8> {
    let (seconds, micros) = match time {
        None => (0, 0),
        Some(time) if time < Duration::from_micros(1) => (0, 1),
        Some(time) => (
            i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            time.subsec_micros().into(),
        ),
    };
    [seconds, micros].map(i64::to_ne_bytes).concat()
}
