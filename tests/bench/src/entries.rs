//! How often the kernel is entered, counted by its function tracer
//! (`Documentation/trace/ftrace.rst`).
//!
//! Tracing functions is nothing that a task's system calls are watched for: the
//! module goes on running batches, which it would not if they were counted by
//! ptrace(2) or a tracepoint.

use std::fs;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use syscalls::Sysno;

use crate::interface::{Call, Interface};

const TRACING: &str = "/sys/kernel/tracing";
/// The functions that the kernel's table of system calls leads to.
const FUNCTIONS: &str = "__x64_sys_*";
/// Calls in a batch, of `getpgid`: functions of calls without any argument are none
/// that the tracer can trace.
const CALLS: usize = 3;
/// Batches that are counted.
const BATCHES: usize = 32;

/// What was counted.
#[derive(Debug, Serialize)]
pub(crate) struct Entries {
    interface: Interface,
    /// Kernel entries for each batch.
    entries: f64,
    /// Whether the batch ran in the kernel.
    in_kernel: bool,
}

/// Counts the kernel entries of a batch of three calls, after the process has run
/// others.
///
/// # Errors
/// When the tracer can't be used.
pub(crate) fn count(interface: Interface) -> anyhow::Result<Entries> {
    let mut call = Call::new(interface, Sysno::getpgid as u32, CALLS);
    call.run()?;
    write("tracing_on", "0")?;
    write("set_ftrace_filter", FUNCTIONS)?;
    write("set_ftrace_pid", &std::process::id().to_string())?;
    write("current_tracer", "function")?;
    // The difference is free of what switching the tracer on and off takes.
    let (few, many) = (trace(&mut call, BATCHES)?, trace(&mut call, 2 * BATCHES)?);
    write("current_tracer", "nop")?;
    let in_kernel = few.ioctls >= BATCHES;
    let entries = |seen: Seen| {
        // Where batches run in the kernel each is one ioctl, and its calls are made
        // from there; else each call is an entry of its own.
        seen.others + if in_kernel { 0 } else { seen.made }
    };
    Ok(Entries {
        interface,
        entries: (entries(many) - entries(few)) as f64 / BATCHES as f64,
        in_kernel,
    })
}

/// What the tracer saw.
struct Seen {
    /// The calls of the batches.
    made: usize,
    others: usize,
    ioctls: usize,
}

/// Runs a batch so many times and looks what the tracer saw.
fn trace(call: &mut Call, batches: usize) -> anyhow::Result<Seen> {
    write("trace", "")?;
    write("tracing_on", "1")?;
    for _ in 0..batches {
        call.run()?;
    }
    write("tracing_on", "0")?;
    let trace = fs::read_to_string(format!("{TRACING}/trace")).context("can't read the trace")?;
    let functions: Vec<&str> = trace.lines().filter_map(function).collect();
    let count = |name: &str| {
        let same = functions.iter().filter(|&&function| function == name);
        same.count()
    };
    let made = count("getpgid");
    ensure!(
        made == CALLS * batches,
        "the tracer saw {made} calls instead of {}:\n{trace}",
        CALLS * batches
    );
    Ok(Seen {
        made,
        others: functions.len() - made,
        ioctls: count("ioctl"),
    })
}

/// A line is `name-123 [000] ..... 1.234567: __x64_sys_getppid <-caller`.
fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(": __x64_sys_")?;
    rest.split_once(" <-").map(|(name, _)| name)
}

fn write(file: &str, text: &str) -> anyhow::Result<()> {
    let path = format!("{TRACING}/{file}");
    fs::write(&path, text).with_context(|| format!("can't write {text:?} to {path}"))
}

#[cfg(test)]
mod tests {
    use super::function;

    #[test]
    fn functions_are_found_in_a_trace() {
        let line = "  sysbatch-bench-71  [000] .....  12.345678: __x64_sys_getppid <-x64_sys_call";
        assert_eq!(function(line), Some("getppid"));
        assert_eq!(function("# tracer: function"), None);
    }
}
