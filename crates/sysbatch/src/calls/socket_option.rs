//! Options of sockets.

use core::time::Duration;

use linux_raw_sys::net as c;
use rustix::io::Errno;
use rustix::net::SocketType;

use super::socket_value::{VALUE_SIZE, byte, error, flag, kind, linger, seconds, time, word};

macro_rules! options {
    ($($(#[$attribute:meta])* $name:ident($of:ty) as $codec:ident = $level:ident, $number:ident;)*) => {
        /// An option of a socket with its value, for
        /// [`Batch::setsockopt`](crate::Batch::setsockopt), and from
        /// [`Batch::getsockopt`](crate::Batch::getsockopt).
        ///
        /// See [`socket(7)`](https://man7.org/linux/man-pages/man7/socket.7.html),
        /// [`tcp(7)`](https://man7.org/linux/man-pages/man7/tcp.7.html),
        /// [`ip(7)`](https://man7.org/linux/man-pages/man7/ip.7.html) and
        /// [`ipv6(7)`](https://man7.org/linux/man-pages/man7/ipv6.7.html).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum SocketOption {
            $($(#[$attribute])* $name($of),)*
        }

        /// Which option of a socket to ask for, by
        /// [`Batch::getsockopt`](crate::Batch::getsockopt).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum SocketOptionName {
            $(#[doc = concat!("`", stringify!($number), "`, see [`SocketOption::", stringify!($name), "`].")]
              $name,)*
        }

        impl SocketOption {
            /// Level, name and value as `setsockopt` wants them.
            pub(super) fn encode(self) -> (u32, u32, Vec<u8>) {
                match self {
                    $(Self::$name(value) => (c::$level as u32, c::$number, $codec::encode(value)),)*
                }
            }

            /// The option of this index with the value that `getsockopt` wrote.
            fn decode(index: u32, value: &[u8; VALUE_SIZE]) -> Option<Self> {
                $(if index == SocketOptionName::$name as u32 {
                    return Some(Self::$name($codec::decode(value)));
                })*
                None
            }
        }

        impl SocketOptionName {
            /// Level and name as `getsockopt` wants them.
            pub(super) fn encode(self) -> (u32, u32) {
                match self {
                    $(Self::$name => (c::$level as u32, c::$number),)*
                }
            }
        }
    };
}

options! {
    /// `SO_REUSEADDR`: an address may be bound that was used lately.
    #[doc(alias = "SO_REUSEADDR")]
    ReuseAddress(bool) as flag = SOL_SOCKET, SO_REUSEADDR;
    /// `SO_REUSEPORT`: several sockets may be bound to one address.
    #[doc(alias = "SO_REUSEPORT")]
    ReusePort(bool) as flag = SOL_SOCKET, SO_REUSEPORT;
    /// `SO_KEEPALIVE`: the other side is asked now and then.
    #[doc(alias = "SO_KEEPALIVE")]
    KeepAlive(bool) as flag = SOL_SOCKET, SO_KEEPALIVE;
    /// `SO_BROADCAST`: datagrams may go to a broadcast address.
    #[doc(alias = "SO_BROADCAST")]
    Broadcast(bool) as flag = SOL_SOCKET, SO_BROADCAST;
    /// `SO_LINGER`: how long a close waits for what was written to be sent, in
    /// whole seconds.
    #[doc(alias = "SO_LINGER")]
    Linger(Option<Duration>) as linger = SOL_SOCKET, SO_LINGER;
    /// `SO_RCVBUF`: the size of the receive buffer in bytes, which the kernel
    /// doubles.
    #[doc(alias = "SO_RCVBUF")]
    ReceiveBuffer(u32) as word = SOL_SOCKET, SO_RCVBUF;
    /// `SO_SNDBUF`: the size of the send buffer in bytes, which the kernel
    /// doubles.
    #[doc(alias = "SO_SNDBUF")]
    SendBuffer(u32) as word = SOL_SOCKET, SO_SNDBUF;
    /// `SO_RCVTIMEO`: how long receiving waits at most; for ever with `None`.
    #[doc(alias = "SO_RCVTIMEO")]
    ReceiveTimeout(Option<Duration>) as time = SOL_SOCKET, SO_RCVTIMEO_OLD;
    /// `SO_SNDTIMEO`: how long sending waits at most; for ever with `None`.
    #[doc(alias = "SO_SNDTIMEO")]
    SendTimeout(Option<Duration>) as time = SOL_SOCKET, SO_SNDTIMEO_OLD;
    /// `TCP_NODELAY`: segments are sent at once, however small.
    #[doc(alias = "TCP_NODELAY")]
    TcpNoDelay(bool) as flag = IPPROTO_TCP, TCP_NODELAY;
    /// `TCP_CORK`: only full segments are sent.
    #[doc(alias = "TCP_CORK")]
    TcpCork(bool) as flag = IPPROTO_TCP, TCP_CORK;
    /// `TCP_QUICKACK`: acknowledgements are not delayed.
    #[doc(alias = "TCP_QUICKACK")]
    TcpQuickAck(bool) as flag = IPPROTO_TCP, TCP_QUICKACK;
    /// `TCP_KEEPIDLE`: how long a connection is idle before the other side is
    /// asked, in whole seconds.
    #[doc(alias = "TCP_KEEPIDLE")]
    TcpKeepIdle(Duration) as seconds = IPPROTO_TCP, TCP_KEEPIDLE;
    /// `TCP_KEEPINTVL`: how long between two questions, in whole seconds.
    #[doc(alias = "TCP_KEEPINTVL")]
    TcpKeepInterval(Duration) as seconds = IPPROTO_TCP, TCP_KEEPINTVL;
    /// `TCP_KEEPCNT`: how many questions are asked.
    #[doc(alias = "TCP_KEEPCNT")]
    TcpKeepCount(u32) as word = IPPROTO_TCP, TCP_KEEPCNT;
    /// `TCP_DEFER_ACCEPT`: a connection is accepted when data has come, or after
    /// so many whole seconds.
    #[doc(alias = "TCP_DEFER_ACCEPT")]
    TcpDeferAccept(Duration) as seconds = IPPROTO_TCP, TCP_DEFER_ACCEPT;
    /// `IP_TTL`: how many hops a packet may make.
    #[doc(alias = "IP_TTL")]
    IpTimeToLive(u32) as word = IPPROTO_IP, IP_TTL;
    /// `IP_TOS`: the type of service of packets.
    #[doc(alias = "IP_TOS")]
    IpTypeOfService(u8) as byte = IPPROTO_IP, IP_TOS;
    /// `IPV6_V6ONLY`: an IPv6 socket is not used for IPv4.
    #[doc(alias = "IPV6_V6ONLY")]
    Ipv6Only(bool) as flag = IPPROTO_IPV6, IPV6_V6ONLY;
    /// `SO_ERROR`: what went wrong with the socket since it was last asked, which only
    /// `getsockopt` takes.
    #[doc(alias = "SO_ERROR")]
    Error(Option<Errno>) as error = SOL_SOCKET, SO_ERROR;
    /// `SO_TYPE`: what kind of socket it is, which only `getsockopt` takes.
    #[doc(alias = "SO_TYPE")]
    Type(SocketType) as kind = SOL_SOCKET, SO_TYPE;
}

/// Memory for the value of an option, with its length before it.
#[repr(C, align(8))]
pub(crate) struct SocketOptionRoom {
    /// In: the size of `value`. Out: the length of the value.
    len: u32,
    /// Which option it is, as an index.
    name: u32,
    value: [u8; VALUE_SIZE],
}

impl SocketOptionRoom {
    /// What is in it before the call.
    pub(super) fn asking(name: SocketOptionName) -> [u8; size_of::<Self>()] {
        let mut bytes = [0; size_of::<Self>()];
        bytes[..4].copy_from_slice(&(VALUE_SIZE as u32).to_ne_bytes());
        bytes[4..8].copy_from_slice(&(name as u32).to_ne_bytes());
        bytes
    }

    /// Where in it the value is, in bytes.
    pub(super) const VALUE: u64 = core::mem::offset_of!(Self, value) as u64;

    /// What the call left in it.
    pub(crate) fn option(&self) -> SocketOption {
        SocketOption::decode(self.name, &self.value).expect("it was made with the name of one")
    }
}
