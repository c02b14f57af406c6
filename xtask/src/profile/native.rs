//! Follows a batch in user space, in a process of this machine.

use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::symbols::Symbols;
use super::trace::Trace;
use super::workload::Batch;
use crate::paths;

/// The file that calls by path are made on: what they do is not followed.
pub(crate) const FILE: &str = "/proc/self/exe";

/// Follows the second run of each batch by `program`: from the signal that marks its start to
/// the one that marks its end. A system call counts as one instruction.
///
/// # Errors
/// When a program fails or can't be followed.
pub(crate) fn follow(program: &Path, batches: &[Batch]) -> Result<Vec<(Rc<Symbols>, Trace)>> {
    let folder = paths::output().join("profile");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let file = folder.join(format!("batch-{}.sb", std::process::id()));
    let mut traces = Vec::new();
    for batch in batches {
        std::fs::write(&file, &batch.text)
            .with_context(|| format!("can't write {}", file.display()))?;
        traces.push(follow_one(program, &file, batch)?);
    }
    paths::remove(&file)?;
    Ok(traces)
}

fn follow_one(program: &Path, file: &Path, batch: &Batch) -> Result<(Rc<Symbols>, Trace)> {
    let mut child = Command::new(program)
        .arg("user")
        .arg(file)
        .args(batch.arguments())
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't start {}", program.display()))?;
    let result = trace(&mut child, program);
    // It may have ended already, as it should.
    let _ = child.kill();
    let _ = child.wait();
    result
}

fn trace(child: &mut Child, program: &Path) -> Result<(Rc<Symbols>, Trace)> {
    let pid = Pid::from_raw(i32::try_from(child.id())?);
    ptrace::seize(pid, ptrace::Options::empty())
        .context("can't follow a process of one's own: is ptrace(2) forbidden?")?;
    let mut input = child.stdin.take().context("the input is a pipe")?;
    input.write_all(b"\n")?;
    match waitpid(pid, None)? {
        WaitStatus::Stopped(_, Signal::SIGUSR1) => {}
        other => bail!("the program that runs the batch did not begin: {other:?}"),
    }
    let symbols = Symbols::of_program(program, base(pid)?)?;
    let memory = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut trace = Trace::default();
    loop {
        let address = ptrace::getregs(pid)?.rip;
        trace.add(address, |address, length| {
            let mut bytes = vec![0; length];
            memory.read_exact_at(&mut bytes, address)?;
            Ok(bytes)
        })?;
        ptrace::step(pid, None)?;
        match waitpid(pid, None)? {
            WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
            WaitStatus::Stopped(_, Signal::SIGUSR1) => break,
            other => bail!("the program that runs the batch did not go on: {other:?}"),
        }
    }
    ptrace::cont(pid, None)?;
    match waitpid(pid, None)? {
        WaitStatus::Exited(_, 0) => Ok((Rc::new(symbols), trace)),
        other => bail!("the program that runs the batch failed: {other:?}"),
    }
}

/// Where the program's first segment is.
fn base(pid: Pid) -> Result<u64> {
    let link = std::fs::read_link(format!("/proc/{pid}/exe"))?;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let line = maps
        .lines()
        .find(|line| line.ends_with(&*link.to_string_lossy()));
    line.and_then(|line| u64::from_str_radix(line.split('-').next()?, 16).ok())
        .context("the program is not among its own mappings")
}
