//! Rights that a batch gives up or changes hold for its next call.

use std::fs::{File, Permissions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;

use rustix::io::Errno;
use sysbatch::abi::Status;
use sysbatch_reference::Operand;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, at, error, imm, result, set, sys};
use crate::process::{fork, wait_for};
use crate::scratch::Scratch;

cases! {
    both user_that_was_given_up_is_gone_at_the_next_call;
    both capabilities_that_were_dropped_are_gone_at_the_next_call;
    both landlock_holds_from_the_next_call_on;
    both user_namespace_is_entered_at_once;
    both keyring_joined_in_the_batch_is_the_next_calls;
    both limit_set_in_the_batch_holds_for_the_next_call;
    both new_privileges_stay_forbidden;
}

/// Somebody without rights.
const NOBODY: i32 = 65534;

fn open(path: &core::ffi::CStr) -> sysbatch::abi::Entry {
    let path = at(address_of(path.to_bytes_with_nul()));
    sys(
        Sysno::openat,
        [imm(libc::AT_FDCWD), path, imm(libc::O_RDONLY)],
    )
}

/// Runs a batch in a child, which may lose whatever it has.
fn in_child(lab: &mut Lab, body: impl FnOnce(&mut Lab)) {
    wait_for(fork(|| body(lab)));
}

fn user_that_was_given_up_is_gone_at_the_next_call(lab: &mut Lab) {
    let scratch = Scratch::new("rights");
    let secret = scratch.path().join("secret");
    File::create(&secret).expect("a file");
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("root may");
    let path = scratch.file("secret");
    in_child(lab, |lab| {
        let ids = [imm(NOBODY), imm(NOBODY), imm(NOBODY)];
        let mut batch = Batch::new([
            open(&path),
            sys(Sysno::setresgid, ids),
            sys(Sysno::setresuid, ids),
            open(&path),
            sys(Sysno::getuid, []),
            sys(Sysno::setresuid, [imm(0), imm(0), imm(0)]),
            sys(Sysno::kill, [imm(1), imm(0)]),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let denied = error(Errno::ACCESS);
        let forbidden = error(Errno::PERM);
        assert!(batch.results[0] >= 0, "{:?}", batch.results);
        let expected = [0, 0, denied, i64::from(NOBODY), forbidden, forbidden];
        assert_eq!(batch.results[1..], expected);
    });
}

fn capabilities_that_were_dropped_are_gone_at_the_next_call(lab: &mut Lab) {
    // `struct __user_cap_header_struct` of version 3, and no capability.
    let header = [0x2008_0522_u64];
    let none = [0_u64; 3];
    in_child(lab, |lab| {
        let name = at(address_of(c"guest".to_bytes()));
        let rename = sys(Sysno::sethostname, [name, imm(5)]);
        let drop = [at(address_of(&header)), at(address_of(&none))];
        let mut batch = Batch::new([rename, sys(Sysno::capset, drop), rename]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 0, error(Errno::PERM)]);
    });
}

fn landlock_holds_from_the_next_call_on(lab: &mut Lab) {
    /// `LANDLOCK_ACCESS_FS_READ_FILE`.
    const READ_FILE: u64 = 1 << 2;
    let handled = [READ_FILE];
    let rules = [at(address_of(&handled)), imm(8), imm(0)];
    in_child(lab, |lab| {
        let mut batch = Batch::new([
            open(c"/proc/self/status"),
            sys(Sysno::landlock_create_ruleset, rules),
            sys(
                Sysno::prctl,
                [
                    imm(libc::PR_SET_NO_NEW_PRIVS),
                    imm(1),
                    imm(0),
                    imm(0),
                    imm(0),
                ],
            ),
            sys(Sysno::landlock_restrict_self, [result(1), imm(0)]),
            open(c"/proc/self/status"),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        if batch.results[1] == error(Errno::NOSYS) || batch.results[1] == error(Errno::OPNOTSUPP) {
            panic!("this kernel has no Landlock");
        }
        assert!(batch.results[0] >= 0 && batch.results[1] >= 0);
        assert_eq!(batch.results[2..], [0, 0, error(Errno::ACCESS)]);
    });
}

fn user_namespace_is_entered_at_once(lab: &mut Lab) {
    /// Who is in no map (`user_namespaces(7)`).
    const OVERFLOW: i64 = 65534;
    in_child(lab, |lab| {
        let name = at(address_of(c"guest".to_bytes()));
        let rename = sys(Sysno::sethostname, [name, imm(5)]);
        let mut batch = Batch::new([
            sys(Sysno::getuid, []),
            sys(Sysno::unshare, [imm(libc::CLONE_NEWUSER)]),
            sys(Sysno::getuid, []),
            // Root in the new one, which does not own the name.
            rename,
            sys(Sysno::unshare, [imm(libc::CLONE_NEWUTS)]),
            rename,
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let forbidden = error(Errno::PERM);
        assert_eq!(batch.results, [0, 0, OVERFLOW, forbidden, 0, 0]);
    });
}

fn keyring_joined_in_the_batch_is_the_next_calls(lab: &mut Lab) {
    /// Operations and special keys of `keyctl(2)`.
    const JOIN_SESSION_KEYRING: i32 = 1;
    const GET_KEYRING_ID: i32 = 0;
    const SEARCH: i32 = 10;
    const SESSION: i32 = -3;
    let text = |text: &core::ffi::CStr| at(address_of(text.to_bytes_with_nul()));
    let (kind, name) = (c"user", c"sysbatch-key");
    in_child(lab, |lab| {
        let search = [imm(SEARCH), imm(SESSION), text(kind), text(name), imm(0)];
        let add = [text(kind), text(name), text(c"x"), imm(1), imm(SESSION)];
        let id = sys(Sysno::keyctl, [imm(GET_KEYRING_ID), imm(SESSION), imm(0)]);
        let join = |name| sys(Sysno::keyctl, [imm(JOIN_SESSION_KEYRING), name]);
        let mut batch = Batch::new([
            join(text(c"first")),
            id,
            sys(Sysno::add_key, add),
            sys(Sysno::keyctl, search),
            sys(Sysno::request_key, [text(kind), text(name), imm(0), imm(0)]),
            join(Operand::Immediate(0)),
            id,
            sys(Sysno::keyctl, search),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let [
            first,
            first_id,
            key,
            found,
            requested,
            second,
            second_id,
            gone,
        ] = batch.results[..]
        else {
            panic!("a result for each entry");
        };
        assert!(first > 0 && key > 0 && second > 0, "{:?}", batch.results);
        assert_eq!((first_id, second_id), (first, second));
        assert_eq!((found, requested), (key, key));
        assert_ne!(first, second);
        assert_eq!(gone, error(Errno::NOKEY));
    });
}

fn limit_set_in_the_batch_holds_for_the_next_call(lab: &mut Lab) {
    in_child(lab, |lab| {
        let null = File::open("/dev/null").expect("/dev/null");
        let fd = null.as_raw_fd();
        let limit = [u64::try_from(fd).expect("a descriptor") + 1; 2];
        let limits = [
            imm(0),
            at(u64::from(libc::RLIMIT_NOFILE)),
            at(address_of(&limit)),
            imm(0),
        ];
        let mut batch = Batch::new([
            sys(Sysno::prlimit64, limits),
            sys(Sysno::dup, [imm(fd)]),
            set(7),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, error(Errno::MFILE), 7]);
    });
}

fn new_privileges_stay_forbidden(lab: &mut Lab) {
    in_child(lab, |lab| {
        let prctl = |option, value| {
            sys(
                Sysno::prctl,
                [imm(option), imm(value), imm(0), imm(0), imm(0)],
            )
        };
        let mut batch = Batch::new([
            prctl(libc::PR_GET_NO_NEW_PRIVS, 0),
            prctl(libc::PR_SET_NO_NEW_PRIVS, 1),
            prctl(libc::PR_GET_NO_NEW_PRIVS, 0),
            prctl(libc::PR_SET_NO_NEW_PRIVS, 0),
            prctl(libc::PR_GET_NO_NEW_PRIVS, 0),
        ]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [0, 0, 1, error(Errno::INVAL), 1]);
    });
}
