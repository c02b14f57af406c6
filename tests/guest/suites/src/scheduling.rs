//! Who else has the processor while a batch runs, and a batch whose processor goes.
#![expect(unsafe_code, reason = "the policy of the scheduler")]

use core::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use rustix::thread::CpuSet;
use sysbatch::abi::{BuiltIn, Entry, Status, Width};
use sysbatch_reference::{EntryExt as _, built_in};
use syscalls::Sysno;

use crate::groups::Group;
use crate::harness::cases;
use crate::lab::{Batch, Lab, at, imm, set, sys};
use crate::pages::Pages;
use crate::process::{ended, fork, until_it_has_run, wait_for};
use crate::signal;
use crate::watched::filter::{filter, install};

cases! {
    kernel_as_root real_time_batch_leaves_time_to_others within 120;
    kernel_as_root batch_goes_on_when_its_processor_goes within 120;
    kernel_as_root quota_slows_a_batch_as_it_slows_calls within 120;
    kernel_as_root endless_batches_stall_nothing within 600;
}

/// Keeps this process on one processor.
fn stay_on(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    rustix::thread::sched_setaffinity(None, &set).expect("it is there");
}

/// A child that runs an entry for ever, on this processor.
fn endless(lab: &mut Lab, processor: usize, entry: Entry, prepare: impl FnOnce()) -> Pid {
    fork(|| {
        stay_on(processor);
        prepare();
        let mut batch = Batch::new([entry.jumps(-1, -1, -1)]).with_fuel(u64::MAX);
        let status = lab.run_direct(&mut batch);
        panic!("an endless batch came back with {status:?}");
    })
}

#[track_caller]
fn is_killed(child: Pid) {
    signal::send(child, Signal::KILL);
    let signal = ended(child).terminating_signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()));
}

/// Makes this process one of those that run before all ordinary ones.
fn become_real_time() {
    let parameters = libc::sched_param { sched_priority: 10 };
    // SAFETY: the parameters are there.
    let result = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) };
    assert_eq!(result, 0, "sched_setscheduler");
}

fn real_time_batch_leaves_time_to_others(lab: &mut Lab) {
    // As much as the kernel keeps back for them (`sched_rt_runtime_us`).
    for entry in [set(1), sys(Sysno::getppid, [])] {
        let batch = endless(lab, 1, entry, become_real_time);
        until_it_has_run(batch);
        let other = fork(|| {
            stay_on(1);
            loop {
                core::hint::spin_loop();
            }
        });
        until_it_has_run(other);
        is_killed(batch);
        is_killed(other);
    }
}

/// Switches the second processor on or off.
fn switch(on: bool) {
    let file = "/sys/devices/system/cpu/cpu1/online";
    std::fs::write(file, if on { "1" } else { "0" }).expect("root may");
}

fn batch_goes_on_when_its_processor_goes(lab: &mut Lab) {
    let words = Pages::shared(1);
    let (count, stop) = (words.atomic(0), words.atomic(8));
    let child = fork(|| {
        stay_on(1);
        let counts = built_in(BuiltIn::UserMemoryAdd, &[at(words.address()), imm(1)]);
        let looks = built_in(BuiltIn::Load(Width::Eight), &[at(words.address() + 8)]);
        let mut batch = Batch::new([counts, sys(Sysno::getppid, []), looks.jumps(0, -3, 0)])
            .with_fuel(u64::MAX);
        assert_eq!(lab.run_direct(&mut batch), Ok(Status::Done));
        assert_eq!(batch.run.steps, 3 * count.load(SeqCst), "no step was lost");
        assert_eq!(batch.results[2], 1);
    });
    let goes_on = || {
        let seen = count.load(SeqCst);
        while count.load(SeqCst) < seen + 1000 {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    goes_on();
    for _ in 0..5 {
        switch(false);
        goes_on();
        switch(true);
        goes_on();
    }
    stop.store(1, SeqCst);
    wait_for(child);
}

fn quota_slows_a_batch_as_it_slows_calls(lab: &mut Lab) {
    // A fifth of a processor, in periods of 50 ms.
    let groups = ["calls", "batch"].map(|name| {
        let group = Group::new(name);
        group.write("cpu.max", "10000 50000");
        group
    });
    let calls = fork(|| {
        groups[0].add(rustix::process::getpid());
        stay_on(0);
        loop {
            let _ = rustix::process::getppid();
        }
    });
    let batch = endless(lab, 1, sys(Sysno::getppid, []), || {
        groups[1].add(rustix::process::getpid());
    });
    while groups.iter().any(|group| group.time("nr_throttled") < 20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    is_killed(calls);
    is_killed(batch);
    // Of each period, in microseconds. The first may have begun before the group was
    // entered, and the last is not over.
    let [calls, batch] = groups
        .each_ref()
        .map(|group| group.time("usage_usec") / (group.time("nr_periods") + 1));
    println!("of 10 ms: {calls} us by calls, {batch} us by a batch");
    assert!(batch < 2 * calls.max(10_000), "{calls} and {batch}");
}

/// The kernel's limits to what it takes for a stall, made as before when dropped.
struct Limits(Vec<(&'static str, String)>);

impl Limits {
    /// Sets them to this many seconds.
    fn new(seconds: u64) -> Self {
        let set = |file, value: u64| {
            let before = std::fs::read_to_string(file).expect("root may read it");
            std::fs::write(file, value.to_string()).expect("root may write it");
            (file, before)
        };
        Self(vec![
            set(
                "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout",
                seconds,
            ),
            // A processor is locked up if it is not given away for twice that.
            set("/proc/sys/kernel/watchdog_thresh", seconds / 2),
        ])
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        for (file, before) in &self.0 {
            // What is left of them matters to nobody.
            let _ = std::fs::write(file, before.trim());
        }
    }
}

fn endless_batches_stall_nothing(lab: &mut Lab) {
    // The kernel's own limits are 21 and 20 seconds.
    let seconds = lab.options.endless_seconds;
    let _limits = Limits::new((seconds * 2 / 3).min(21));
    let filtered = || install(&filter(Sysno::getpgid, libc::SECCOMP_RET_ALLOW));
    let getppid = sys(Sysno::getppid, []);
    let rounds: [[(Entry, bool); 2]; 2] = [
        [(getppid, false), (set(1), false)],
        [(getppid, true), (sys(Sysno::close, [imm(-1)]), false)],
    ];
    // Who has little time sees the first of them only.
    let rounds = if seconds < 30 {
        &rounds[..1]
    } else {
        &rounds[..]
    };
    for round in rounds {
        let mut processor = 0;
        let children = round.map(|(entry, is_filtered)| {
            processor += 1;
            endless(lab, processor - 1, entry, || {
                if is_filtered {
                    filtered();
                }
            })
        });
        children.iter().copied().for_each(until_it_has_run);
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(Duration::from_millis(500));
        }
        children.into_iter().for_each(is_killed);
    }
}
