//! Other programs, always with a time limit and their output kept.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::paths;
use crate::progress::Progress;

/// What limits are multiplied by. They are for a machine that does nothing else,
/// and only there to end what hangs.
const PATIENCE: u32 = 5;

/// How many lines of a failed program's output its error shows.
const TAIL_LINES: usize = 40;

/// Runs `command` with progress, its output in `target/logs/<log>.log`.
///
/// `limit` is what it may take on an idle machine; a busy one has more.
///
/// # Errors
/// When it can't be started, ends unsuccessfully or hangs; the error shows the end
/// of the output.
pub(crate) fn run(
    what: &str,
    log: &str,
    limit: Duration,
    command: &mut Command,
) -> Result<PathBuf> {
    let progress = Progress::start(what);
    let result = run_quietly(what, log, limit, command);
    progress.end(if result.is_ok() { "ok" } else { "failed" });
    result
}

/// [`run`] without progress, for what takes less than a second.
pub(crate) fn run_quietly(
    what: &str,
    log: &str,
    limit: Duration,
    command: &mut Command,
) -> Result<PathBuf> {
    let log = self::log(log);
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("can't create {}", folder.display()))?;
    }
    let output = File::create(&log).with_context(|| format!("can't write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let status = wait(command, limit).with_context(|| failure(what, command, &log))?;
    if !status.success() {
        bail!("{}\nit ended with {status}", failure(what, command, &log));
    }
    Ok(log)
}

/// Where the output of a command run as `name` is.
pub(crate) fn log(name: &str) -> PathBuf {
    paths::output().join("logs").join(format!("{name}.log"))
}

/// Runs a short command and returns its standard output.
///
/// # Errors
/// When it can't be started or fails; the error shows its standard error.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("can't run {command:?}"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{command:?} ended with {}: {}",
            output.status,
            message.trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{command:?} printed what is not UTF-8"))
}

/// The cargo that runs this program, in the project's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(paths::root());
    command
}

/// Waits for `command` to end, and ends it with all it started after `limit`.
fn wait(command: &mut Command, limit: Duration) -> Result<ExitStatus> {
    let mut child = command
        .spawn()
        .with_context(|| format!("can't start {command:?}"))?;
    let limit = limit * PATIENCE;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            for descendant in descendants(child.id())? {
                // One that has ended meanwhile is what was wanted.
                let _ = kill_process(descendant, Signal::KILL);
            }
            child.kill()?;
            child.wait()?;
            bail!("it did not end within {} s and was killed", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that `ancestor` started, directly or not.
fn descendants(ancestor: u32) -> Result<Vec<Pid>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // A process may end between the listing and the reading.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        // The command name, in parentheses, may hold spaces: count from its end.
        let parent = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.split(' ').nth(1));
        if let Some(parent) = parent.and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut next = vec![ancestor];
    while let Some(pid) = next.pop() {
        for &child in children.get(&pid).into_iter().flatten() {
            next.push(child);
            found.extend(i32::try_from(child).ok().and_then(Pid::from_raw));
        }
    }
    Ok(found)
}

fn failure(what: &str, command: &Command, log: &Path) -> String {
    format!(
        "{what} failed: {command:?}\n{}\n(all of it in {})",
        tail(log, TAIL_LINES),
        log.display()
    )
}

/// The last `lines` lines of a text file, or why there are none.
pub(crate) fn tail(file: &Path, lines: usize) -> String {
    match std::fs::read(file) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let all: Vec<&str> = text.lines().collect();
            all[all.len().saturating_sub(lines)..].join("\n")
        }
        Err(error) => format!("({} can't be read: {error})", file.display()),
    }
}

/// A text file, what is not UTF-8 in it replaced.
///
/// # Errors
/// When it can't be read.
pub(crate) fn text(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a text file holds `text`.
///
/// # Errors
/// When it can't be read.
pub(crate) fn contains(file: &Path, text: &str) -> Result<bool> {
    Ok(self::text(file)?.contains(text))
}

/// The search path with the folders of system programs, which only root's has.
pub(crate) fn path_with_sbin() -> String {
    format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    )
}
