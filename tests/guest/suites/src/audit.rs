//! Audit: once it has been switched on, the kernel marks every task made from
//! then on, and each sub-call of a marked task is handed back.
//!
//! There is no way back short of a new start of the machine, so this suite
//! comes last, or runs in a machine of its own.

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType};
use sysbatch::abi::Status;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, set, sys};
use crate::process::{fork, wait_for};
use crate::watched::assert_handed_back;

cases! {
    kernel audit_marks_tasks_made_later;
}

/// `NETLINK_AUDIT` of `linux/netlink.h`.
const NETLINK_AUDIT: u32 = 9;
/// `AUDIT_SET` of `linux/audit.h`: a message with `struct audit_status`.
const AUDIT_SET: u16 = 1001;
/// `AUDIT_STATUS_ENABLED` of `linux/audit.h`.
const STATUS_ENABLED: u32 = 1;
/// `NLM_F_REQUEST` and `NLM_F_ACK` of `linux/netlink.h`.
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
/// `NLMSG_ERROR` of `linux/netlink.h`: an answer with an error, or with zero.
const ERROR: u16 = 2;
/// The size of `struct nlmsghdr`, in bytes.
const HEADER: usize = 16;

/// Switches audit on.
fn switch_on() {
    let protocol = rustix::net::Protocol::from_raw(NETLINK_AUDIT.try_into().expect("not zero"));
    let socket = rustix::net::socket(AddressFamily::NETLINK, SocketType::RAW, Some(protocol));
    let socket = socket.expect("the kernel has audit");
    // struct audit_status begins with a mask of what is meant, and `enabled`.
    let status: [u32; 10] = [STATUS_ENABLED, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let len = u32::try_from(HEADER + size_of_val(&status)).expect("small");
    let mut message = Vec::new();
    message.extend(len.to_ne_bytes());
    message.extend(AUDIT_SET.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend([1_u32, 0].iter().flat_map(|word| word.to_ne_bytes()));
    message.extend(status.iter().flat_map(|word| word.to_ne_bytes()));
    rustix::net::send(&socket, &message, SendFlags::empty()).expect("send");
    let mut answer = [0_u8; 256];
    let (_, count) =
        rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty()).expect("an answer");
    assert!(count >= HEADER + 4);
    let kind = u16::from_ne_bytes([answer[4], answer[5]]);
    let error = i32::from_ne_bytes(answer[HEADER..HEADER + 4].try_into().expect("4 bytes"));
    assert_eq!((kind, error), (ERROR, 0), "audit is switched on");
}

fn batch() -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), sys(Sysno::getppid, [])])
}

fn audit_marks_tasks_made_later(lab: &mut Lab) {
    switch_on();
    let child = fork(|| {
        assert_handed_back(lab, &batch());
        let before = lab.backend.crossings();
        let mut batch = batch();
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results[1], i64::from(std::process::id()));
        // One crossing to find out, and one for each call.
        assert_eq!(lab.backend.crossings() - before, 3);
    });
    wait_for(child);
    // This process was there before, and is not marked.
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch()), Ok(Status::Done));
    assert_eq!(lab.backend.crossings() - before, 1);
}
