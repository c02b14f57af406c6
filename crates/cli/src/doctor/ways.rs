//! What each way into the kernel costs, as far as this program can use it.
//!
//! `INT 0x80` is the way of 32-bit programs that a 64-bit one has, too. Where the kernel
//! runs none it ends the program, so that another process tries it.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "makes a system call by an instruction")
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::bench::measure::{median, time};

/// Samples that each median is of.
const SAMPLES: usize = 25;
/// Calls that a sample is made of.
const CALLS: usize = 2000;

/// A way into the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Way {
    /// That of 64-bit programs.
    Syscall,
    /// That of 32-bit programs since ever.
    Int80,
}

/// What a trivial call by each way takes, in nanoseconds.
#[derive(Debug, Serialize)]
pub(super) struct Ways {
    /// By `SYSCALL` of a 64-bit program.
    pub(super) syscall: Option<f64>,
    /// By `INT 0x80`, if the kernel has it.
    pub(super) int80: Option<f64>,
    /// What only a 32-bit program can measure.
    pub(super) not_measured: &'static [&'static str],
}

impl Ways {
    /// Measures each in a process of its own.
    pub(super) fn measure() -> Self {
        Self {
            syscall: in_child(Way::Syscall).ok(),
            int80: in_child(Way::Int80).ok(),
            not_measured: &["SYSENTER", "SYSCALL of a 32-bit program"],
        }
    }
}

/// Has this program measure a way and say what it takes.
fn in_child(way: Way) -> anyhow::Result<f64> {
    let program = std::env::current_exe().context("this program's file is not known")?;
    let value = way.to_possible_value().context("each way has a name")?;
    let output = Command::new(program)
        .args(["doctor", "--way", value.get_name()])
        .stderr(Stdio::null())
        .output()
        .context("cannot run this program")?;
    ensure!(output.status.success(), "it ended by {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    Ok(text.trim().parse()?)
}

/// Measures a way here, and prints what a call takes.
///
/// # Errors
/// When the calls are answered by another than the kernel, or nothing can be printed.
pub(super) fn print(way: Way) -> anyhow::Result<()> {
    let expected = rustix::process::getppid().map_or(0, |parent| parent.as_raw_nonzero().get());
    let sample = || {
        time(CALLS, || {
            let parent = getppid(way);
            ensure!(
                parent == Some(expected),
                "getppid() gave {parent:?} and not {expected}"
            );
            Ok(())
        })
    };
    // Once to bring everything into the caches.
    sample()?;
    let mut samples = (0..SAMPLES)
        .map(|_| sample())
        .collect::<anyhow::Result<Vec<_>>>()?;
    writeln!(std::io::stdout(), "{}", median(&mut samples)).context("cannot print")
}

/// Makes a trivial call; none where there is no such way.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn getppid(way: Way) -> Option<i32> {
    let result: i32;
    match way {
        // SAFETY: the call has no arguments and changes nothing of this process.
        Way::Syscall => unsafe {
            core::arch::asm!(
                "syscall",
                inlateout("eax") 110 => result,
                out("rcx") _,
                out("r11") _,
                options(nostack),
            );
        },
        // SAFETY: as above; early kernels clear r8 to r11.
        Way::Int80 => unsafe {
            core::arch::asm!(
                "int 0x80",
                inlateout("eax") 64 => result,
                out("r8") _,
                out("r9") _,
                out("r10") _,
                out("r11") _,
                options(nostack),
            );
        },
    }
    Some(result)
}

#[cfg(not(target_arch = "x86_64"))]
fn getppid(_: Way) -> Option<i32> {
    None
}
