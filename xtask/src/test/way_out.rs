//! By which instruction the processor leaves the kernel after a batch: by SYSRET, the
//! fast one, where a single call leaves by it. A sub-call that changed what it must not
//! in the registers of the task would have the kernel leave by IRET, which is slower,
//! and else the same to the program.
//!
//! So the processor of an emulated machine is followed, instruction by instruction.

use anyhow::{Result, bail, ensure};

use super::tally::Tally;
use crate::architecture::Architecture;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::profile::PROGRAM as PROFILED;
use crate::profile::guest::{PROGRAM, Way, follow_ways};
use crate::profile::trace::Trace;
use crate::progress::Progress;
use crate::vm::GuestFile;
use crate::{guest, kmod, parallel};

/// An instruction by which the kernel is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    /// To a 64-bit program.
    Sysret64,
    /// To a 32-bit one.
    Sysret32,
    Iret,
}

impl Leaving {
    /// The one that code begins with.
    fn of(code: &[u8]) -> Result<Self> {
        Ok(match code {
            [0x48, 0x0F, 0x07, ..] => Self::Sysret64,
            [0x0F, 0x07, ..] => Self::Sysret32,
            [0x48, 0xCF, ..] => Self::Iret,
            _ => bail!("the last instruction in the kernel was none that leaves it: {code:02x?}"),
        })
    }

    /// The last of a crossing.
    fn last(trace: &Trace) -> Result<Self> {
        let last = trace.steps.last();
        let code = last.and_then(|last| trace.code.get(last));
        Self::of(code.map_or(&[], Vec::as_slice))
    }
}

/// What is followed: a line of the guest's script, its way in, and the way out.
///
/// `INT 0x80` is left by IRET, single call or not: so it is seen that this is told. The
/// processor that QEMU emulates unless told otherwise is one of AMD's, on which 32-bit
/// programs use `SYSCALL`.
const RUNS: &[(&str, Way, Leaving)] = &[
    ("kernel /batch.sb", Way::Syscall, Leaving::Sysret64),
    (
        "/bin/ways syscall arguments_have_32_bits",
        Way::Syscall32,
        Leaving::Sysret32,
    ),
    (
        "/bin/ways int80 arguments_have_32_bits",
        Way::Int80,
        Leaving::Iret,
    ),
];

/// Calls with six arguments, one that leaves work for the way out, and built-ins.
const BATCH: &str = "\
file = openat(AT_FDCWD, \"/bin/busybox\", O_RDONLY|O_CLOEXEC)
mmap(1, 2, 3, 4, 5, 6)
SET(7)
close(file)
mmap(1, 2, 3, 4, 5, 6)
";

pub(super) fn run(series: &[Series]) -> Result<Tally> {
    let mut kernels = Vec::new();
    for &series in series {
        kernels.push(kernel::ensure(series, Flavour::Cloud, Need::Image)?);
    }
    guest::init(Architecture::X86_64)?;
    let files = [
        GuestFile::host(PROGRAM, guest::build(PROFILED, PROFILED)?),
        GuestFile::host("/bin/ways", guest::build_ways()?),
        GuestFile::bytes("/batch.sb", BATCH.as_bytes().to_vec()),
    ];
    let mut tally = Tally::default();
    for result in parallel::map(&kernels, |kernel| check(kernel, &files)) {
        tally.add(result);
    }
    Ok(tally)
}

fn check(kernel: &Kernel, files: &[GuestFile]) -> Tally {
    let title = format!("leaving the kernel {}", kernel.release);
    let progress = Progress::start(&title);
    let result = follow(kernel, files.to_vec());
    progress.end(if result.is_ok() { "ok" } else { "failed" });
    match result {
        Ok(()) => Tally::passed(RUNS.len()),
        Err(error) => Tally::failure(format!("{title}: {error:#}")),
    }
}

fn follow(kernel: &Kernel, files: Vec<GuestFile>) -> Result<()> {
    let module = kmod::build(kernel)?;
    let mut script = String::new();
    let mut ways = Vec::new();
    for (line, way, _) in RUNS {
        if *way == Way::Syscall {
            script.push_str(&format!("{PROGRAM} "));
        }
        script.push_str(&format!("{line}\n"));
        ways.push(*way);
    }
    let (_, traces) = follow_ways(kernel, module, files, &script, &ways)?;
    for ((line, _, expected), trace) in RUNS.iter().zip(&traces) {
        let found = Leaving::last(trace)?;
        ensure!(
            found == *expected,
            "after `{line}` the kernel was left by {found:?} and not by {expected:?}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Leaving;

    #[test]
    fn instructions_are_told() {
        assert_eq!(
            Leaving::of(&[0x48, 0x0F, 0x07, 0xCC]).ok(),
            Some(Leaving::Sysret64)
        );
        assert_eq!(Leaving::of(&[0x0F, 0x07]).ok(), Some(Leaving::Sysret32));
        assert_eq!(Leaving::of(&[0x48, 0xCF, 0x90]).ok(), Some(Leaving::Iret));
        assert!(Leaving::of(&[0x0F, 0x05]).is_err());
        assert!(Leaving::of(&[]).is_err());
    }
}
