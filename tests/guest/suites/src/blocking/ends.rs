//! Ending a batch from outside, and sharing the processor with one.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use rustix::thread::CpuSet;
use sysbatch::abi::Entry;
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of, address_of_mut, at, imm, set, sys};
use crate::process::{ended, fork, until_it_has_run, until_state};
use crate::signal;

cases! {
    both killed_while_a_sub_call_waits;
    both killed_while_built_ins_loop;
    both killed_while_sub_calls_loop;
    both terminated_while_built_ins_loop;
    both stopped_and_killed_in_a_loop;
    both killed_with_threads_in_batches;
    both others_run_on_the_same_processor;
}

/// A batch that never ends, or that does after a very long time.
fn endless(entry: Entry) -> Batch {
    Batch::new([entry.jumps(-1, -1, -1)]).with_fuel(u64::MAX)
}

/// A child that runs a batch for ever; when this returns it is in it or about
/// to enter it.
fn child_in(lab: &mut Lab, mut batch: Batch) -> Pid {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        rustix::io::write(&writer, b"x").expect("write");
        let status = lab.run(&mut batch);
        panic!("an endless batch came back with {status:?}");
    });
    let mut byte = [0; 1];
    rustix::io::read(&reader, &mut byte).expect("read");
    child
}

fn ends_by(child: Pid, signal: Signal) {
    signal::send(child, signal);
    assert_eq!(ended(child).terminating_signal(), Some(signal.as_raw()));
}

fn killed_while_a_sub_call_waits(lab: &mut Lab) {
    let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
    let mut byte = [0_u8];
    let read = [
        imm(reader.as_raw_fd()),
        at(address_of_mut(&mut byte)),
        imm(1),
    ];
    let child = child_in(lab, Batch::new([set(1), sys(Sysno::read, read)]));
    until_state(child, 'S');
    ends_by(child, Signal::KILL);
}

fn killed_while_built_ins_loop(lab: &mut Lab) {
    let child = child_in(lab, endless(set(1)));
    until_it_has_run(child);
    ends_by(child, Signal::KILL);
}

fn killed_while_sub_calls_loop(lab: &mut Lab) {
    let child = child_in(lab, endless(sys(Sysno::getppid, [])));
    until_it_has_run(child);
    ends_by(child, Signal::KILL);
}

fn terminated_while_built_ins_loop(lab: &mut Lab) {
    let child = child_in(lab, endless(set(1)));
    until_it_has_run(child);
    ends_by(child, Signal::TERM);
}

fn stopped_and_killed_in_a_loop(lab: &mut Lab) {
    let child = child_in(lab, endless(set(1)));
    for _ in 0..5 {
        signal::send(child, Signal::STOP);
        until_state(child, 'T');
        signal::send(child, Signal::CONT);
        std::thread::sleep(Duration::from_millis(5));
    }
    ends_by(child, Signal::KILL);
}

fn killed_with_threads_in_batches(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let (empty, _keep) = rustix::pipe::pipe().expect("pipe");
    let options = lab.options.clone();
    let child = fork(|| {
        let long = [1000_u64, 0];
        let sleep = sys(Sysno::nanosleep, [at(address_of(&long)), imm(0)]);
        let mut byte = [0_u8];
        let read = [
            imm(empty.as_raw_fd()),
            at(address_of_mut(&mut byte)),
            imm(1),
        ];
        let batches = [
            endless(set(1)),
            endless(sys(Sysno::getppid, [])),
            endless(sleep),
            endless(sys(Sysno::read, read)),
        ];
        let (options, writer) = (&options, &writer);
        std::thread::scope(|scope| {
            for mut batch in batches {
                scope.spawn(move || {
                    let mut lab = Lab::new(options);
                    rustix::io::write(writer, b"x").expect("write");
                    lab.run(&mut batch)
                });
            }
        });
    });
    let mut byte = [0; 1];
    for _ in 0..4 {
        rustix::io::read(&reader, &mut byte).expect("read");
    }
    until_it_has_run(child);
    ends_by(child, Signal::KILL);
}

fn others_run_on_the_same_processor(lab: &mut Lab) {
    // Parent and child share one processor: that the parent gets to run at all
    // shows that the child's batch gives it up.
    let mut one = CpuSet::new();
    one.set(0);
    rustix::thread::sched_setaffinity(None, &one).expect("sched_setaffinity");
    for entry in [set(1), sys(Sysno::getppid, [])] {
        let child = child_in(lab, endless(entry));
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(10));
        }
        ends_by(child, Signal::KILL);
    }
}
