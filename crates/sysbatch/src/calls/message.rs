//! Messages: several pieces of memory, an address, and descriptors.

use std::os::fd::OwnedFd;

use linux_raw_sys::net::{SCM_RIGHTS, SOL_SOCKET};
use rustix::net::{RecvFlags, ReturnFlags, SendFlags, SocketAddrAny};
use sysbatch_abi::Width;
use syscalls::Sysno;

use super::net::received;
use super::vectored::{bound, extent};
use crate::batch::{
    Batch, ControlHeader, Destination, Extent, FdOperand, Handle, MessageHeader, Operand, Source,
};

/// What [`Batch::recvmsg`] returns about a message.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedMessage {
    /// Its length in bytes.
    pub length: Handle<usize>,
    /// Whether it or its descriptors were cut off, and more.
    pub flags: Handle<ReturnFlags>,
    /// Who sent it, if the socket is not connected.
    pub address: Handle<Option<SocketAddrAny>>,
}

/// # Messages
impl<'buf> Batch<'buf> {
    /// Sends several pieces of memory as one message, to an address or to the socket that
    /// this one is connected to; returns how many bytes.
    ///
    /// See [`sendmsg(2)`](https://man7.org/linux/man-pages/man2/sendmsg.2.html).
    #[track_caller]
    pub fn sendmsg(
        &mut self,
        socket: impl FdOperand<'buf>,
        from: impl IntoIterator<Item: Source<'buf>>,
        flags: SendFlags,
        address: Option<&SocketAddrAny>,
    ) -> Handle<usize> {
        let extents: Vec<Extent> = from.into_iter().map(extent).collect();
        self.send_message(socket.operand(), &extents, &[], flags, address)
    }

    /// As [`sendmsg`](Self::sendmsg), and sends copies of descriptors with the message
    /// (`SCM_RIGHTS`): at most 253, and with at least one byte if the socket is a stream.
    /// Only Unix sockets take them.
    ///
    /// See [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html).
    #[doc(alias = "SCM_RIGHTS")]
    #[track_caller]
    pub fn sendmsg_with_descriptors(
        &mut self,
        socket: impl FdOperand<'buf>,
        from: impl IntoIterator<Item: Source<'buf>>,
        descriptors: impl IntoIterator<Item: FdOperand<'buf>>,
        flags: SendFlags,
        address: Option<&SocketAddrAny>,
    ) -> Handle<usize> {
        let extents: Vec<Extent> = from.into_iter().map(extent).collect();
        let operands: Vec<Operand> = descriptors.into_iter().map(operand).collect();
        self.send_message(socket.operand(), &extents, &operands, flags, address)
    }

    /// Receives a message into several pieces of memory, one after the other.
    ///
    /// Ancillary data is discarded, and descriptors that came with the message are closed;
    /// the flags then have [`ReturnFlags::CTRUNC`].
    ///
    /// See [`recvmsg(2)`](https://man7.org/linux/man-pages/man2/recvmsg.2.html). With
    /// [`RecvFlags::TRUNC`] the length can be more than there is memory for.
    #[track_caller]
    pub fn recvmsg(
        &mut self,
        socket: impl FdOperand<'buf>,
        to: impl IntoIterator<Item: Destination<'buf>>,
        flags: RecvFlags,
    ) -> ReceivedMessage {
        let (message, _) = self.receive_message(socket.operand(), to, 0, flags);
        message
    }

    /// As [`recvmsg`](Self::recvmsg), and receives up to `most` descriptors that came with
    /// the message (`SCM_RIGHTS`). Those that it has in excess are closed by the kernel, as
    /// the flags say by [`ReturnFlags::CTRUNC`].
    ///
    /// The descriptors belong to the results, from which
    /// [`take_all`](crate::Results::take_all) takes them. With [`RecvFlags::CMSG_CLOEXEC`]
    /// they are closed on `exec`. A socket that has been set to receive more ancillary data,
    /// such as credentials, needs the same room for that.
    ///
    /// See [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html).
    ///
    /// ```
    /// # use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
    /// # use sysbatch::{Backend, Batch};
    /// # let flags = SocketFlags::CLOEXEC;
    /// # let (one, two) =
    /// #     rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    /// # let file = std::fs::File::open("/proc/version")?;
    /// let mut bytes = [0; 16];
    /// let mut batch = Batch::new();
    /// batch.sendmsg_with_descriptors(&one, ["a file"], [&file], SendFlags::empty(), None);
    /// let flags = RecvFlags::CMSG_CLOEXEC;
    /// let (message, files) = batch.recvmsg_with_descriptors(&two, [&mut bytes], 1, flags);
    /// let mut results = batch.run(&Backend::select()?)?;
    /// assert_eq!(results.get(&message.length)?, 6);
    /// let files = results.take_all(&files)?;
    /// assert_eq!(files.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "SCM_RIGHTS")]
    #[track_caller]
    pub fn recvmsg_with_descriptors(
        &mut self,
        socket: impl FdOperand<'buf>,
        to: impl IntoIterator<Item: Destination<'buf>>,
        most: usize,
        flags: RecvFlags,
    ) -> (ReceivedMessage, Handle<Vec<OwnedFd>>) {
        self.receive_message(socket.operand(), to, most, flags)
    }

    #[track_caller]
    fn send_message(
        &mut self,
        socket: Operand,
        extents: &[Extent],
        descriptors: &[Operand],
        flags: SendFlags,
        address: Option<&SocketAddrAny>,
    ) -> Handle<usize> {
        let name = address.map_or(&[][..], super::address::bytes);
        let storage = self.copy(name);
        let iovecs = self.iovecs(extents);
        let (control, control_len) = self.control(descriptors);
        let header = MessageHeader::new(
            (storage, name.len() as u32),
            (iovecs, extents.len()),
            (control, control_len),
        );
        let header = self.copy(&header.bytes()).into();
        let mut header = self.iovecs_stored(header, iovecs, extents);
        let places = (control + ControlHeader::SIZE as u64..).step_by(size_of::<i32>());
        for (at, &descriptor) in places.zip(descriptors) {
            if self.constant(descriptor).is_none() {
                header = self.stored(header, at, descriptor, Width::Four);
            }
        }
        let args = [socket, header, flags.bits().into()];
        self.call(Sysno::sendmsg, &args).at_most(bound(extents))
    }

    /// The address and the length of ancillary data with descriptors, without those that are
    /// known in a run only.
    fn control(&mut self, descriptors: &[Operand]) -> (u64, usize) {
        if descriptors.is_empty() {
            return (0, 0);
        }
        let len = ControlHeader::SIZE + descriptors.len() * size_of::<i32>();
        let mut bytes = ControlHeader::bytes(len, SOL_SOCKET, SCM_RIGHTS);
        for &descriptor in descriptors {
            let known = self.constant(descriptor).map_or(-1, |fd| fd as i32);
            bytes.extend_from_slice(&known.to_ne_bytes());
        }
        (self.copy(&bytes), len)
    }

    #[track_caller]
    fn receive_message(
        &mut self,
        socket: Operand,
        to: impl IntoIterator<Item: Destination<'buf>>,
        descriptors: usize,
        flags: RecvFlags,
    ) -> (ReceivedMessage, Handle<Vec<OwnedFd>>) {
        let mut rooms = Vec::new();
        for to in to {
            rooms.push(self.destination(Sysno::recvmsg, to));
        }
        let extents: Vec<Extent> = rooms.iter().map(|room| room.extent).collect();
        let iovecs = self.iovecs(&extents);
        let header = self.received_header((iovecs, extents.len()), descriptors);
        let address = self.iovecs_stored(header.into(), iovecs, &extents);
        let args = [socket, address, flags.bits().into()];
        let call: Handle<usize> = self.call(Sysno::recvmsg, &args);
        self.fills_all(&call, &rooms);
        if descriptors > 0 {
            self.receives(&call, header);
        }
        let message = ReceivedMessage {
            length: received(call.at_most(bound(&extents)), flags),
            flags: call.same_call().at(header),
            address: call.same_call().at(header + MessageHeader::ADDRESS),
        };
        (message, call.same_call().at(header))
    }

    /// The address of a header to receive with, which is set each time it is used.
    fn received_header(&mut self, iovecs: (u64, usize), descriptors: usize) -> u64 {
        let (address, address_len) = self.address_storage();
        let control_len = match descriptors {
            0 => 0,
            _ => ControlHeader::SIZE + descriptors * size_of::<i32>(),
        };
        let control = self.copy(&vec![0; control_len]);
        let header = MessageHeader::new((address, 0), iovecs, (control, 0));
        let header = self.copy(&header.bytes());
        self.store(header + MessageHeader::NAME_LEN, address_len, Width::Four);
        if control_len > 0 {
            // In this order: wherever the batch stops, nothing that an earlier call received
            // is taken for received by a later one.
            self.store(control, Operand::ZERO, Width::Eight);
            let at = header + MessageHeader::CONTROL_LEN;
            self.store(at, control_len.into(), Width::Eight);
        }
        header
    }
}

fn operand<'buf>(descriptor: impl FdOperand<'buf>) -> Operand {
    descriptor.operand()
}
