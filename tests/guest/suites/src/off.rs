//! The off switch, and who may use it.

use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::{BuiltIn, DEVICE_PATH, PuntReason, Status};
use sysbatch::{Backend, Kind};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of_mut, at, error, imm, result, set, sys};
use crate::process::{ended, fork, until_it_has_run, until_state, wait_for};
use crate::signal;

cases! {
    kernel every_call_is_handed_back_while_off;
    kernel batches_are_the_same_while_off;
    kernel running_batch_is_handed_back_at_the_next_call;
    kernel waiting_call_ends_as_it_would;
    kernel built_ins_run_on_and_can_be_killed;
    kernel library_lets_go_of_the_device;
    kernel library_lets_go_while_another_thread_waits;
    kernel only_root_may_switch;
    kernel switch_takes_what_other_switches_take;
    kernel device_is_for_everyone;
}

const SWITCH: &str = "/sys/module/sysbatch/parameters/off";

/// The module, switched off as long as this lives.
pub(crate) struct Off;

impl Off {
    pub(crate) fn new() -> Self {
        std::fs::write(SWITCH, "1").expect("root may switch");
        assert!(is_off());
        Self
    }
}

impl Drop for Off {
    fn drop(&mut self) {
        std::fs::write(SWITCH, "0").expect("root may switch");
    }
}

fn is_off() -> bool {
    let text = std::fs::read_to_string(SWITCH).expect("anyone may read it");
    match text.trim() {
        "Y" => true,
        "N" => false,
        other => panic!("{other:?}"),
    }
}

fn pid() -> i64 {
    i64::from(std::process::id())
}

fn assert_inline(lab: &mut Lab) {
    let mut batch = Batch::new([set(1), sys(Sysno::getpid, [])]);
    assert_eq!(lab.enter(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, pid()]);
}

fn every_call_is_handed_back_while_off(lab: &mut Lab) {
    assert_inline(lab);
    let off = Off::new();
    for number in 0..600 {
        let call = sysbatch::abi::Entry {
            nr: number,
            ..sys(Sysno::getpid, [imm(-1), imm(-1), imm(-1)])
        };
        let mut batch = Batch::new([set(1), call, set(3)]);
        // What the kernel's table does not have is no call.
        if lab.enter(&mut batch) == Ok(Status::Done) {
            assert!(number > 450, "{number}");
            assert_eq!(batch.results, [1, error(Errno::NOSYS), 3], "{number}");
        } else {
            assert_eq!(batch.status(), Some(Status::Punt), "{number}");
            assert_eq!(batch.run.reason, PuntReason::Off.raw(), "{number}");
            assert_eq!(batch.results, [1, UNWRITTEN, UNWRITTEN], "{number}");
        }
    }
    drop(off);
    assert_inline(lab);
}

fn batches_are_the_same_while_off(lab: &mut Lab) {
    let again = built_in(BuiltIn::Sub, &[result(0), imm(1)])
        .to_slot(0)
        .jumps(0, 0, -2);
    let entries = [
        set(25),
        sys(Sysno::umask, [imm(0o22)]),
        again,
        sys(Sysno::getpid, []),
        sys(Sysno::close, [imm(-1)]),
    ];
    for is_off in [false, true, false] {
        let off = is_off.then(Off::new);
        let mut batch = Batch::new(entries).with_fuel(100);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let expected = [0, 0o22, UNWRITTEN, pid(), error(Errno::BADF)];
        assert_eq!((batch.results[0], &batch.results[2..]), (0, &expected[2..]));
        assert_eq!((batch.run.steps, batch.run.fuel), (53, 47));
        drop(off);
    }
}

fn running_batch_is_handed_back_at_the_next_call(lab: &mut Lab) {
    let child = fork(|| {
        let endless = sys(Sysno::getpid, []).jumps(-1, -1, -1);
        let mut batch = Batch::new([endless]).with_fuel(u64::MAX);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
        assert_eq!(batch.run.reason, PuntReason::Off.raw());
        assert_eq!(batch.run.pc, 0);
    });
    until_it_has_run(child);
    let off = Off::new();
    wait_for(child);
    drop(off);
}

fn waiting_call_ends_as_it_would(lab: &mut Lab) {
    let (wake, waker) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let mut byte = [0_u8];
        let read = [imm(wake.as_raw_fd()), at(address_of_mut(&mut byte)), imm(1)];
        let mut batch = Batch::new([set(1), sys(Sysno::read, read), sys(Sysno::getpid, [])]);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Punt));
        assert_eq!(batch.results, [1, 1, UNWRITTEN]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!((batch.results[1], batch.results[2]), (1, pid()));
    });
    until_state(child, 'S');
    let off = Off::new();
    rustix::io::write(&waker, b"x").expect("write");
    wait_for(child);
    drop(off);
}

fn built_ins_run_on_and_can_be_killed(lab: &mut Lab) {
    let _off = Off::new();
    let child = fork(|| {
        let mut batch = Batch::new([set(1).jumps(-1, -1, -1)]).with_fuel(u64::MAX);
        let status = lab.enter(&mut batch);
        panic!("an endless batch came back with {status:?}");
    });
    until_it_has_run(child);
    signal::send(child, Signal::KILL);
    assert_eq!(
        ended(child).terminating_signal(),
        Some(Signal::KILL.as_raw())
    );
}

/// How many files of the device this process has open.
fn open_devices() -> usize {
    let files = std::fs::read_dir("/proc/self/fd").expect("procfs");
    let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    targets
        .filter(|target| target.as_os_str() == DEVICE_PATH)
        .count()
}

fn library_lets_go_of_the_device(lab: &mut Lab) {
    assert_eq!((open_devices(), lab.backend.kind()), (1, Kind::Kernel));
    let off = Off::new();
    for crossings in [2, 1, 1] {
        let before = lab.backend.crossings();
        let mut batch = Batch::new([set(1), sys(Sysno::getpid, [])]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, pid()]);
        assert_eq!(lab.backend.crossings() - before, crossings);
        assert_eq!((open_devices(), lab.backend.kind()), (0, Kind::User));
    }
    drop(off);
    // Nobody has asked for it again.
    assert_eq!(open_devices(), 0);
}

fn library_lets_go_while_another_thread_waits(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let options = lab.options.clone();
    let (told, tell) = rustix::pipe::pipe().expect("pipe");
    let waits = std::thread::spawn(move || {
        let mut lab = Lab::new(&options);
        let mut byte = [b't'];
        let byte_at = at(address_of_mut(&mut byte));
        let mut batch = Batch::new([
            sys(Sysno::write, [imm(tell.as_raw_fd()), byte_at, imm(1)]),
            sys(Sysno::read, [imm(reader.as_raw_fd()), byte_at, imm(1)]),
            sys(Sysno::getpid, []),
        ]);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, 1, pid()]);
    });
    assert_eq!(rustix::io::read(&told, &mut [0_u8; 1]), Ok(1));
    let _off = Off::new();
    assert_eq!(
        lab.run(&mut Batch::new([sys(Sysno::getpid, [])])),
        Ok(Status::Done)
    );
    assert_eq!(open_devices(), 0);
    rustix::io::write(&writer, b"x").expect("write");
    waits.join().expect("the thread");
}

fn only_root_may_switch(_: &mut Lab) {
    let metadata = std::fs::metadata(SWITCH).expect("the switch is there");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o644);
    assert_eq!((metadata.uid(), metadata.gid()), (0, 0));
    let child = fork(|| {
        let nobody = rustix::process::Uid::from_raw(65534);
        rustix::thread::set_thread_uid(nobody).expect("root may become anyone");
        assert!(!is_off());
        let error = std::fs::write(SWITCH, "1").expect_err("nobody may not");
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    });
    wait_for(child);
    assert!(!is_off());
}

fn switch_takes_what_other_switches_take(lab: &mut Lab) {
    for (word, expected) in [("Y", true), ("0", false), ("on", true), ("n", false)] {
        std::fs::write(SWITCH, word).expect("a word that is known");
        assert_eq!(is_off(), expected, "{word}");
    }
    for word in ["2", "maybe", "-1"] {
        assert!(std::fs::write(SWITCH, word).is_err(), "{word}");
        assert!(!is_off());
    }
    assert_inline(lab);
}

fn device_is_for_everyone(_: &mut Lab) {
    let metadata = std::fs::metadata(DEVICE_PATH).expect("the device is there");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o666);
    // An administrator's choice holds for who opens it after that.
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(DEVICE_PATH, permissions).expect("root may");
    };
    let as_nobody = |body: &dyn Fn()| {
        wait_for(fork(|| {
            let nobody = rustix::process::Uid::from_raw(65534);
            rustix::thread::set_thread_uid(nobody).expect("root may become anyone");
            body();
        }));
    };
    let open = || {
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .open(DEVICE_PATH);
        file.map(|file| Backend::from_device(file.into()).expect("the module fits"))
    };
    as_nobody(&|| assert!(open().is_ok()));
    mode(0o600);
    as_nobody(&|| {
        let error = open().expect_err("nobody may not");
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    });
    mode(0o666);
}
