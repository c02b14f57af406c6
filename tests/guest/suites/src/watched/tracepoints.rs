//! The `sys_enter` and `sys_exit` tracepoints: they see each sub-call.

use std::path::Path;

use sysbatch::abi::{BuiltIn, Status};
use sysbatch_reference::built_in;
use syscalls::Sysno;

use super::assert_handed_back;
use crate::harness::cases;
use crate::lab::{Batch, Lab, imm, result, set, sys};

cases! {
    kernel_as_root tracepoint_sees_every_sub_call;
}

const TRACING: &str = "/sys/kernel/tracing";

fn write(name: &str, text: &str) {
    std::fs::write(Path::new(TRACING).join(name), text).expect("tracefs");
}

fn tracepoint_sees_every_sub_call(lab: &mut Lab) {
    if !Path::new(TRACING).join("trace").exists() {
        let flags = rustix::mount::MountFlags::empty();
        rustix::mount::mount("none", TRACING, "tracefs", flags, None).expect("root may mount");
    }
    write("set_event_pid", &std::process::id().to_string());
    for event in ["sys_enter", "sys_exit"] {
        write(&format!("events/raw_syscalls/{event}/enable"), "1");
    }
    let mut batch = Batch::new([
        set(1),
        sys(Sysno::umask, [imm(0o27)]),
        built_in(BuiltIn::Add, &[result(1), imm(0)]),
        sys(Sysno::umask, [result(2)]),
    ]);
    assert_handed_back(lab, &batch);
    let ran = lab.run_direct(&mut batch);
    write("events/enable", "0");
    assert_eq!(ran, Ok(Status::Done));
    let trace = std::fs::read_to_string(Path::new(TRACING).join("trace")).expect("tracefs");
    let number = Sysno::umask.id();
    // "sys_enter: NR 95 (17, 0, …)" and "sys_exit: NR 95 = 18".
    for line in [
        format!("sys_enter: NR {number} (17,"),
        format!("sys_exit: NR {number} = 18"),
        format!("sys_enter: NR {number} (12,"),
        format!("sys_exit: NR {number} = 23"),
    ] {
        assert!(trace.contains(&line), "{line} is not in\n{trace}");
    }
}
