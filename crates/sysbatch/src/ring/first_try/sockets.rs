//! Receiving and sending without waiting.
//!
//! A message is received or sent whole, or the call says `EAGAIN` and nothing
//! has happened. Any other error is the call's own, and counts: with many of
//! them the kernel forgets it once it is told.
//!
//! A stream is read as far as it goes, as by the call itself, unless more was
//! asked for by `MSG_WAITALL` or `SO_RCVLOWAT`. It is not written to here: what
//! did not fit would have to follow.

use linux_raw_sys::net::{
    MSG_DONTWAIT, MSG_WAITALL, SO_RCVLOWAT, SO_TYPE, SOCK_DGRAM, SOCK_SEQPACKET, SOL_SOCKET,
};
use syscalls::Sysno;

use super::host::NowaitHost;
use super::read::unless_waiting;
use crate::Memory;

impl<M: Memory> NowaitHost<M> {
    /// Makes a call that receives.
    pub(super) fn receive(&mut self, sysno: Sysno, mut args: [u64; 6]) -> Option<i64> {
        let flags = flags(sysno);
        if args[flags] & u64::from(MSG_WAITALL) != 0 || !self.receives_anything(args[0]) {
            return None;
        }
        args[flags] |= u64::from(MSG_DONTWAIT);
        unless_waiting(self.make(sysno, args))
    }

    /// Makes a call that sends.
    pub(super) fn send(&mut self, sysno: Sysno, mut args: [u64; 6]) -> Option<i64> {
        if !self.keeps_messages(args[0]) {
            return None;
        }
        if sysno == Sysno::sendmsg {
            // It may send descriptors to others.
            self.own.forget_all();
        }
        args[flags(sysno)] |= u64::from(MSG_DONTWAIT);
        unless_waiting(self.make(sysno, args))
    }

    /// Whether receiving from a socket is content with a single byte.
    pub(super) fn receives_anything(&mut self, fd: u64) -> bool {
        matches!(self.option(fd, SO_RCVLOWAT), Some([1, _]))
    }

    /// Whether a socket sends messages, each of them whole.
    pub(super) fn keeps_messages(&mut self, fd: u64) -> bool {
        matches!(
            self.option(fd, SO_TYPE),
            Some([SOCK_DGRAM | SOCK_SEQPACKET, _])
        )
    }

    /// An option of the socket's own (`socket(7)`), of one word or two.
    pub(super) fn option(&mut self, fd: u64, name: u32) -> Option<[u32; 2]> {
        let mut value = [0_u32; 2];
        let mut len = size_of_val(&value) as u32;
        let args = [
            fd,
            SOL_SOCKET.into(),
            name.into(),
            (&raw mut value).expose_provenance() as u64,
            (&raw mut len).expose_provenance() as u64,
            0,
        ];
        (self.make(Sysno::getsockopt, args) == 0).then_some(value)
    }
}

/// Which argument has the flags of a call on a socket.
fn flags(sysno: Sysno) -> usize {
    match sysno {
        Sysno::recvmsg | Sysno::sendmsg => 2,
        // recvfrom, sendto
        _ => 3,
    }
}
