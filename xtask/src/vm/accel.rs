//! Hardware virtualization where it works, emulation elsewhere.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::VmSpec;
use crate::architecture::Architecture;
use crate::kernel::Kernel;
use crate::paths;
use crate::progress::{Progress, say};

/// How long a machine may take to boot with hardware virtualization, which is
/// many times what it takes on a busy host. Where virtualization is broken, it
/// hangs.
const TRIAL_LIMIT: Duration = Duration::from_secs(60);

/// How a machine is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Accel {
    /// Hardware virtualization.
    Kvm,
    /// Emulation.
    Tcg,
    /// Emulation in which a nanosecond is an instruction, so that times are
    /// counts and the same on every machine. One processor.
    Icount,
}

impl Accel {
    /// As in figures and messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
            Self::Icount => "tcg,icount",
        }
    }

    /// Whether the processor is emulated.
    pub(crate) const fn is_emulated(self) -> bool {
        !matches!(self, Self::Kvm)
    }

    /// QEMU's arguments for it.
    ///
    /// A kernel that switches a tracepoint rewrites code that other processors run,
    /// behind a breakpoint that stands there for a moment (`text_poke_bp_batch` in
    /// `arch/x86/kernel/alternative.c`). QEMU 7.2 with a thread for each processor
    /// may translate the breakpoint just as it goes, keep the translation and run
    /// it later: a stock kernel without the module dies of "int3" within some
    /// hundred switches. So where the kernel is to rewrite its code, one thread
    /// runs all processors in turn.
    pub(super) fn arguments(self, spec: &VmSpec<'_>) -> &'static [&'static str] {
        if spec.kernel.architecture() == Architecture::Aarch64 {
            return AARCH64;
        }
        match self {
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
            Self::Tcg if spec.five_levels => &["-accel", "tcg,thread=multi", "-cpu", "max"],
            // Without la57 a walk of the page tables has one level less.
            Self::Tcg if spec.rewrites_kernel => {
                &["-accel", "tcg,thread=single", "-cpu", "max,la57=off"]
            }
            Self::Tcg => &["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"],
            // With fsrm and erms the kernel copies by `rep movsb`, each byte
            // of which would count as an instruction.
            Self::Icount => &[
                "-icount",
                "shift=0,sleep=off",
                "-accel",
                "tcg",
                "-cpu",
                "max,la57=off,fsrm=off,erms=off",
            ],
        }
    }
}

/// QEMU's arguments for a processor of aarch64, which is emulated here. To sign an
/// address by QARMA, as the architecture says, would take longer than all else.
const AARCH64: &[&str] = &["-accel", "tcg,thread=multi", "-cpu", "max,pauth-impdef=on"];

/// Who made a processor: it decides by which instruction 32-bit programs enter the
/// kernel (`arch/x86/entry/vdso/vdso32/system_call.S`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    /// By `SYSCALL`.
    Amd,
    /// By `SYSENTER`.
    Intel,
}

impl Vendor {
    /// QEMU's arguments for it, where the processor is emulated by [`Accel::Tcg`].
    pub(super) const fn arguments(self) -> [&'static str; 2] {
        match self {
            Self::Amd => ["-cpu", "max,la57=off,vendor=AuthenticAMD"],
            Self::Intel => ["-cpu", "max,la57=off,vendor=GenuineIntel"],
        }
    }
}

/// What a former trial found, valid until the host is started again.
#[derive(Debug, Serialize, Deserialize)]
struct Trial {
    boot: String,
    accel: Accel,
}

/// The best that works here, found by booting `kernel` once per start of the
/// host.
///
/// # Errors
/// When the trial can't be set up.
pub(crate) fn choose(kernel: &Kernel) -> Result<Accel> {
    if !kernel.architecture().is_here() {
        return Ok(Accel::Tcg);
    }
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .context("can't read the boot id")?;
    let record = record();
    if let Ok(text) = std::fs::read_to_string(&record)
        && let Ok(trial) = serde_json::from_str::<Trial>(&text)
        && trial.boot == boot
    {
        return Ok(trial.accel);
    }
    let accel = if kvm_works(kernel)? {
        Accel::Kvm
    } else {
        Accel::Tcg
    };
    std::fs::write(
        &record,
        serde_json::to_string_pretty(&Trial { boot, accel })?,
    )
    .with_context(|| format!("can't write {}", record.display()))?;
    Ok(accel)
}

fn record() -> PathBuf {
    paths::output().join("vm/accel.json")
}

fn kvm_works(kernel: &Kernel) -> Result<bool> {
    if let Err(error) = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm")
    {
        say(&format!(
            "no hardware virtualization (/dev/kvm: {error}): machines will be emulated"
        ));
        // The folder for the record is otherwise made by the trial.
        std::fs::create_dir_all(paths::output().join("vm"))?;
        return Ok(false);
    }
    let progress = Progress::start("trying hardware virtualization");
    let spec = VmSpec {
        boot_limit: TRIAL_LIMIT,
        ..VmSpec::new("trial", kernel, Accel::Kvm, None)
    };
    let works = super::run(&spec)?.passed();
    progress.end(if works {
        "it works"
    } else {
        "/dev/kvm is there but does not run a kernel: machines will be emulated"
    });
    Ok(works)
}
