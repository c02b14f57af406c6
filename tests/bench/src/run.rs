//! Programs as a whole, from `fork` to the end.
#![expect(unsafe_code, reason = "the usage of a child is told by wait4")]

use std::io::Read as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::clock::{median, now};

/// What a program took.
#[derive(Debug, Serialize)]
pub(crate) struct Took {
    program: String,
    /// Nanoseconds from before it was started to its end: median, and least.
    median: f64,
    least: f64,
    /// Nanoseconds of processor time, in user mode and the kernel: median.
    processor: f64,
    /// The largest memory it had, in bytes.
    memory: u64,
    /// What it printed the last time.
    output: String,
}

/// Runs all programs in each round, one after the other, after a round that is
/// not measured.
///
/// # Errors
/// When one fails.
pub(crate) fn run(rounds: u32, programs: &[String]) -> anyhow::Result<Vec<Took>> {
    let mut samples: Vec<Vec<Sample>> = programs.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (program, samples) in programs.iter().zip(&mut samples) {
            let sample = once(program).with_context(|| format!("can't measure {program}"))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let took = programs.iter().zip(samples).map(|(program, samples)| {
        let column = |value: fn(&Sample) -> f64| samples.iter().map(value).collect::<Vec<_>>();
        let mut wall = column(|sample| sample.wall);
        let mut processor = column(|sample| sample.processor);
        Some(Took {
            program: program.clone(),
            median: median(&mut wall),
            least: *wall.first()?,
            processor: median(&mut processor),
            memory: samples.iter().map(|sample| sample.memory).max()?,
            output: samples.last()?.output.clone(),
        })
    });
    took.collect::<Option<_>>().context("there was no round")
}

struct Sample {
    wall: f64,
    processor: f64,
    memory: u64,
    output: String,
}

fn once(program: &str) -> anyhow::Result<Sample> {
    // `VARIABLE=value program arguments`, as in a shell.
    let mut words = program.split(' ').peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.contains('=')) {
        variables.extend(variable.split_once('='));
    }
    let begin = now();
    let mut child = Command::new(words.next().context("it names no program")?)
        .args(words)
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("it can't be started")?;
    let mut output = String::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut output)?;
    }
    let (status, usage) = wait(child.id())?;
    let wall = now() - begin;
    ensure!(status == 0, "it ended with the status {status:#x}");
    let time = |time: libc::timeval| time.tv_sec as f64 * 1e9 + time.tv_usec as f64 * 1e3;
    Ok(Sample {
        wall,
        processor: time(usage.ru_utime) + time(usage.ru_stime),
        // It is told in KiB.
        memory: usage.ru_maxrss.unsigned_abs() * 1024,
        output,
    })
}

/// Waits for a child; its status as wait(2) tells it, and its usage.
fn wait(child: u32) -> anyhow::Result<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: the structure is of integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both places are writable and live on.
        let ended = unsafe { libc::wait4(child as i32, &raw mut status, 0, &raw mut usage) };
        if ended == child as i32 {
            return Ok((status, usage));
        }
        let error = std::io::Error::last_os_error();
        ensure!(error.kind() == std::io::ErrorKind::Interrupted, "{error}");
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn programs_are_run_with_their_variables() {
        let programs = ["echo one", "A=1 B=2 printenv A B"].map(str::to_owned);
        let took = run(2, &programs).expect("they run");
        assert_eq!(took[0].output, "one\n");
        assert_eq!(took[1].output, "1\n2\n");
        assert!(
            took.iter()
                .all(|took| took.memory > 0 && took.least <= took.median)
        );
    }

    #[test]
    fn one_that_fails_is_told() {
        for program in ["false", "A=1", "/no/such/program"] {
            let error = run(1, &[program.to_owned()]).expect_err(program);
            assert!(format!("{error:#}").contains(program), "{error:#}");
        }
    }
}
