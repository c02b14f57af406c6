//! Follows a batch in the kernel of a virtual machine.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sysbatch_guest::Suite;

use super::symbols::Symbols;
use super::trace::Trace;
use super::workload::Batch;
use crate::kernel::Kernel;
use crate::paths;
use crate::vm::{self, Accel, Debugger, Disk, GuestFile, Registers, VmSpec};

/// Where the program that runs the batches is in the guest. It is also the file
/// that calls by path are made on.
pub(crate) const PROGRAM: &str = "/bin/sysbatch-profiled";

/// The guest's part, before it is told what to run: it writes its symbols to a
/// disk and a word before them, and waits for a word behind that.
const HAND_OVER: &str = "
set -e
dd if=/proc/kallsyms of=/dev/vda bs=1M seek=1 2>/dev/null
echo symbols | dd of=/dev/vda bs=4096 conv=notrunc 2>/dev/null
until dd if=/dev/vda bs=4096 skip=1 count=1 iflag=direct 2>/dev/null | grep -q go
do :
done
";
/// Where in the disk these things are, in bytes.
const WRITTEN_AT: u64 = 0;
const GO_AT: u64 = 4096;
const SYMBOLS_AT: u64 = 1 << 20;
const DISK_SIZE: u64 = 64 << 20;

/// How long the guest may take to write its symbols. What hangs is ended.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(600);
const LIMIT: Duration = Duration::from_secs(1800);

/// A way into the kernel, by which an ioctl that runs a batch is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `SYSCALL` of a 64-bit program, which runs its batch twice: the second run.
    Syscall,
    /// `SYSCALL` of a 32-bit program.
    Syscall32,
    /// `INT 0x80`.
    Int80,
}

impl Way {
    /// The function of the kernel that it leads to.
    const fn entry(self) -> &'static str {
        match self {
            Self::Syscall => "entry_SYSCALL_64",
            Self::Syscall32 => "entry_SYSCALL_compat",
            Self::Int80 => "asm_int80_emulation",
        }
    }

    /// Whether a call that begins with these registers is one that runs a batch.
    fn runs_batch(self, registers: Registers) -> bool {
        match self {
            Self::Syscall => {
                registers.rax == 16 && registers.rsi == u64::from(sysbatch_abi::RUN_REQUEST)
            }
            // The program makes no other ioctl.
            Self::Syscall32 | Self::Int80 => registers.rax == 54,
        }
    }

    /// How many of them come before the one that is followed.
    const fn before(self) -> u32 {
        match self {
            Self::Syscall => 1,
            Self::Syscall32 | Self::Int80 => 0,
        }
    }
}

/// Below it are addresses of user space.
const USER_END: u64 = 1 << 47;

/// Follows one crossing for each batch that `program` runs: from the first
/// instruction in the kernel to the last one.
///
/// # Errors
/// When a machine or a program fails.
pub(crate) fn follow(
    kernel: &Kernel,
    module: PathBuf,
    program: &Path,
    batches: &[Batch],
) -> Result<(Symbols, Vec<Trace>)> {
    let mut files = vec![GuestFile::host(PROGRAM, program)];
    let mut script = String::new();
    for (number, batch) in batches.iter().enumerate() {
        let path = format!("/batches/{number}.sb");
        let arguments: Vec<&str> = batch.arguments().collect();
        let arguments = arguments.join(" ");
        script.push_str(&format!("{PROGRAM} kernel {path} {arguments}\n"));
        files.push(GuestFile::bytes(&path, batch.text.clone().into_bytes()));
    }
    let ways = vec![Way::Syscall; batches.len()];
    follow_ways(kernel, module, files, &script, &ways)
}

/// Follows one crossing by each of these ways, in this order, while a script runs in a
/// machine with these files.
///
/// # Errors
/// As [`follow`].
pub(crate) fn follow_ways(
    kernel: &Kernel,
    module: PathBuf,
    files: Vec<GuestFile>,
    script: &str,
    ways: &[Way],
) -> Result<(Symbols, Vec<Trace>)> {
    let folder = paths::output().join("profile");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let image = folder.join(format!("symbols-{}-{}", kernel.release, std::process::id()));
    let disk = File::create(&image).with_context(|| format!("can't write {}", image.display()))?;
    disk.set_len(DISK_SIZE)?;
    let script = format!("{HAND_OVER}{script}");
    let command = ["/bin/busybox", "sh", "-c", &script].map(str::to_owned);
    let spec = VmSpec {
        files,
        disks: vec![Disk {
            image: image.clone(),
            mount: None,
            read_only: false,
        }],
        suites: vec![Suite {
            name: "batches".to_owned(),
            command: command.to_vec(),
            limit_seconds: LIMIT.as_secs(),
            ..Suite::default()
        }],
        processors: 1,
        limit: Some(LIMIT),
        // The processor of counted machines: its copies take a step for eight
        // bytes, as those of a real one do.
        ..VmSpec::new(
            format!("profile-{}", kernel.release),
            kernel,
            Accel::Icount,
            Some(module),
        )
    };
    let result = vm::run_debugged(&spec, |debugger| trace(debugger, &image, ways));
    paths::remove(&image)?;
    let (verdict, traced) = result?;
    if !verdict.passed() {
        bail!(
            "following batches failed:\n{}",
            verdict.failures().join("\n")
        );
    }
    Ok(traced)
}

/// Follows a crossing by each way.
fn trace(mut debugger: Debugger, image: &Path, ways: &[Way]) -> Result<(Symbols, Vec<Trace>)> {
    debugger.resume()?;
    let symbols = Symbols::of_kernel(&hand_over(image)?);
    let entries = ways.iter().map(|way| symbols.address(way.entry()));
    let entries = entries.collect::<Result<Vec<_>>>()?;
    debugger.interrupt()?;
    OpenOptions::new()
        .write(true)
        .open(image)?
        .write_all_at(b"go\n", GO_AT)?;
    let mut traces = Vec::new();
    for (way, entry) in ways.iter().zip(entries) {
        let mut before = way.before();
        loop {
            debugger.set_breakpoint(entry)?;
            debugger.resume()?;
            ensure!(
                debugger.wait()?,
                "the machine ended after {} of {} batches",
                traces.len(),
                ways.len()
            );
            // It would stop the processor where it stands.
            debugger.remove_breakpoint(entry)?;
            let runs_batch = way.runs_batch(debugger.registers()?);
            if runs_batch && before == 0 {
                break;
            }
            if runs_batch {
                before -= 1;
            }
            debugger.step()?;
        }
        traces.push(crossing(&mut debugger)?);
    }
    debugger.resume()?;
    ensure!(!debugger.wait()?, "the machine stopped without a reason");
    Ok((symbols, traces))
}

/// Follows the processor from here to its return to user space.
fn crossing(debugger: &mut Debugger) -> Result<Trace> {
    let mut trace = Trace::default();
    loop {
        let Registers { rip, .. } = debugger.registers()?;
        if rip < USER_END {
            return Ok(trace);
        }
        trace.add(rip, |address, length| debugger.memory(address, length))?;
        debugger.step()?;
    }
}

/// Waits for the guest's symbols.
fn hand_over(image: &Path) -> Result<String> {
    let disk = File::open(image)?;
    let deadline = std::time::Instant::now() + HAND_OVER_LIMIT;
    let mut word = [0; 7];
    loop {
        disk.read_exact_at(&mut word, WRITTEN_AT)?;
        if &word == b"symbols" {
            break;
        }
        ensure!(
            std::time::Instant::now() < deadline,
            "the guest did not write its symbols within {} s",
            HAND_OVER_LIMIT.as_secs()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut bytes = vec![0; usize::try_from(DISK_SIZE - SYMBOLS_AT)?];
    disk.read_exact_at(&mut bytes, SYMBOLS_AT)?;
    let length = bytes.iter().position(|&byte| byte == 0);
    bytes.truncate(length.context("the guest's symbols do not fit on the disk")?);
    String::from_utf8(bytes).context("the guest's symbols are not text")
}
