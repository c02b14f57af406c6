//! Sockets.

use std::os::fd::OwnedFd;

use rustix::net::addr::SocketAddrArg;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, Shutdown, SocketAddrAny, SocketFlags, SocketType,
};
use sysbatch_abi::Width;
use syscalls::Sysno;

use super::socket_option::{SocketOption, SocketOptionName, SocketOptionRoom};
use super::socket_value::VALUE_SIZE;
use crate::batch::{Batch, Destination, FdOperand, Handle, Operand, Source};

/// # Sockets
impl<'buf> Batch<'buf> {
    /// Makes a socket.
    ///
    /// See [`socket(2)`](https://man7.org/linux/man-pages/man2/socket.2.html).
    pub fn socket(
        &mut self,
        family: AddressFamily,
        kind: SocketType,
        flags: SocketFlags,
        protocol: Option<Protocol>,
    ) -> Handle<OwnedFd> {
        let protocol = protocol.map_or(0, |protocol| protocol.as_raw().get());
        let args = [
            u32::from(family.as_raw()).into(),
            (kind.as_raw() | flags.bits()).into(),
            protocol.into(),
        ];
        self.open(Sysno::socket, &args)
    }

    /// Gives a socket an address of its own.
    ///
    /// See [`bind(2)`](https://man7.org/linux/man-pages/man2/bind.2.html).
    #[track_caller]
    pub fn bind(
        &mut self,
        socket: impl FdOperand<'buf>,
        address: &impl SocketAddrArg,
    ) -> Handle<()> {
        let [address, len] = self.address(&address.as_any());
        self.call(Sysno::bind, &[socket.operand(), address, len])
    }

    /// Lets others connect to a socket, as many at a time as `backlog` says.
    ///
    /// See [`listen(2)`](https://man7.org/linux/man-pages/man2/listen.2.html).
    #[track_caller]
    pub fn listen(&mut self, socket: impl FdOperand<'buf>, backlog: i32) -> Handle<()> {
        self.call(Sysno::listen, &[socket.operand(), backlog.into()])
    }

    /// Connects a socket to the one with this address.
    ///
    /// See [`connect(2)`](https://man7.org/linux/man-pages/man2/connect.2.html).
    #[track_caller]
    pub fn connect(
        &mut self,
        socket: impl FdOperand<'buf>,
        address: &impl SocketAddrArg,
    ) -> Handle<()> {
        let [address, len] = self.address(&address.as_any());
        self.call(Sysno::connect, &[socket.operand(), address, len])
    }

    /// Takes the next connection to a listening socket; returns a socket for
    /// it.
    ///
    /// See [`accept4(2)`](https://man7.org/linux/man-pages/man2/accept4.2.html).
    #[doc(alias = "accept")]
    #[track_caller]
    pub fn accept4(&mut self, socket: impl FdOperand<'buf>, flags: SocketFlags) -> Handle<OwnedFd> {
        let none = Operand::ZERO;
        let args = [socket.operand(), none, none, flags.bits().into()];
        self.open(Sysno::accept4, &args)
    }

    /// As [`accept4`](Self::accept4), and asks who it is that connects.
    #[track_caller]
    pub fn accept4_with_address(
        &mut self,
        socket: impl FdOperand<'buf>,
        flags: SocketFlags,
    ) -> (Handle<OwnedFd>, Handle<Option<SocketAddrAny>>) {
        let (room, [address, len]) = self.address_room();
        let args = [socket.operand(), address, len, flags.bits().into()];
        let handle = self.open(Sysno::accept4, &args);
        let address = handle.same_call().at(room);
        (handle, address)
    }

    /// Sends bytes to an address, or to the socket that this one is connected
    /// to; returns how many.
    ///
    /// See [`sendto(2)`](https://man7.org/linux/man-pages/man2/sendto.2.html).
    #[doc(alias = "send")]
    #[track_caller]
    pub fn sendto(
        &mut self,
        socket: impl FdOperand<'buf>,
        from: impl Source<'buf>,
        flags: SendFlags,
        address: Option<&SocketAddrAny>,
    ) -> Handle<usize> {
        let [address, len] = address.map_or([Operand::ZERO; 2], |address| self.address(address));
        let from = from.extent();
        let rest = [flags.bits().into(), address, len];
        self.transfer(Sysno::sendto, socket.operand(), from, &rest)
    }

    /// Receives bytes; returns how many.
    ///
    /// See [`recvfrom(2)`](https://man7.org/linux/man-pages/man2/recvfrom.2.html).
    /// With [`RecvFlags::TRUNC`] that can be more than there is memory for.
    #[doc(alias = "recv")]
    #[track_caller]
    pub fn recvfrom(
        &mut self,
        socket: impl FdOperand<'buf>,
        to: impl Destination<'buf>,
        flags: RecvFlags,
    ) -> Handle<usize> {
        let rest = [flags.bits().into()];
        let handle = self.fill(Sysno::recvfrom, socket.operand(), to, &rest);
        received(handle, flags)
    }

    /// As [`recvfrom`](Self::recvfrom), and asks who sent them.
    #[track_caller]
    pub fn recvfrom_with_address(
        &mut self,
        socket: impl FdOperand<'buf>,
        to: impl Destination<'buf>,
        flags: RecvFlags,
    ) -> (Handle<usize>, Handle<Option<SocketAddrAny>>) {
        let (room, [address, len]) = self.address_room();
        let rest = [flags.bits().into(), address, len];
        let handle = self.fill(Sysno::recvfrom, socket.operand(), to, &rest);
        (received(handle, flags), handle.same_call().at(room))
    }

    /// Sets an option of a socket.
    ///
    /// See [`setsockopt(2)`](https://man7.org/linux/man-pages/man2/setsockopt.2.html).
    #[track_caller]
    pub fn setsockopt(&mut self, socket: impl FdOperand<'buf>, option: SocketOption) -> Handle<()> {
        let (level, name, value) = option.encode();
        let len = value.len().into();
        let value = self.copy(&value).into();
        let args = [socket.operand(), level.into(), name.into(), value, len];
        self.call(Sysno::setsockopt, &args)
    }

    /// Asks for an option of a socket.
    ///
    /// See [`getsockopt(2)`](https://man7.org/linux/man-pages/man2/getsockopt.2.html).
    #[track_caller]
    pub fn getsockopt(
        &mut self,
        socket: impl FdOperand<'buf>,
        option: SocketOptionName,
    ) -> Handle<SocketOption> {
        let (level, name) = option.encode();
        let initial = SocketOptionRoom::asking(option);
        let room = self.copy(&initial);
        // The length is what the last call made of it.
        self.store(room, VALUE_SIZE.into(), Width::Four);
        let args = [
            socket.operand(),
            level.into(),
            name.into(),
            (room + SocketOptionRoom::VALUE).into(),
            room.into(),
        ];
        self.call(Sysno::getsockopt, &args).at(room)
    }

    /// Ends a connection, one way or both.
    ///
    /// See [`shutdown(2)`](https://man7.org/linux/man-pages/man2/shutdown.2.html).
    #[track_caller]
    pub fn shutdown(&mut self, socket: impl FdOperand<'buf>, how: Shutdown) -> Handle<()> {
        let how = how as u32;
        self.call(Sysno::shutdown, &[socket.operand(), how.into()])
    }
}

/// The length of what was received: with `MSG_TRUNC` it is not bounded by the memory.
pub(super) fn received(handle: Handle<usize>, flags: RecvFlags) -> Handle<usize> {
    if flags.contains(RecvFlags::TRUNC) {
        return handle.at_most(usize::MAX);
    }
    handle
}
