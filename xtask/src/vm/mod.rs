//! Runs suites in a virtual machine.

mod accel;
mod console;
mod debugger;
mod initramfs;
mod qemu;
mod verdict;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use sysbatch_guest::{Manifest, ModuleUnderTest, Mount, Suite};

use crate::kernel::{Kernel, with_dependencies};
use crate::{guest, paths};

use console::Console;
use qemu::{Debugging, Machine};

pub(crate) use accel::{Accel, Vendor, choose};
pub(crate) use debugger::{Debugger, Registers};
pub(crate) use initramfs::GuestFile;
pub(crate) use verdict::{SuiteResult, Verdict};

/// What it may take until the first program runs, however busy the host is.
const BOOT_LIMIT: Duration = Duration::from_secs(300);

/// What set-up and power-off may take beside the suites.
const BESIDE_SUITES: Duration = Duration::from_secs(120);

/// How many times as long everything takes in a kernel that looks for mistakes, and
/// the MiB that its records of all memory take.
const SLOWNESS: f64 = 6.0;
const RECORDS: u32 = 1024;

/// A disk for the guest: a raw image.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// The image on the host.
    pub(crate) image: PathBuf,
    /// Where it is mounted, if it is.
    pub(crate) mount: Option<MountPoint>,
    /// Whether the guest may only read.
    pub(crate) read_only: bool,
}

/// Where a disk is mounted in the guest.
#[derive(Clone, Debug)]
pub(crate) struct MountPoint {
    /// The directory.
    pub(crate) directory: String,
    /// The type of the file system on the disk.
    pub(crate) filesystem: String,
}

/// What to boot and to run there.
#[derive(Clone, Debug)]
pub(crate) struct VmSpec<'a> {
    /// What logs and progress call it.
    pub(crate) name: String,
    /// What to boot.
    pub(crate) kernel: &'a Kernel,
    /// How to run it.
    pub(crate) accel: Accel,
    /// The module under test, if it is to be loaded.
    pub(crate) module: Option<PathBuf>,
    /// Modules of the kernel's own to load first.
    pub(crate) stock_modules: Vec<&'a str>,
    /// Files and trees to put into the guest.
    pub(crate) files: Vec<GuestFile>,
    /// The static program that is its shell.
    pub(crate) busybox: PathBuf,
    /// Disks, in the order `/dev/vda`, `/dev/vdb` …
    pub(crate) disks: Vec<Disk>,
    /// What to run.
    pub(crate) suites: Vec<Suite>,
    /// Memory in MiB.
    pub(crate) memory: u32,
    /// Processors.
    pub(crate) processors: u32,
    /// Whether what runs there makes the kernel rewrite its own code. Emulated
    /// processors then take turns.
    pub(crate) rewrites_kernel: bool,
    /// What is added to the kernel's command line.
    pub(crate) command_line: &'a [&'a str],
    /// Whether addresses have 57 bits, if the processor can.
    pub(crate) five_levels: bool,
    /// Who made the processor, if that matters: it is emulated then.
    pub(crate) vendor: Option<Vendor>,
    /// Time to wait after boot before the first suite.
    pub(crate) settle: Duration,
    /// Limit until the first program runs, by the host's clock.
    pub(crate) boot_limit: Duration,
    /// Limit for everything after that, by the host's clock: if none is given,
    /// those of the suites and some time beside them. A machine that finds itself
    /// slow has more.
    pub(crate) limit: Option<Duration>,
    /// Whether to print what the suites print, as it comes.
    pub(crate) echo: bool,
}

impl<'a> VmSpec<'a> {
    /// A machine with `kernel`, the module under test and nothing to run.
    pub(crate) fn new(
        name: impl Into<String>,
        kernel: &'a Kernel,
        accel: Accel,
        module: Option<PathBuf>,
    ) -> Self {
        Self {
            name: name.into(),
            kernel,
            accel,
            module,
            stock_modules: Vec::new(),
            files: Vec::new(),
            busybox: PathBuf::from("/bin/busybox"),
            disks: Vec::new(),
            suites: Vec::new(),
            memory: 1024,
            processors: 2,
            rewrites_kernel: false,
            command_line: &[],
            five_levels: false,
            vendor: None,
            settle: Duration::ZERO,
            boot_limit: BOOT_LIMIT,
            limit: None,
            echo: false,
        }
    }

    /// What it may take from the start of the first program to the end, on a
    /// machine that is as fast as can be expected.
    fn limit_after_boot(&self) -> Duration {
        self.limit.unwrap_or_else(|| {
            let suites = self.suites.iter().map(|suite| suite.limit_seconds);
            BESIDE_SUITES + self.settle + Duration::from_secs(suites.sum())
        })
    }

    /// What limits are multiplied by because the kernel is slow on any machine.
    const fn slowness(&self) -> f64 {
        if self.kernel.looks_for_mistakes {
            SLOWNESS
        } else {
            1.0
        }
    }

    /// The memory in MiB that the machine has: what its programs need, and the
    /// kernel beside them.
    const fn whole_memory(&self) -> u32 {
        memory(self.kernel, self.memory)
    }
}

/// The memory in MiB of a machine in which so much is for programs and an ordinary
/// kernel.
pub(crate) const fn memory(kernel: &Kernel, programs: u32) -> u32 {
    if kernel.looks_for_mistakes {
        programs.saturating_add(RECORDS)
    } else {
        programs
    }
}

/// Boots the machine and runs the suites.
///
/// # Errors
/// When the machine can't be set up or started. What goes wrong inside it is
/// in the verdict.
pub(crate) fn run(spec: &VmSpec<'_>) -> Result<Verdict> {
    start(spec, Debugging::Off)?.finish()
}

/// [`run`] with a debugger, which is at work beside the machine and sees its
/// processor stopped at the start. What it returns comes with the verdict.
///
/// # Errors
/// As [`run`], and when the debugger fails.
pub(crate) fn run_debugged<T: Send>(
    spec: &VmSpec<'_>,
    debug: impl FnOnce(Debugger) -> Result<T> + Send,
) -> Result<(Verdict, T)> {
    let mut running = start(spec, Debugging::On)?;
    let pipes = running.machine.pipes()?;
    let (verdict, debugged) = std::thread::scope(|scope| {
        let debugged = scope.spawn(move || debug(Debugger::attach(pipes)?));
        let verdict = running.finish();
        let debugged = debugged.join().expect("the debugger does not panic");
        (verdict, debugged)
    });
    let verdict = verdict?;
    match debugged {
        Ok(value) => Ok((verdict, value)),
        // A machine that fails takes its debugger with it.
        Err(error) if verdict.passed() => Err(error),
        Err(error) => Err(error.context(verdict.failures().join("\n"))),
    }
}

/// A machine that has been started.
struct Running<'a> {
    spec: &'a VmSpec<'a>,
    folder: PathBuf,
    initramfs: PathBuf,
    console: Console,
    started: Instant,
    machine: Machine,
}

impl Running<'_> {
    /// Follows it to its end.
    fn finish(self) -> Result<Verdict> {
        let verdict = verdict::collect(self.machine, self.console, self.spec, self.started)?;
        // The initramfs can be a hundred megabytes; the logs of a failure stay.
        let done = if verdict.passed() {
            std::fs::remove_dir_all(&self.folder)
        } else {
            std::fs::remove_file(&self.initramfs)
        };
        done.with_context(|| format!("can't clear {}", self.folder.display()))?;
        Ok(verdict)
    }
}

fn start<'a>(spec: &'a VmSpec<'_>, debugging: Debugging) -> Result<Running<'a>> {
    let run_name = format!("{}-{}", spec.name, std::process::id());
    let folder = paths::output().join("vm").join(run_name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let nonce = nonce()?;
    let initramfs = folder.join("initramfs.cpio");
    let mut files = vec![
        GuestFile::host("/init", guest::init(spec.kernel.architecture())?),
        GuestFile::host("/bin/busybox", &spec.busybox),
    ];
    files.extend(spec.files.iter().cloned());
    let manifest = manifest(spec, &nonce, &mut files)?;
    files.push(GuestFile::bytes(
        sysbatch_guest::MANIFEST_PATH,
        serde_json::to_vec_pretty(&manifest)?,
    ));
    initramfs::write(&initramfs, &files)?;
    let console = Console::new(&folder, &nonce, spec.echo)?;
    let started = Instant::now();
    let machine = Machine::start(spec, &initramfs, &console, debugging)?;
    Ok(Running {
        spec,
        folder,
        initramfs,
        console,
        started,
        machine,
    })
}

/// What the guest is told, with the modules added to `files`.
fn manifest(spec: &VmSpec<'_>, nonce: &str, files: &mut Vec<GuestFile>) -> Result<Manifest> {
    let mut manifest = Manifest {
        nonce: nonce.to_owned(),
        // Where times are counts, they do not depend on the host, and no
        // instruction is to be spent on finding that out.
        scale_limits: spec.accel != Accel::Icount,
        slowness: spec.slowness(),
        detectors: spec.kernel.looks_for_mistakes,
        settle_milliseconds: u64::try_from(spec.settle.as_millis())?,
        suites: spec.suites.clone(),
        stock_modules: Vec::new(),
        module: None,
        mounts: Vec::new(),
    };
    let mut stock = spec.stock_modules.clone();
    if !spec.disks.is_empty() {
        stock.extend(["virtio_pci", "virtio_blk"]);
        let mounts = spec.disks.iter().filter_map(|disk| disk.mount.as_ref());
        stock.extend(mounts.map(|mount| mount.filesystem.as_str()));
    }
    for module in with_dependencies(spec.kernel, &stock)? {
        let path = format!("/modules/{}.ko", module.name);
        files.push(GuestFile::bytes(&path, module.object));
        manifest.stock_modules.push(path);
    }
    if let Some(module) = &spec.module {
        let path = "/modules/sysbatch.ko".to_owned();
        files.push(GuestFile::host(&path, module));
        manifest.module = Some(ModuleUnderTest {
            name: "sysbatch".to_owned(),
            path,
        });
    }
    for (letter, disk) in ('a'..='z').zip(&spec.disks) {
        if let Some(mount) = &disk.mount {
            manifest.mounts.push(Mount {
                device: format!("/dev/vd{letter}"),
                directory: mount.directory.clone(),
                filesystem: mount.filesystem.clone(),
                read_only: disk.read_only,
            });
        }
    }
    Ok(manifest)
}

/// 16 random digits that no program prints by chance.
fn nonce() -> Result<String> {
    let uuid = std::fs::read_to_string("/proc/sys/kernel/random/uuid")
        .context("can't read a random number")?;
    Ok(uuid.trim().replace('-', "").split_off(16))
}
