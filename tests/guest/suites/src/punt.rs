//! Calls that the kernel hands back, and what the library does about them.

use rustix::io::Errno;
use sysbatch::abi::{DEVICE_PATH, Entry, LIST_REQUEST, PuntReason, RUN_REQUEST, Status};
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{
    Batch, Lab, UNWRITTEN, address_of, address_of_mut, at, error, imm, result, set, sys,
};
use crate::process::{ended, fork};

cases! {
    kernel every_listed_call_is_handed_back;
    kernel calls_beside_them_are_not;
    kernel calls_that_nobody_has_reviewed_are_handed_back;
    kernel numbers_beyond_the_table_are_not;
    #[cfg(target_arch = "x86_64")]
    both x32_calls_are_no_calls;
    both fork_in_a_batch;
    both vfork_in_a_batch;
    both clone_in_a_batch;
    both clone3_in_a_batch;
    both execve_in_a_batch;
    both execveat_in_a_batch;
    both failed_execve_in_a_batch;
    both exit_in_a_batch;
    both exit_group_in_a_batch;
    both exit_of_one_thread_in_a_batch;
    both reboot_without_its_magic;
    both rt_sigreturn_is_refused;
    both restart_syscall_has_nothing_to_restart;
    both seccomp_question_in_a_batch;
    kernel batch_in_a_batch;
    kernel two_handed_back_in_a_row_and_in_a_loop;
}

/// Of `prctl(2)`; `libc` does not have it.
const PR_SET_SYSCALL_USER_DISPATCH: i32 = 59;
/// Numbers that `syscalls` may not know.
const URETPROBE: i32 = 335;
const UPROBE: i32 = 336;

fn with_args(nr: i32, args: &[i64]) -> Entry {
    let mut entry = Entry {
        nr,
        dst: 0xFFFF,
        ..Entry::default()
    };
    for (place, arg) in entry.args.iter_mut().zip(args) {
        *place = arg.cast_unsigned();
    }
    entry
}

fn nr(call: Sysno) -> i32 {
    call.id()
}

/// The numbers and arguments that `docs/abi.md` lists.
fn listed() -> Vec<Entry> {
    let plain = [
        #[cfg(target_arch = "x86_64")]
        Sysno::fork,
        #[cfg(target_arch = "x86_64")]
        Sysno::vfork,
        Sysno::clone,
        Sysno::clone3,
        Sysno::execve,
        Sysno::execveat,
        Sysno::exit,
        Sysno::exit_group,
        Sysno::reboot,
        Sysno::rt_sigreturn,
        Sysno::restart_syscall,
        Sysno::seccomp,
    ];
    let mut entries: Vec<Entry> = plain.iter().map(|&call| with_args(nr(call), &[])).collect();
    entries.push(with_args(URETPROBE, &[]));
    entries.push(with_args(UPROBE, &[]));
    // The upper half of an argument that is an int is not looked at.
    for high in [0, 1 << 32, -1 << 32] {
        for option in [libc::PR_SET_SECCOMP, PR_SET_SYSCALL_USER_DISPATCH] {
            entries.push(with_args(nr(Sysno::prctl), &[i64::from(option) | high]));
        }
        #[cfg(target_arch = "x86_64")]
        for operation in 0x5001..=0x5005 {
            entries.push(with_args(nr(Sysno::arch_prctl), &[operation | high]));
        }
        for fd in [0, 3, -1] {
            for request in [RUN_REQUEST, LIST_REQUEST].map(i64::from) {
                let request = request | high;
                entries.push(with_args(nr(Sysno::ioctl), &[fd, request, 0]));
            }
        }
    }
    entries
}

fn every_listed_call_is_handed_back(lab: &mut Lab) {
    for entry in listed() {
        let mut batch = Batch::new([set(1), entry, set(3)]);
        let crossings = lab.backend.crossings();
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt), "{entry:?}");
        assert_eq!(lab.backend.crossings() - crossings, 1);
        assert_eq!(batch.status(), Some(Status::Punt));
        assert_eq!(batch.run.reason, PuntReason::Call.raw());
        assert_eq!(
            batch.results,
            [1, UNWRITTEN, UNWRITTEN],
            "none of it has happened"
        );
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 1, 2));
        // Entering again meets the same entry again.
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
        assert_eq!((batch.run.pc, batch.run.steps, batch.run.fuel), (1, 1, 2));
    }
}

fn calls_beside_them_are_not(lab: &mut Lab) {
    let mut name = [0_u8; 16];
    let name = address_of_mut(&mut name).cast_signed();
    let beside = [
        with_args(nr(Sysno::prctl), &[i64::from(libc::PR_GET_NAME), name]),
        with_args(nr(Sysno::prctl), &[i64::from(libc::PR_GET_DUMPABLE)]),
        #[cfg(target_arch = "x86_64")]
        with_args(nr(Sysno::arch_prctl), &[0x1003, name]),
        with_args(nr(Sysno::ioctl), &[-1, i64::from(RUN_REQUEST) + 2]),
        with_args(nr(Sysno::ioctl), &[-1, 0x5401]),
        with_args(nr(Sysno::getpid), &[]),
        with_args(nr(Sysno::set_tid_address), &[0]),
    ];
    for entry in beside {
        let mut batch = Batch::new([set(1), entry, set(3)]);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Done), "{entry:?}");
    }
}

fn calls_that_nobody_has_reviewed_are_handed_back(lab: &mut Lab) {
    // A gap in the table, which a later kernel may fill.
    for number in [337, 386, 423] {
        let mut batch = Batch::new([set(1), with_args(number, &[]), set(3)]);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt), "{number}");
        assert_eq!(batch.run.reason, PuntReason::Call.raw());
        assert_eq!(lab.run(&mut batch), Ok(Status::Done), "{number}");
        assert_eq!(batch.results, [1, error(Errno::NOSYS), 3]);
    }
}

fn numbers_beyond_the_table_are_not(lab: &mut Lab) {
    for number in [1000, 1024 + 39, 0x1FFF, i32::MAX] {
        let mut batch = Batch::new([set(1), with_args(number, &[]), set(3)]);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Done), "{number}");
        assert_eq!(batch.results, [1, error(Errno::NOSYS), 3]);
    }
}

#[cfg(target_arch = "x86_64")]
fn x32_calls_are_no_calls(lab: &mut Lab) {
    /// `getpid`, `clone`, `rt_sigreturn` and `execve` of x32.
    const NUMBERS: [i32; 4] = [39, 56, 513, 520];
    for number in NUMBERS {
        let entry = with_args(number | 0x4000_0000, &[]);
        let crossings = lab.backend.crossings();
        let mut batch = Batch::new([set(1), entry, set(3)]);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done), "{number}");
        assert_eq!(batch.results, [1, error(Errno::NOSYS), 3], "{number}");
        let made = lab.backend.crossings() - crossings;
        assert_eq!(made, u64::from(lab.is_kernel()), "the call is not tried");
    }
}

/// A batch that makes a child by `entry`; both sides go on with it, and the
/// parent waits for the child's status, 7.
fn makes_a_child(lab: &mut Lab, entry: Entry) {
    let mut status = [-1_i32];
    let wait = [result(1), at(address_of_mut(&mut status)), imm(0), imm(0)];
    let mut batch = Batch::new([
        set(1),
        // The child, which sees zero, leaves the batch.
        entry.jumps(0, i16::MIN, 0),
        sys(Sysno::wait4, wait),
        sys(Sysno::getpid, []),
    ]);
    let me = std::process::id();
    let ran = lab.run(&mut batch);
    if std::process::id() != me {
        let good = ran == Ok(Status::Exit) && batch.results[..2] == [1, 0];
        #[expect(unsafe_code, reason = "the child of the batch ends here")]
        // SAFETY: ends the process.
        unsafe {
            libc::_exit(if good { 7 } else { 8 })
        };
    }
    assert_eq!(ran, Ok(Status::Done), "{:?}", batch.results);
    let child = batch.results[1];
    assert!(child > 0, "{child}");
    assert_eq!(batch.results[2], child);
    assert_eq!(status, [7 << 8], "the child's batch went well, too");
    assert_eq!(batch.results[3], i64::from(me));
    assert_eq!((batch.run.steps, batch.run.fuel), (4, 0));
}

fn fork_in_a_batch(lab: &mut Lab) {
    makes_a_child(lab, crate::arch::fork());
}

fn vfork_in_a_batch(lab: &mut Lab) {
    makes_a_child(lab, crate::arch::vfork());
}

fn clone_in_a_batch(lab: &mut Lab) {
    let flags = imm(libc::SIGCHLD);
    makes_a_child(
        lab,
        sys(Sysno::clone, [flags, imm(0), imm(0), imm(0), imm(0)]),
    );
}

fn clone3_in_a_batch(lab: &mut Lab) {
    // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, …
    let mut args = [0_u64; 8];
    args[4] = u64::try_from(libc::SIGCHLD).expect("a signal");
    makes_a_child(lab, sys(Sysno::clone3, [at(address_of(&args)), imm(64)]));
}

/// Runs a batch in a child, and gives the child's exit status.
fn exit_status(lab: &mut Lab, entries: &[Entry]) -> Option<i32> {
    let child = fork(|| {
        let mut batch = Batch::new(entries);
        let status = lab.run(&mut batch);
        panic!("it came back with {status:?} and {:?}", batch.results);
    });
    ended(child).exit_status()
}

/// `sh -c 'exit 42'`, as `execve(2)` wants it.
struct Command {
    strings: [&'static core::ffi::CStr; 3],
}

impl Command {
    const fn new() -> Self {
        Self {
            strings: [c"/bin/sh", c"-c", c"exit 42"],
        }
    }

    fn path(&self) -> u64 {
        address_of(self.strings[0].to_bytes_with_nul())
    }

    /// The vector of arguments, with the null at its end.
    fn vector(&self) -> [u64; 4] {
        let [path, option, script] = self
            .strings
            .map(|text| address_of(text.to_bytes_with_nul()));
        [path, option, script, 0]
    }
}

fn execve_in_a_batch(lab: &mut Lab) {
    let command = Command::new();
    let vector = command.vector();
    let exec = [at(command.path()), at(address_of(&vector)), imm(0)];
    let entries = [sys(Sysno::getpid, []), sys(Sysno::execve, exec)];
    assert_eq!(exit_status(lab, &entries), Some(42));
}

fn execveat_in_a_batch(lab: &mut Lab) {
    let command = Command::new();
    let vector = command.vector();
    let exec = [
        imm(libc::AT_FDCWD),
        at(command.path()),
        at(address_of(&vector)),
        imm(0),
        imm(0),
    ];
    assert_eq!(exit_status(lab, &[sys(Sysno::execveat, exec)]), Some(42));
}

fn failed_execve_in_a_batch(lab: &mut Lab) {
    // The kernel grumbles about a program without arguments.
    let path = at(address_of(c"/no/such/program".to_bytes_with_nul()));
    let vector = Command::new().vector();
    let exec = [path, at(address_of(&vector)), imm(0)];
    let mut batch = Batch::new([set(1), sys(Sysno::execve, exec), set(3)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, error(Errno::NOENT), 3]);
}

fn exit_in_a_batch(lab: &mut Lab) {
    let status = exit_status(lab, &[set(5), sys(Sysno::exit, [result(0)])]);
    assert_eq!(status, Some(5));
}

fn exit_group_in_a_batch(lab: &mut Lab) {
    let status = exit_status(lab, &[set(6), sys(Sysno::exit_group, [result(0)])]);
    assert_eq!(status, Some(6));
}

fn exit_of_one_thread_in_a_batch(lab: &mut Lab) {
    // The thread goes, the process stays and says so.
    let options = lab.options.clone();
    let child = fork(|| {
        let (reader, writer) = rustix::pipe::pipe().expect("pipe");
        std::thread::spawn(move || {
            let mut lab = Lab::new(&options);
            let fd = std::os::fd::AsRawFd::as_raw_fd(&writer);
            let close = sys(Sysno::close, [imm(fd)]);
            std::mem::forget(writer);
            let mut batch = Batch::new([close, sys(Sysno::exit, [imm(9)])]);
            lab.run(&mut batch)
        });
        let mut byte = [0];
        assert_eq!(rustix::io::read(&reader, &mut byte), Ok(0));
        #[expect(unsafe_code, reason = "the process ends with its own status")]
        // SAFETY: ends the process.
        unsafe {
            libc::_exit(11)
        };
    });
    assert_eq!(ended(child).exit_status(), Some(11));
}

/// Runs one call between two others, and gives its result.
fn result_of(lab: &mut Lab, entry: Entry) -> i64 {
    let mut batch = Batch::new([set(1), entry, set(3)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!((batch.results[0], batch.results[2]), (1, 3));
    assert_eq!((batch.run.steps, batch.run.fuel), (3, 0));
    batch.results[1]
}

fn reboot_without_its_magic(lab: &mut Lab) {
    // EPERM comes first for whoever may not reboot.
    let errors = [error(Errno::INVAL), error(Errno::PERM)];
    let got = result_of(lab, sys(Sysno::reboot, [imm(1), imm(2), imm(3), imm(0)]));
    assert!(errors.contains(&got), "{got}");
}

fn rt_sigreturn_is_refused(lab: &mut Lab) {
    assert_eq!(
        result_of(lab, sys(Sysno::rt_sigreturn, [])),
        error(Errno::NOSYS)
    );
}

fn restart_syscall_has_nothing_to_restart(lab: &mut Lab) {
    assert_eq!(
        result_of(lab, sys(Sysno::restart_syscall, [])),
        error(Errno::INTR)
    );
}

fn seccomp_question_in_a_batch(lab: &mut Lab) {
    let action = [libc::SECCOMP_RET_ERRNO];
    let ask = [
        imm(libc::SECCOMP_GET_ACTION_AVAIL),
        imm(0),
        at(address_of(&action)),
    ];
    assert_eq!(result_of(lab, sys(Sysno::seccomp, ask)), 0);
}

fn batch_in_a_batch(lab: &mut Lab) {
    let device = std::fs::File::options()
        .read(true)
        .write(true)
        .open(DEVICE_PATH);
    let device = device.expect("the device opens");
    let mut inner = Batch::new([set(10), sys(Sysno::getpid, [])]);
    inner.prepare();
    let header = address_of_mut(std::slice::from_mut(&mut inner.run));
    let fd = std::os::fd::AsRawFd::as_raw_fd(&device);
    let enter = sys(Sysno::ioctl, [imm(fd), imm(RUN_REQUEST), at(header)]);
    assert_eq!(result_of(lab, enter), 0);
    assert_eq!(inner.results, [10, i64::from(std::process::id())]);
    assert_eq!(inner.status(), Some(Status::Done));
    assert_eq!(
        result_of(lab, sys(Sysno::ioctl, [imm(fd), imm(RUN_REQUEST), imm(0)])),
        -14
    );
}

fn two_handed_back_in_a_row_and_in_a_loop(lab: &mut Lab) {
    use sysbatch::abi::BuiltIn::Sub;
    let nothing = sys(Sysno::restart_syscall, []);
    let mut batch = Batch::new([
        set(5),
        nothing,
        nothing,
        sysbatch_reference::built_in(Sub, &[result(0), imm(1)])
            .to_slot(0)
            .jumps(0, 0, -3),
        sys(Sysno::kill, [imm(std::process::id()), imm(0)]),
    ])
    .with_fuel(100);
    let crossings = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let interrupted = error(Errno::INTR);
    assert_eq!(batch.results, [0, interrupted, interrupted, UNWRITTEN, 0]);
    assert_eq!((batch.run.steps, batch.run.fuel), (17, 83));
    // Ten are made in user space; the device is entered once more than that.
    assert_eq!(lab.backend.crossings() - crossings, 10 + 11);
}
