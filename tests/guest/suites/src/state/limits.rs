//! Limits and control groups act on a batch that runs.

use rustix::process::{Pid, Resource, Rlimit, Signal};
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use crate::groups::Group;
use crate::harness::cases;
use crate::lab::{Batch, Lab, address_of_mut, at, imm, set, sys};
use crate::process::{ended, fork, until_it_has_run, wait_for};
use crate::signal;

cases! {
    both processor_time_limit_ends_a_loop_of_sub_calls;
    both processor_time_limit_ends_a_loop_of_built_ins;
    both freezer_stops_a_loop_and_lets_it_go_on;
    both memory_limit_slows_a_batch_down_and_no_more;
}

/// A child that runs an entry for ever.
fn endless(lab: &mut Lab, entry: Entry) -> Pid {
    fork(|| {
        let mut batch = Batch::new([entry.jumps(-1, -1, -1)]).with_fuel(u64::MAX);
        let status = lab.run_direct(&mut batch);
        panic!("an endless batch came back with {status:?}");
    })
}

fn ends_by_its_limit(lab: &mut Lab, entry: Entry) {
    let limit = Rlimit {
        current: Some(1),
        maximum: Some(20),
    };
    rustix::process::setrlimit(Resource::Cpu, limit).expect("a limit may be lowered");
    let child = endless(lab, entry);
    assert_eq!(ended(child).terminating_signal(), Some(libc::SIGXCPU));
}

fn processor_time_limit_ends_a_loop_of_sub_calls(lab: &mut Lab) {
    ends_by_its_limit(lab, sys(Sysno::getppid, []));
}

fn processor_time_limit_ends_a_loop_of_built_ins(lab: &mut Lab) {
    ends_by_its_limit(lab, set(1));
}

fn freezer_stops_a_loop_and_lets_it_go_on(lab: &mut Lab) {
    for entry in [set(1), sys(Sysno::getppid, [])] {
        let group = Group::new("freezer");
        let child = endless(lab, entry);
        group.add(child);
        for _ in 0..3 {
            until_it_has_run(child);
            group.write("cgroup.freeze", "1");
            group.until_frozen(true);
            group.write("cgroup.freeze", "0");
            group.until_frozen(false);
        }
        until_it_has_run(child);
        signal::send(child, Signal::KILL);
        assert_eq!(ended(child).terminating_signal(), Some(libc::SIGKILL));
    }
}

fn memory_limit_slows_a_batch_down_and_no_more(lab: &mut Lab) {
    const LEN: usize = 6 << 20;
    let group = Group::new("memory");
    group.write("memory.high", "4M");
    let child = fork(|| {
        group.add(rustix::process::getpid());
        let zero = std::fs::File::open("/dev/zero").expect("/dev/zero");
        let fd = imm(std::os::fd::AsRawFd::as_raw_fd(&zero));
        let mut memory = vec![0_u8; LEN];
        let address = address_of_mut(&mut memory);
        // A mebibyte each.
        let reads = (0..6_u64).map(|k| {
            let place = at(address + (k << 20));
            sys(Sysno::read, [fd, place, imm(1 << 20)])
        });
        let mut batch = Batch::new(reads.collect::<Vec<_>>());
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1 << 20; 6]);
    });
    wait_for(child);
}
