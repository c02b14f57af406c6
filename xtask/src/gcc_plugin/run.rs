//! A run of a program, with its trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::build::Plugin;
use crate::paths;

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) arguments: &'a [&'a str],
    /// An option of `prlimit(1)`.
    pub(super) limit: &'a str,
    /// Where standard output goes; to a pipe if empty.
    pub(super) output: &'a str,
}

/// What it came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) status: Option<i32>,
    pub(super) output: String,
    pub(super) errors: String,
    /// The files that are there afterwards.
    pub(super) files: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

/// A run.
pub(super) struct Run {
    pub(super) outcome: Outcome,
    /// The system calls, from the beginning of its `main` to the end.
    pub(super) calls: Vec<String>,
    /// How many batches it ran.
    pub(super) batches: u64,
}

/// Runs a program in a fresh folder.
///
/// # Errors
/// When that can't be done.
pub(super) fn run(plugin: &Plugin, program: &Path, call: &Call<'_>) -> Result<Run> {
    let folder = plugin.built("run");
    prepare(&folder).with_context(|| format!("cannot prepare {}", folder.display()))?;
    let trace = plugin.built("trace");
    let count = plugin.built("count");
    // No more of a buffer is shown than the smallest has: behind it may be anything.
    // Without the option the signal of a file that becomes too long would end the program.
    let mut command = Command::new("env");
    command.args(["--ignore-signal=XFSZ", "strace", "-f", "-s", "16", "-o"]);
    command
        .arg(&trace)
        .args(["prlimit", call.limit])
        .arg(program);
    command.args(call.arguments).current_dir(&folder);
    command.env("LD_LIBRARY_PATH", plugin.libraries());
    command.env("SYSBATCH_BACKEND", "user");
    command.env("COMBINE_COUNT", &count);
    command.stdin(Stdio::null());
    if !call.output.is_empty() {
        let file = fs::File::options().write(true).open(call.output);
        command.stdout(file.with_context(|| format!("cannot open {}", call.output))?);
    }
    let output = command
        .output()
        .context("cannot run strace: `cargo xtask setup` installs it")?;
    let text = fs::read_to_string(&trace).context("there is no trace")?;
    let batches = fs::read_to_string(&count).context("the program did not come to its end")?;
    let calls = calls(&text);
    ensure!(
        !calls.is_empty(),
        "the trace of {} is empty",
        program.display()
    );
    Ok(Run {
        outcome: Outcome {
            status: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr)
                .replace(&program.display().to_string(), "PROGRAM"),
            files: files(&folder)?,
        },
        calls,
        batches: batches.trim().parse().context("what counts batches")?,
    })
}

/// Makes a folder with the files that programs are run on.
fn prepare(folder: &Path) -> Result<()> {
    paths::remove(folder)?;
    fs::create_dir_all(folder.join("folder"))?;
    let line = "some text that is longer than ten bytes\n";
    fs::write(folder.join("long"), line.repeat(1250))?;
    fs::write(folder.join("text"), line)?;
    fs::write(folder.join("empty"), "")?;
    Ok(())
}

/// All below a folder, with the contents of those that are files.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Option<Vec<u8>>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let contents = kind.is_file().then(|| fs::read(entry.path())).transpose()?;
            if kind.is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path(), contents);
        }
    }
    Ok(found)
}

/// The calls between the marks, without what is never the same.
fn calls(trace: &str) -> Vec<String> {
    let lines = trace.lines().map(|line| {
        // The number of the process comes first.
        let (_, call) = line.split_once(' ').unwrap_or(("", line));
        call.trim_start()
    });
    lines
        .skip_while(|call| !call.contains("/mark/begin"))
        .take_while(|call| !call.contains("/mark/end"))
        .filter(|call| !is_left_out(call))
        .map(without_numbers)
        .collect()
}

/// Whether it is a call that an allocation makes, or a signal.
fn is_left_out(call: &str) -> bool {
    let names = ["brk(", "mmap(", "munmap(", "getrandom(", "---"];
    names.iter().any(|name| call.starts_with(name))
}

/// The call without addresses of memory, and without the numbers of processes.
fn without_numbers(call: &str) -> String {
    if call.starts_with("getpid(") || call.starts_with("getppid(") {
        return call.split('(').next().unwrap_or_default().to_owned();
    }
    let mut words = call.split("0x");
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let digits = word.find(|c: char| !c.is_ascii_hexdigit());
        let (number, rest) = word.split_at(digits.unwrap_or(word.len()));
        text.push_str(if number.len() > 8 { "ADDRESS" } else { number });
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn what_is_between_the_marks_is_compared() {
        let trace = "12 read(3, \"\", 1) = 0\n\
                     12 access(\"/mark/begin\", F_OK) = -1\n\
                     12  read(3, 0x7ffca27b8760, 0x10) = 0\n\
                     12 brk(NULL) = 0x1\n\
                     12 --- SIGALRM {} ---\n\
                     12 getpid() = 12\n\
                     12 access(\"/mark/end\", F_OK) = -1\n\
                     12 exit_group(0) = ?\n";
        let expected = [
            "access(\"/mark/begin\", F_OK) = -1",
            "read(3, ADDRESS, 10) = 0",
            "getpid",
        ];
        assert_eq!(calls(trace), expected);
    }
}
