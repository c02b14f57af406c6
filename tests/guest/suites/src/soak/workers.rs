//! Processes that run batches, and look at what comes of them whatever is done to
//! them meanwhile.

use core::sync::atomic::Ordering::SeqCst;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Signal;
use sysbatch::abi::Status;
use sysbatch::{Ring, Submit};
use sysbatch_reference::EntryExt as _;
use sysbatch_reference::random::Random;
use syscalls::Sysno;

use super::words::{Event, Phase, Words};
use crate::harness::{Host, Options};
use crate::lab::{Batch, Lab, address_of_mut, at, error, imm, set, sys};
use crate::process::{ended, fork};
use crate::property::Pair;
use crate::signals::storm::Waits;
use crate::watched::filter as filters;
use crate::{module, signal};

/// What a process knows.
pub(super) struct Me {
    pub(super) words: &'static Words,
    pub(super) slot: usize,
    pub(super) seed: u64,
    pub(super) options: Options,
    /// How many slots, from the first, are workers.
    pub(super) workers: usize,
}

impl Me {
    /// Says that a thread has gone on.
    pub(super) fn goes_on(&self, thread: usize) {
        self.words.slots[self.slot].beats[thread].fetch_add(1, SeqCst);
    }

    fn is_to_go_on(&self) -> bool {
        self.words.is_at_most(Phase::Calm)
    }

    /// A lab with a device of its own: what the library shares was closed.
    fn lab(&self) -> Lab {
        let mut lab = Lab::on(Host::User, &self.options);
        let (backend, _) = module::open().expect("the module is loaded");
        lab.backend = backend;
        lab
    }
}

/// Random programs, on both hosts.
pub(super) fn programs(me: &Me) {
    let mut pair = Pair::new(&me.options);
    let mut seed = me.seed;
    while me.is_to_go_on() {
        pair.run_disturbed(seed);
        seed = seed.wrapping_add(1);
        Words::count_one(Event::Program);
        me.goes_on(0);
    }
}

/// The same in a process with a filter, which each sub-call has to pass.
pub(super) fn filtered(me: &Me) {
    let refused = filters::fail_with(Errno::XDEV);
    filters::install(&filters::filter(Sysno::getuid, refused));
    programs(me);
}

/// Calls that wait, in three threads, and are interrupted.
pub(super) fn waits(me: &Me) {
    signal::count(Signal::USR1, 0);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            scope.spawn(move || {
                let mut lab = me.lab();
                let mut waits = Waits::new();
                while me.is_to_go_on() {
                    waits.run(&mut lab);
                    Words::count_one(Event::Batch);
                    me.goes_on(thread);
                }
            });
        }
    });
}

/// How many bytes a batch of [`pipe`] moves, one by one.
const MOVED: usize = 8;

/// A thread that writes to a pipe and one that reads from it: what arrives is what
/// was sent.
pub(super) fn pipe(me: &Me) {
    signal::count(Signal::USR1, 0);
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || write_all(me, writer));
        scope.spawn(move || read_all(me, &reader));
    });
}

/// One entry for each byte, made again if it was interrupted.
fn each_byte(call: Sysno, fd: &OwnedFd, bytes: &mut [u8; MOVED]) -> Batch {
    let start = address_of_mut(bytes);
    let entries = (start..).take(MOVED).map(|byte| {
        let operands = [imm(fd.as_raw_fd()), at(byte), imm(1)];
        sys(call, operands).jumps(-1, 0, 0)
    });
    Batch::new(entries.collect::<Vec<_>>()).with_fuel(1 << 40)
}

fn byte(index: usize) -> u8 {
    (index % 251).to_le_bytes()[0]
}

fn write_all(me: &Me, writer: OwnedFd) {
    let mut lab = me.lab();
    let mut sent = 0;
    while me.is_to_go_on() {
        let mut bytes: [u8; MOVED] = std::array::from_fn(|index| byte(sent + index));
        let mut batch = each_byte(Sysno::write, &writer, &mut bytes);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert!(batch.results.iter().all(|&result| result == 1));
        sent += MOVED;
        Words::count_one(Event::Batch);
        me.goes_on(0);
    }
}

fn read_all(me: &Me, reader: &OwnedFd) {
    let mut lab = me.lab();
    let mut seen = 0;
    loop {
        let mut bytes = [0; MOVED];
        let mut batch = each_byte(Sysno::read, reader, &mut bytes);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        let arrived = batch.results.iter().take_while(|&&result| result == 1);
        let arrived = arrived.count();
        for (index, &arrived) in bytes[..arrived].iter().enumerate() {
            assert_eq!(arrived, byte(seen + index), "byte {}", seen + index);
        }
        seen += arrived;
        Words::count_one(Event::Batch);
        me.goes_on(1);
        if arrived < MOVED {
            let rest = &batch.results[arrived..];
            assert!(rest.iter().all(|&result| result == 0), "{rest:?}");
            return;
        }
    }
}

/// How many batches of [`ring`] wait or run at a time.
const OUT: usize = 4;

/// Asynchronous batches, which threads of the library's run.
pub(super) fn ring(me: &Me) {
    let (backend, _) = module::open().expect("the module is loaded");
    let ring = Ring::new(backend).expect("a ring");
    let mut random = Random::new(me.seed);
    while me.is_to_go_on() {
        let submitted: [_; OUT] = std::array::from_fn(|_| {
            let mut batch = sysbatch::Batch::new();
            let buffer = batch.buffer(256);
            let path = "/proc/version";
            let file = batch.openat(CWD, path, OFlags::RDONLY, Mode::empty());
            let read = batch.read(&file, buffer);
            batch.close(file);
            // Its beginning in this thread, or all of it in another.
            let submit = Submit::from(batch).inline_first(random.once_in(2));
            (ring.submit(submit).expect("there is room"), read, buffer)
        });
        for (ticket, read, buffer) in submitted {
            let mut completion = ticket.wait().expect("it completes");
            let results = completion.results().expect("nobody cancels it");
            results.check().expect("the calls succeed");
            let len = results.get(&read).expect("it was made");
            assert!(results.bytes(buffer)[..len].starts_with(b"Linux version"));
            Words::count_one(Event::Batch);
        }
        me.goes_on(0);
    }
}

/// Children that end in many ways.
pub(super) fn forks(me: &Me) {
    let mut random = Random::new(me.seed);
    for fault in &me.options.soak.faults {
        fault.at_work(me);
    }
    while me.is_to_go_on() {
        match random.below(4) {
            0 => ends_by_itself(me),
            1 => is_killed(me, &mut random, waits_for_ever),
            2 => is_killed(me, &mut random, runs_for_ever),
            _ => ends_in_a_batch(me),
        }
        Words::count_one(Event::Fork);
        me.goes_on(0);
    }
}

/// A child of this process, for as long as it is there.
fn child(body: impl FnOnce()) -> rustix::process::Pid {
    let parent = rustix::process::getpid();
    fork(|| {
        // If the parent was killed before the child could ask to end with it.
        if rustix::process::getppid() == Some(parent) {
            body();
        }
    })
}

fn ends_by_itself(me: &Me) {
    let pid = child(|| {
        let mut batch = Batch::new([set(1), sys(Sysno::getpid, []), set(2)]);
        assert_eq!(me.lab().run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, i64::from(std::process::id()), 2]);
    });
    let status = ended(pid);
    assert_eq!(status.exit_status(), Some(0), "the child: {status:?}");
}

fn ends_in_a_batch(me: &Me) {
    let pid = child(|| {
        let mut batch = Batch::new([set(1), sys(Sysno::exit_group, [imm(7)]), set(2)]);
        let status = me.lab().run(&mut batch);
        panic!("a batch that ends its process came back with {status:?}");
    });
    let status = ended(pid);
    assert_eq!(status.exit_status(), Some(7), "the child: {status:?}");
}

/// Kills a child after a moment.
fn is_killed(me: &Me, random: &mut Random, body: fn(&mut Lab)) {
    let pid = child(|| {
        body(&mut me.lab());
        panic!("a batch that has no end came to one");
    });
    std::thread::sleep(Duration::from_micros(random.below(20_000)));
    signal::send(pid, Signal::KILL);
    let status = ended(pid);
    let signal = status.terminating_signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()), "the child: {status:?}");
}

fn waits_for_ever(lab: &mut Lab) {
    let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
    let mut byte = [0_u8];
    let operands = [
        imm(reader.as_raw_fd()),
        at(address_of_mut(&mut byte)),
        imm(1),
    ];
    let mut batch = Batch::new([set(1), sys(Sysno::read, operands)]);
    let status = lab.run(&mut batch);
    panic!("a read from an empty pipe came back with {status:?}");
}

fn runs_for_ever(lab: &mut Lab) {
    let endless = sys(Sysno::getpid, []).jumps(-1, -1, -1);
    let mut batch = Batch::new([set(1), endless]).with_fuel(u64::MAX);
    let status = lab.run(&mut batch);
    panic!("an endless batch came back with {status:?}");
}

/// A filter that appears while another thread runs batches.
pub(super) fn filters(me: &Me) {
    let mut random = Random::new(me.seed);
    while me.is_to_go_on() {
        let moment = Duration::from_micros(random.below(5_000));
        let pid = child(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| until_refused(&mut me.lab()));
                std::thread::sleep(moment);
                let refused = filters::fail_with(Errno::XDEV);
                filters::install_for_all(&filters::filter(Sysno::getuid, refused));
            });
        });
        let status = ended(pid);
        assert_eq!(status.exit_status(), Some(0), "the child: {status:?}");
        Words::count_one(Event::Filter);
        me.goes_on(0);
    }
}

/// Runs batches of a call until it is refused: from then on it is never made.
fn until_refused(lab: &mut Lab) {
    let mut is_refused = false;
    let mut batches = 0;
    while batches < 3 {
        let mut batch = Batch::new([sys(Sysno::getuid, []); 16]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        for &result in &batch.results {
            let refused = result == error(Errno::XDEV);
            assert!(refused || result == 0, "getuid gave {result}");
            assert!(refused || !is_refused, "a filter was there and is not");
            is_refused = refused;
        }
        batches += u32::from(is_refused);
    }
}
