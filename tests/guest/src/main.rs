//! The first program of the virtual machine.
//!
//! It mounts what a program may expect, loads the modules, runs the suites of
//! the manifest, watches the kernel log and powers off.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::system::RebootCommand;
use sysbatch_guest::{DETECTORS, Event, MANIFEST_PATH, Manifest, Outcome};

mod counter;
mod detectors;
mod kernel_log;
mod mounts;
mod network;
mod speed;
mod suite;

use kernel_log::KernelLog;

/// The serial line that carries reports and output.
///
/// Beside a console that is another kind of device it is the first of its kind.
const REPORT_LINE: &str = if cfg!(target_arch = "x86_64") {
    "/dev/ttyS1"
} else {
    "/dev/ttyS0"
};

fn main() {
    if let Err(error) = session() {
        // The console: the report line may be what is missing.
        eprintln!("sysbatch-guest-init: {error:#}");
    }
    rustix::fs::sync();
    if let Err(error) = rustix::system::reboot(RebootCommand::PowerOff) {
        eprintln!("sysbatch-guest-init: can't power off: {error}");
    }
}

/// Does what the manifest says.
fn session() -> Result<()> {
    mounts::pseudo_file_systems()?;
    let text = std::fs::read_to_string(MANIFEST_PATH)
        .with_context(|| format!("can't read {MANIFEST_PATH}"))?;
    let manifest: Manifest =
        serde_json::from_str(&text).with_context(|| format!("{MANIFEST_PATH} is damaged"))?;
    let mut reporter = Reporter::open(&manifest.nonce)?;
    reporter.report(&Event::Booted)?;
    let result = run(&manifest, &mut reporter);
    match &result {
        Ok(()) => reporter.report(&Event::Finished)?,
        Err(error) => reporter.report(&Event::Broken {
            reason: format!("{error:#}"),
        })?,
    }
    reporter.drain()?;
    result
}

fn run(manifest: &Manifest, reporter: &mut Reporter) -> Result<()> {
    mounts::install_shell()?;
    network::loopback()?;
    for module in &manifest.stock_modules {
        load(module)?;
    }
    for mount in &manifest.mounts {
        mounts::disk(mount)?;
    }
    std::thread::sleep(Duration::from_millis(manifest.settle_milliseconds));
    let scale = if manifest.scale_limits {
        speed::scale(manifest.slowness)
    } else {
        manifest.slowness
    };
    reporter.report(&Event::Scaled { scale })?;
    if manifest.detectors {
        detectors::begin()?;
    }
    let mut log = KernelLog::open()?;
    // What was logged so far is the kernel's own start, not ours to judge.
    log.skip()?;
    if let Some(module) = &manifest.module {
        let load = || load(&module.path);
        if !own_suite("load the module", load, &mut log, reporter)? {
            return Ok(());
        }
    }
    let mut passed = true;
    for suite in &manifest.suites {
        reporter.report(&Event::Started {
            suite: suite.name.clone(),
        })?;
        let run = suite::run(suite, scale, &reporter.line)?;
        if let Some(count) = run.system_calls {
            reporter.report(&Event::SystemCalls { count })?;
        }
        let complaints = log.complaints()?.into_iter().filter(|line| {
            let mut expected = suite.expected.iter();
            !expected.any(|part| line.contains(part))
        });
        passed &= end_suite(
            &suite.name,
            run.outcome,
            run.seconds,
            complaints.collect(),
            reporter,
        )?;
    }
    // What a failed suite leaves behind may use the module for ever, and that is no
    // second failure.
    if let Some(module) = manifest.module.as_ref().filter(|_| passed) {
        let unload = || unload(&module.name);
        own_suite("unload the module", unload, &mut log, reporter)?;
    }
    if manifest.detectors {
        own_suite(DETECTORS, detectors::end, &mut log, reporter)?;
    }
    Ok(())
}

/// Something that this program does itself, reported as a suite; whether it
/// passed.
fn own_suite(
    name: &str,
    work: impl FnOnce() -> Result<()>,
    log: &mut KernelLog,
    reporter: &mut Reporter,
) -> Result<bool> {
    reporter.report(&Event::Started {
        suite: name.to_owned(),
    })?;
    let started = std::time::Instant::now();
    let outcome = match work() {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed {
            status: format!("{error:#}"),
        },
    };
    end_suite(
        name,
        outcome,
        started.elapsed().as_secs_f64(),
        log.complaints()?,
        reporter,
    )
}

/// Reports the end of a suite and what the kernel complained of meanwhile; whether it
/// passed.
fn end_suite(
    name: &str,
    outcome: Outcome,
    seconds: f64,
    complaints: Vec<String>,
    reporter: &mut Reporter,
) -> Result<bool> {
    let outcome = match outcome {
        Outcome::Passed if !complaints.is_empty() => Outcome::UncleanLog,
        other => other,
    };
    for line in complaints {
        reporter.report(&Event::KernelLog { line })?;
    }
    let passed = outcome == Outcome::Passed;
    reporter.report(&Event::Ended {
        suite: name.to_owned(),
        outcome,
        seconds,
    })?;
    Ok(passed)
}

fn load(path: &str) -> Result<()> {
    let file = File::open(path).with_context(|| format!("can't open the module {path}"))?;
    rustix::system::finit_module(&file, c"", 0)
        .with_context(|| format!("the kernel refuses the module {path}"))
}

fn unload(name: &str) -> Result<()> {
    let name_c = std::ffi::CString::new(name)?;
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    rustix::system::delete_module(&name_c, flags)
        .with_context(|| format!("the kernel won't let go of {name}"))
}

/// Sends events.
struct Reporter {
    line: File,
    nonce: String,
}

impl Reporter {
    fn open(nonce: &str) -> Result<Self> {
        let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
        let line = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(REPORT_LINE)
            .with_context(|| format!("can't open {REPORT_LINE}"))?;
        // Bytes are to arrive as they were written.
        let mut attributes = rustix::termios::tcgetattr(&line)?;
        attributes.make_raw();
        rustix::termios::tcsetattr(&line, rustix::termios::OptionalActions::Now, &attributes)?;
        Ok(Self {
            line,
            nonce: nonce.to_owned(),
        })
    }

    fn report(&mut self, event: &Event) -> Result<()> {
        let line = event.to_line(&self.nonce)?;
        self.line
            .write_all(format!("{line}\n").as_bytes())
            .context("can't report")
    }

    /// Waits until everything has left the machine.
    fn drain(&self) -> Result<()> {
        rustix::termios::tcdrain(&self.line).context("can't drain the report line")
    }
}
