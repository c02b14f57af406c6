//! The protocol between the host that starts a virtual machine and the first
//! program in it.
//!
//! The host puts a [`Manifest`] into the initramfs at [`MANIFEST_PATH`]. The
//! guest's first program does what it says and reports [`Event`]s on the second
//! serial line, between the output of the programs it runs. The first serial
//! line is the kernel's console and nothing else.

use serde::{Deserialize, Serialize};

pub mod complaint;
mod event;

pub use event::{Event, Outcome, Reader, Report};

/// Where the manifest is in the guest.
pub const MANIFEST_PATH: &str = "/manifest.json";

/// The variable that tells a suite what its limits are multiplied by.
pub const SCALE_VARIABLE: &str = "SYSBATCH_TEST_SCALE";

/// The most that limits are multiplied by because the machine is slow.
pub const MAX_SCALE: f64 = 10.0;

/// What reports call the last look at what the kernel's detectors have found.
pub const DETECTORS: &str = "what the detectors found";

/// What a line of a suite begins with that is shown where the suite passes.
pub const NOTE: &str = "note: ";

/// The status with which a suite ends, as with `timeout(1)`, if all that went wrong
/// in it is that a limit was exceeded.
pub const LIMIT_STATUS: u8 = 124;

/// What a guest is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Marks the lines that are events. Different in each run, so that no
    /// program's output is taken for one.
    pub nonce: String,
    /// The kernel's own modules, as paths in the guest, in the order to load.
    pub stock_modules: Vec<String>,
    /// The module under test, loaded after the kernel log's baseline is taken.
    pub module: Option<ModuleUnderTest>,
    /// File systems on disks to mount, after the stock modules.
    pub mounts: Vec<Mount>,
    /// Whether to measure how fast the machine is and to give the suites more time
    /// if it is slow.
    pub scale_limits: bool,
    /// What limits are multiplied by beside that, because the kernel is slow on any
    /// machine; 1 for one that is not.
    pub slowness: f64,
    /// Whether the kernel looks for mistakes: what it has found by the end without
    /// saying so in its log is a failure, and so is one that does not look.
    pub detectors: bool,
    /// How long to wait before the first suite, for the kernel's own start-up
    /// work to end; in milliseconds. Of use before timing.
    pub settle_milliseconds: u64,
    /// What to run, in order. A failure does not keep the next from running.
    pub suites: Vec<Suite>,
}

/// A module and its name, for unloading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleUnderTest {
    /// As in `/proc/modules`.
    pub name: String,
    /// The object's path in the guest.
    pub path: String,
}

/// A file system to mount.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mount {
    /// `/dev/vda` and so on.
    pub device: String,
    /// Where; created if it is not there.
    pub directory: String,
    /// Its type, as in `/proc/filesystems`.
    pub filesystem: String,
    /// Whether to mount it for reading only.
    pub read_only: bool,
}

/// A program to run, and when to give it up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Suite {
    /// What reports call it.
    pub name: String,
    /// The program's path in the guest and its arguments.
    pub command: Vec<String>,
    /// Variables added to its environment.
    pub environment: Vec<(String, String)>,
    /// Seconds after which it is killed and has failed, on a machine that is not
    /// slow.
    pub limit_seconds: u64,
    /// Parts of lines that the kernel may log meanwhile though they are complaints.
    pub expected: Vec<String>,
    /// Whether to count the system calls of its first process. While they are
    /// counted, the module hands every sub-call back.
    pub count_system_calls: bool,
}
