//! Audit: once it has been switched on, the kernel marks every task made from
//! then on. As long as there are no rules, it is told of each sub-call of such a
//! task inside the batch; where something may have to be recorded, sub-calls are
//! handed back.
//!
//! There is no way back short of a new start of the machine, so this suite needs a
//! machine of its own. There other suites run, too, to show that a task that
//! is marked behaves as any.

pub(crate) mod daemon;

use rustix::fd::AsFd;
use rustix::io::Errno;
use sysbatch::abi::Status;
use syscalls::Sysno;

use crate::harness::{Host, cases};
use crate::lab::{Batch, Lab, address_of_mut, at, error, imm, set, sys};
use crate::process::{fork, until_state, wait_for};
use crate::watched::assert_handed_back;
use crate::watched::filter::{fail_with, filter, install};
use daemon::{Audit, Record};

cases! {
    kernel batch_without_rules_is_one_crossing;
    kernel batch_with_a_rule_is_handed_back;
    kernel calls_are_recorded_as_themselves;
    kernel rule_that_comes_holds_from_the_next_sub_call;
    kernel rule_that_comes_meets_a_filtered_batch;
    kernel rule_that_comes_sees_the_ioctl_once;
    kernel calls_go_on_when_rules_have_gone;
}

fn batch() -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), sys(Sysno::getppid, [])])
}

/// Runs it in a child, which is marked.
fn in_child(body: impl FnOnce()) {
    wait_for(fork(body));
}

#[track_caller]
fn assert_one_crossing(lab: &mut Lab, batch: &mut Batch) {
    let before = lab.backend.crossings();
    assert_eq!(lab.run(batch), Ok(Status::Done));
    assert_eq!(lab.backend.crossings() - before, 1);
}

fn batch_without_rules_is_one_crossing(lab: &mut Lab) {
    in_child(|| {
        let mut batch = batch();
        assert_one_crossing(lab, &mut batch);
        assert_eq!(batch.results[1], i64::from(std::process::id()));
    });
}

fn batch_with_a_rule_is_handed_back(lab: &mut Lab) {
    let audit = Audit::connect();
    audit.add_rule(&[Sysno::sync]);
    in_child(|| assert_handed_back(lab, &batch()));
    audit.remove_rule(&[Sysno::sync]);
    in_child(|| assert_one_crossing(lab, &mut batch()));
}

/// The call by which a child says that it is done, and not of any batch here.
const LAST: Sysno = Sysno::getpgid;

/// Has a child run a batch and returns what was recorded of it. It reads a byte of
/// a pipe, which comes when it waits for it and the rule is there; or the rule is
/// there before, which is told by `first`.
fn recorded(
    host: Host,
    lab: &Lab,
    first: bool,
    calls: &[Sysno],
    body: fn(&mut Lab, u64),
) -> Vec<Record> {
    let audit = Audit::connect();
    audit.become_daemon();
    let calls = [calls, &[LAST]].concat();
    if first {
        audit.add_rule(&calls);
    }
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let child = fork(|| {
        let mut options = lab.options.clone();
        options.backend = host;
        body(&mut Lab::new(&options), descriptor(&reader));
        let _ = rustix::process::getpgid(None);
    });
    until_state(child, 'S');
    if !first {
        audit.add_rule(&calls);
    }
    rustix::io::write(&writer, b"x").expect("write");
    let mut records = Vec::new();
    loop {
        let record = audit.next();
        if record.process != child.as_raw_nonzero().get() {
            continue;
        }
        if record.number == number(LAST) {
            break;
        }
        records.push(Record {
            process: 0,
            ..record
        });
    }
    wait_for(child);
    audit.remove_rule(&calls);
    audit.resign();
    records
}

fn number(call: Sysno) -> u32 {
    u32::try_from(call.id()).expect("a call number")
}

fn descriptor(file: impl AsFd) -> u64 {
    let raw = std::os::fd::AsRawFd::as_raw_fd(&file.as_fd());
    raw.try_into().expect("a descriptor")
}

/// A call that fails or not, the one that waits, and some after it.
const CALLS: [Sysno; 4] = [Sysno::getppid, Sysno::read, Sysno::dup, Sysno::getpriority];

/// [`CALLS`], with arguments that are the same in every process.
fn calls(waits_on: u64, buffer: &mut [u8; 1]) -> Batch {
    Batch::new([
        sys(Sysno::getppid, [imm(1), imm(2), imm(3), imm(4)]),
        sys(
            Sysno::read,
            [
                imm(waits_on.cast_signed()),
                at(address_of_mut(buffer)),
                imm(1),
            ],
        ),
        set(7),
        sys(Sysno::getppid, [imm(5), imm(6), imm(7), imm(8)]),
        sys(Sysno::dup, [imm(-1)]),
        sys(Sysno::getpriority, [imm(0), imm(0)]),
    ])
}

fn run_calls(lab: &mut Lab, waits_on: u64) {
    let mut buffer = [0];
    let mut batch = calls(waits_on, &mut buffer);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[4], error(Errno::BADF));
    assert_eq!(batch.results[5], 20);
}

/// Without what differs between two processes: addresses.
fn numbers(records: &[Record]) -> Vec<u32> {
    records.iter().map(|record| record.number).collect()
}

fn without_addresses(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        if record.number == number(Sysno::read) {
            record.arguments[1] = 0;
        }
    }
    records
}

fn calls_are_recorded_as_themselves(lab: &mut Lab) {
    let alone = recorded(Host::User, lab, true, &CALLS, run_calls);
    let expected = [
        Sysno::getppid,
        Sysno::read,
        Sysno::getppid,
        Sysno::dup,
        Sysno::getpriority,
    ];
    assert_eq!(numbers(&alone), expected.map(number));
    assert_eq!(alone[2].arguments, [5, 6, 7, 8]);
    let batched = recorded(Host::Kernel, lab, true, &CALLS, run_calls);
    assert_eq!(without_addresses(batched), without_addresses(alone));
}

/// Runs the calls, and sees that the module has made all of them inside.
fn run_calls_inside(lab: &mut Lab, waits_on: u64) {
    let before = lab.backend.crossings();
    run_calls(lab, waits_on);
    if lab.is_kernel() {
        assert_eq!(lab.backend.crossings() - before, 1);
    }
}

fn rule_that_comes_holds_from_the_next_sub_call(lab: &mut Lab) {
    let alone = recorded(Host::User, lab, false, &CALLS, run_calls);
    // Not the one that waited when the rule came.
    let expected = [Sysno::getppid, Sysno::dup, Sysno::getpriority];
    assert_eq!(numbers(&alone), expected.map(number));
    let batched = recorded(Host::Kernel, lab, false, &CALLS, run_calls_inside);
    assert_eq!(batched, alone);
}

fn run_filtered_calls(lab: &mut Lab, waits_on: u64) {
    install(&filter(Sysno::dup, fail_with(Errno::BADF)));
    run_calls_inside(lab, waits_on);
}

fn rule_that_comes_meets_a_filtered_batch(lab: &mut Lab) {
    let alone = recorded(Host::User, lab, false, &CALLS, run_filtered_calls);
    let batched = recorded(Host::Kernel, lab, false, &CALLS, run_filtered_calls);
    assert!(
        !numbers(&alone).contains(&number(Sysno::dup)),
        "it was not made"
    );
    assert_eq!(batched, alone);
}

fn rule_that_comes_sees_the_ioctl_once(lab: &mut Lab) {
    let calls = [Sysno::ioctl, Sysno::dup];
    let records = recorded(Host::Kernel, lab, false, &calls, run_calls_inside);
    assert_eq!(
        numbers(&records),
        calls.map(number).into_iter().rev().collect::<Vec<_>>()
    );
    assert_eq!(
        records[1].arguments[1],
        u64::from(sysbatch::abi::RUN_REQUEST)
    );
    assert_eq!((records[1].succeeded, records[1].result), (true, 0));
}

fn calls_go_on_when_rules_have_gone(lab: &mut Lab) {
    let records = recorded(Host::Kernel, lab, true, &[Sysno::dup], run_calls);
    assert_eq!(numbers(&records), [number(Sysno::dup)]);
    in_child(|| assert_one_crossing(lab, &mut batch()));
}
