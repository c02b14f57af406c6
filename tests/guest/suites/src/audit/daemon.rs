//! What an audit daemon does: switching audit on, rules, and receiving records,
//! by `NETLINK_AUDIT` (`linux/audit.h`, `kernel/audit.c`).

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketType};
use syscalls::Sysno;

use crate::harness::scaled;

/// `NETLINK_AUDIT` of `linux/netlink.h`.
const NETLINK_AUDIT: u32 = 9;
/// A message with `struct audit_status`.
const AUDIT_SET: u16 = 1001;
/// Messages with `struct audit_rule_data`.
const AUDIT_ADD_RULE: u16 = 1011;
const AUDIT_DEL_RULE: u16 = 1012;
/// The record of a system call, as text.
const AUDIT_SYSCALL: u16 = 1300;
/// Bits of `mask` in `struct audit_status`: which of its members are meant.
const STATUS_ENABLED: u32 = 1;
const STATUS_PID: u32 = 4;
/// A rule that is looked at when a system call ends, and has it recorded.
const FILTER_EXIT: u32 = 4;
const ALWAYS: u32 = 2;
/// `NLM_F_REQUEST` and `NLM_F_ACK` of `linux/netlink.h`.
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
/// `NLMSG_ERROR` of `linux/netlink.h`: an answer with an error, or with zero.
const ERROR: u16 = 2;
/// The size of `struct nlmsghdr`, in bytes.
const HEADER: usize = 16;

/// A system call as audit has recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: u32,
    pub(super) succeeded: bool,
    pub(super) result: i64,
    pub(super) arguments: [u64; 4],
    pub(super) process: i32,
}

/// A connection to audit.
#[derive(Debug)]
pub(crate) struct Audit(OwnedFd);

impl Audit {
    pub(crate) fn connect() -> Self {
        let protocol = Protocol::from_raw(NETLINK_AUDIT.try_into().expect("not zero"));
        let socket = rustix::net::socket(AddressFamily::NETLINK, SocketType::RAW, Some(protocol));
        let socket = socket.expect("the kernel has audit");
        let limit = scaled(Duration::from_secs(10));
        set_socket_timeout(&socket, Timeout::Recv, Some(limit)).expect("setsockopt");
        Self(socket)
    }

    /// Has the kernel mark every process that is made from now on.
    pub(crate) fn switch_on(&self) {
        self.set(STATUS_ENABLED, 1, 0);
    }

    /// Becomes the process that gets the records, and of which there are none.
    pub(super) fn become_daemon(&self) {
        self.set(STATUS_PID, 0, std::process::id());
    }

    /// Is that no longer.
    pub(super) fn resign(&self) {
        self.set(STATUS_PID, 0, 0);
    }

    /// Has these calls recorded.
    pub(super) fn add_rule(&self, calls: &[Sysno]) {
        self.request(AUDIT_ADD_RULE, &rule(calls));
    }

    pub(super) fn remove_rule(&self, calls: &[Sysno]) {
        self.request(AUDIT_DEL_RULE, &rule(calls));
    }

    /// The next record of a system call.
    pub(super) fn next(&self) -> Record {
        loop {
            let (kind, text) = self.receive();
            if kind == AUDIT_SYSCALL {
                return parse(&String::from_utf8_lossy(&text));
            }
        }
    }

    fn set(&self, mask: u32, enabled: u32, process: u32) {
        // struct audit_status: mask, enabled, failure, pid, and more.
        let status = [mask, enabled, 0, process, 0, 0, 0, 0, 0, 0];
        let bytes: Vec<u8> = status.into_iter().flat_map(u32::to_ne_bytes).collect();
        self.request(AUDIT_SET, &bytes);
    }

    /// Sends a message and waits until it was taken.
    #[track_caller]
    fn request(&self, kind: u16, body: &[u8]) {
        let len = u32::try_from(HEADER + body.len()).expect("small");
        let mut message = Vec::new();
        message.extend(len.to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
        message.extend([1_u32, 0].iter().flat_map(|word| word.to_ne_bytes()));
        message.extend(body);
        rustix::net::send(&self.0, &message, SendFlags::empty()).expect("send");
        loop {
            let (answer, body) = self.receive();
            if answer == ERROR {
                let error = i32::from_ne_bytes(body[..4].try_into().expect("4 bytes"));
                assert_eq!(error, 0, "audit takes a message of type {kind}");
                return;
            }
        }
    }

    /// The type and the body of the next message.
    fn receive(&self) -> (u16, Vec<u8>) {
        let mut message = vec![0_u8; 16 * 1024];
        let count = loop {
            match rustix::net::recv(&self.0, &mut message[..], RecvFlags::empty()) {
                Ok((_, count)) => break count,
                Err(Errno::INTR) => {}
                Err(error) => panic!("no message of audit: {error}"),
            }
        };
        assert!(count >= HEADER, "a message has a header");
        let kind = u16::from_ne_bytes([message[4], message[5]]);
        (kind, message[HEADER..count].to_vec())
    }
}

/// `struct audit_rule_data`: flags, action, number of fields, a bit for each call,
/// the fields, of which there are none, and the length of their texts.
fn rule(calls: &[Sysno]) -> Vec<u8> {
    let mut mask = [0_u32; 64];
    for call in calls {
        let number = usize::try_from(call.id()).expect("a call number");
        mask[number / 32] |= 1 << (number % 32);
    }
    let fields = [0_u32; 3 * 64];
    let words = [FILTER_EXIT, ALWAYS, 0].into_iter();
    let words = words.chain(mask).chain(fields).chain([0]);
    words.flat_map(u32::to_ne_bytes).collect()
}

fn parse(text: &str) -> Record {
    let field = |name: &str| {
        let mut words = text.split_whitespace();
        let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no `{name}` in the record: {text}"))
    };
    let hexadecimal = |name| u64::from_str_radix(field(name), 16).expect("a number");
    Record {
        number: field("syscall").parse().expect("a number"),
        succeeded: field("success") == "yes",
        result: field("exit").parse().expect("a number"),
        arguments: ["a0", "a1", "a2", "a3"].map(hexadecimal),
        process: field("pid").parse().expect("a number"),
    }
}
