//! `cargo xtask demo`: the same walk over a real tree in the kernel, in user
//! space and by coreutils, on a stock kernel; then on this machine.

mod figures;
mod host;
mod picture;
mod tree;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sysbatch_guest::Suite;

use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::progress::Progress;
use crate::setup::{self, Purpose, Wanted};
use crate::vm::{self, Accel, Disk, GuestFile, MountPoint, Verdict, VmSpec};
use crate::{guest, kmod};

use figures::{Figures, Way};

/// What is booted.
const KERNEL: Wanted = (Series::V6_12, Flavour::Cloud, Need::Image);
/// Where the tree is in the guest.
const TREE: &str = "/tree";
/// How often each way is timed; the shortest counts.
const ROUNDS: u32 = 3;
/// How many times fewer crossings the kernel must need.
const FEWER_CROSSINGS: u64 = 20;
/// Seconds that a walk may take on a slow emulated machine.
const WALK_LIMIT: u64 = 180;
/// Where coreutils' command is in the guest.
const COREUTILS_DU: &str = "/coreutils/du";

/// Shows everything and writes the figures to `json` and a picture of them to `picture`,
/// if given; whether they are what they should be.
///
/// # Errors
/// When something can't be set up, built or written.
pub(crate) fn run(json: Option<&Path>, picture: Option<&Path>) -> Result<bool> {
    let kernel = prepare()?;
    let command = guest::build("sysbatch-cli", "sysbatch")?;
    let figures = walk(&kernel, &command)?;
    println!("\n{}", figures.table());
    if let Some(json) = json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(json, text).with_context(|| format!("can't write {}", json.display()))?;
    }
    if let Some(path) = picture {
        picture::write(path, &figures.table())?;
    }
    host::run(&command, &kernel)?;
    Ok(figures.hold(FEWER_CROSSINGS))
}

/// The seconds of the walk with the module, in user space and by coreutils.
///
/// # Errors
/// As of [`run`].
pub(crate) fn seconds() -> Result<[f64; 3]> {
    let kernel = prepare()?;
    let command = guest::build("sysbatch-cli", "sysbatch")?;
    Ok(walk(&kernel, &command)?.seconds())
}

fn prepare() -> Result<Kernel> {
    setup::prepare(Purpose::Machine, &[KERNEL])?;
    let (series, flavour, need) = KERNEL;
    kernel::ensure(series, flavour, need)
}

/// Boots the kernel and has the tree walked there.
fn walk(kernel: &Kernel, command: &Path) -> Result<Figures> {
    let module = kmod::build(kernel)?;
    let accel = vm::choose(kernel)?;
    let tree = tree::make(kernel)?;
    let disk = Disk {
        image: tree.image,
        mount: Some(MountPoint {
            directory: TREE.to_owned(),
            filesystem: "ext4".to_owned(),
        }),
        read_only: true,
    };
    let mut files = GuestFile::with_libraries(Path::new("/usr/bin/du"), COREUTILS_DU)?;
    files.push(GuestFile::host("/bin/sysbatch", command));
    let spec = VmSpec {
        files,
        disks: vec![disk],
        suites: suites(),
        // Half of it for what the walk leaves in the caches.
        memory: 2048,
        processors: 1,
        // The kernel's own start-up work is to be over when times are taken.
        settle: std::time::Duration::from_secs(3),
        ..VmSpec::new("demo", kernel, accel, Some(module))
    };
    let progress = Progress::start(format!(
        "walking {} files on Linux {}",
        tree.files, kernel.release
    ));
    let verdict = vm::run(&spec)?;
    progress.end(if verdict.passed() { "ok" } else { "failed" });
    ensure!(
        verdict.passed(),
        "the demonstration failed in the guest:\n{}",
        verdict.failures().join("\n")
    );
    collect(&verdict, kernel, accel, tree.files)
}

/// What runs in the guest.
fn suites() -> Vec<Suite> {
    let walk = |name: &str, backend: Option<&str>, command: &[&str], count: bool| Suite {
        name: name.to_owned(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        environment: backend
            .map(|backend| ("SYSBATCH_BACKEND".to_owned(), backend.to_owned()))
            .into_iter()
            .collect(),
        limit_seconds: WALK_LIMIT,
        count_system_calls: count,
        ..Suite::default()
    };
    let batched = ["/bin/sysbatch", "du", "--stats", "-s", "-B1", TREE];
    let coreutils = [COREUTILS_DU, "-s", "-B1", TREE];
    // The first walk reads the disk, the later ones the caches. It also counts,
    // which takes time and so must not be timed.
    let mut suites = vec![walk("count", None, &coreutils, true)];
    for _ in 0..ROUNDS {
        suites.push(walk(Way::Kernel.name(), Some("kernel"), &batched, false));
        suites.push(walk(Way::User.name(), Some("user"), &batched, false));
        suites.push(walk(Way::Coreutils.name(), None, &coreutils, false));
    }
    suites
}

fn collect(verdict: &Verdict, kernel: &Kernel, accel: Accel, files: u64) -> Result<Figures> {
    let counted = verdict.suites.iter().find_map(|suite| suite.system_calls);
    let counted = counted.context("the guest did not count the calls of coreutils")?;
    Figures::from_walks(
        &verdict.suites,
        counted,
        &kernel.release,
        accel.name(),
        files,
    )
}
