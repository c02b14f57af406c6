//! Starts QEMU.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

use super::console::Console;
use super::debugger::Pipes;
use super::{Accel, VmSpec};
use crate::architecture::Architecture;

/// Whether a debugger is to be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Debugging {
    Off,
    /// By QEMU's standard input and output.
    On,
}

/// A running machine, ended when the value is dropped.
#[derive(Debug)]
pub(super) struct Machine(Child);

impl Machine {
    /// Starts the machine.
    ///
    /// # Errors
    /// When QEMU can't be started.
    pub(super) fn start(
        spec: &VmSpec<'_>,
        initramfs: &Path,
        console: &Console,
        debugging: Debugging,
    ) -> Result<Self> {
        // setpriv: the machine must not outlive this process, however it ends.
        let mut command = Command::new("setpriv");
        let architecture = spec.kernel.architecture();
        command.args(["--pdeathsig", "KILL", architecture.emulator()]);
        command.args([
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-machine",
            architecture.machine(),
        ]);
        command.args(spec.accel.arguments(spec));
        // The last one counts.
        command.args(spec.vendor.iter().flat_map(|vendor| vendor.arguments()));
        command.arg("-m").arg(spec.whole_memory().to_string());
        command.arg("-smp").arg(spec.processors.to_string());
        command.arg("-kernel").arg(spec.kernel.image());
        command.arg("-initrd").arg(initramfs);
        command.arg("-append").arg(kernel_command_line(spec));
        command
            .arg("-serial")
            .arg(format!("file:{}", console.kernel.display()));
        let report = console.report.display();
        match architecture {
            Architecture::X86_64 => command.arg("-serial").arg(format!("file:{report}")),
            // The machine has one serial line.
            Architecture::Aarch64 => command
                .arg("-chardev")
                .arg(format!("file,id=report,path={report}"))
                .args(["-device", "pci-serial,chardev=report"]),
        };
        for (number, disk) in spec.disks.iter().enumerate() {
            let read_only = if disk.read_only { "on" } else { "off" };
            let image = disk.image.display();
            command.arg("-drive").arg(format!(
                "id=disk{number},if=none,format=raw,cache=unsafe,readonly={read_only},file={image}"
            ));
            command
                .arg("-device")
                .arg(format!("virtio-blk-pci,drive=disk{number}"));
        }
        let output = File::create(&console.emulator)
            .with_context(|| format!("can't write {}", console.emulator.display()))?;
        match debugging {
            Debugging::Off => command.stdin(Stdio::null()).stdout(output.try_clone()?),
            Debugging::On => command
                .args(["-gdb", "stdio"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        };
        command.stderr(output);
        let child = command
            .spawn()
            .with_context(|| format!("can't start {command:?}"))?;
        Ok(Self(child))
    }

    /// The ends of a debugger's connection, once.
    ///
    /// # Errors
    /// When the machine was started without one.
    pub(super) fn pipes(&mut self) -> Result<Pipes> {
        let pipes = self.0.stdin.take().zip(self.0.stdout.take());
        pipes.context("the machine was started without a debugger")
    }

    /// Its status, if it has ended.
    ///
    /// # Errors
    /// When that can't be found out.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.0.try_wait().context("can't wait for QEMU")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The time-stamp counter of an emulated machine is the host's, and the kernel
/// measures its frequency while other programs take the processor away: it may be
/// wrong by any factor. The HPET counts the nanoseconds of the host's clock.
const EMULATED_CLOCK: &[&str] = &["tsc=unstable", "clocksource=hpet"];

/// The self-tests of the kernel's cryptography, of no use here, were seen to run
/// for ever on a code location that another emulated processor was patching.
const NO_SELF_TESTS: &str = "cryptomgr.notests";

/// Where an instruction is a nanosecond, the counter is exact. But time goes on at
/// once to the next timer while all wait: two minutes of it are over before the
/// disk of a busy host has answered, and no task hangs for that.
const COUNTED_CLOCK: &[&str] = &["tsc=reliable", "sysctl.kernel.hung_task_timeout_secs=0"];

/// Emulated processors share the host's with each other and with other machines,
/// and stall for seconds without anything being wrong.
const STALLS: &[&str] = &[
    "rcupdate.rcu_cpu_stall_timeout=120",
    "watchdog_thresh=60",
    // Ten seconds of work at a time, and not ten milliseconds, are reported.
    "workqueue.cpu_intensive_thresh_us=10000000",
];

/// The kernel's test of them waits for ten, and panics if they do not come.
const TICKS_COME: &str = "no_timer_check";

/// KASAN would report the first mistake only.
const ALL_MISTAKES: &str = "kasan_multi_shot";

fn kernel_command_line(spec: &VmSpec<'_>) -> String {
    let accel = spec.accel;
    let architecture = spec.kernel.architecture();
    let console = format!("console={}", architecture.console());
    let mut words = vec![
        console.as_str(),
        // An oops ends the machine, after its text is on the console.
        "oops=panic",
        "panic=-1",
        "hung_task_panic=1",
        // Long runs of the tests must not overwrite the log between two scans.
        "log_buf_len=4M",
        "printk.devkmsg=on",
    ];
    words.extend(match (architecture, accel) {
        // Its clock is the host's.
        (Architecture::Aarch64, _) | (_, Accel::Kvm) => &[][..],
        (_, Accel::Tcg) => EMULATED_CLOCK,
        (_, Accel::Icount) => COUNTED_CLOCK,
    });
    if accel == Accel::Tcg {
        words.push(NO_SELF_TESTS);
    }
    if accel.is_emulated() {
        words.extend(STALLS);
        if architecture == Architecture::X86_64 {
            words.push(TICKS_COME);
        }
    }
    if spec.kernel.looks_for_mistakes {
        words.push(ALL_MISTAKES);
    }
    words.extend(spec.command_line);
    words.join(" ")
}
