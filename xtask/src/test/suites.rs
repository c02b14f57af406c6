//! The table of what runs in the guest.

use std::path::PathBuf;

use anyhow::Result;

use crate::disk;
use crate::guest::{self, Program};
use crate::kernel::Kernel;
use crate::vm::Disk;

/// A suite that runs on every kernel, each time in a machine of its own, so
/// that one which hangs or panics takes no other with it.
pub(super) struct GuestSuite {
    /// What reports and `--only` call it.
    pub(super) name: &'static str,
    /// The program.
    pub(super) run: Run,
    /// Its arguments.
    pub(super) arguments: &'static [&'static str],
    /// A disk, mounted on [`DISK_DIRECTORY`].
    pub(super) disk: Option<DiskContents>,
    /// Memory in MiB.
    pub(super) memory: u32,
    /// Processors.
    pub(super) processors: u32,
    /// Guest seconds until it is killed.
    pub(super) limit_seconds: u64,
}

/// Where a suite finds its disk.
const DISK_DIRECTORY: &str = "/disk";

/// What a suite runs.
pub(super) enum Run {
    /// A program of the workspace, built static.
    Program {
        package: &'static str,
        program: Program,
    },
    /// A script for busybox.
    Shell(&'static str),
}

/// What is on a disk.
#[derive(Clone, Copy)]
pub(super) enum DiskContents {
    /// The kernel's common headers: some ten thousand files.
    Headers,
    /// Nothing, with this many MiB of room.
    Empty(u32),
}

const SMALL: GuestSuite = GuestSuite {
    name: "",
    run: Run::Shell(""),
    arguments: &[],
    disk: None,
    memory: 512,
    processors: 2,
    limit_seconds: 120,
};

/// All suites.
pub(super) const SUITES: &[GuestSuite] = &[GuestSuite {
    name: "device",
    run: Run::Shell(
        "set -e; test -c /dev/sysbatch; test \"$(stat -c %a /dev/sysbatch)\" = 666; \
             grep -q '^sysbatch .* 0 ' /proc/modules",
    ),
    ..SMALL
}];

impl GuestSuite {
    /// The disks it needs, made for `kernel`.
    ///
    /// # Errors
    /// When an image can't be made.
    pub(super) fn disks(&self, kernel: &Kernel) -> Result<Vec<Disk>> {
        let Some(contents) = self.disk else {
            return Ok(Vec::new());
        };
        let (image, read_only) = match contents {
            DiskContents::Headers => (disk::headers(kernel)?, true),
            DiskContents::Empty(mebibytes) => (disk::empty(self.name, kernel, mebibytes)?, false),
        };
        Ok(vec![Disk {
            image,
            directory: DISK_DIRECTORY.to_owned(),
            filesystem: "ext4".to_owned(),
            read_only,
        }])
    }

    /// The program's file, if it is not busybox.
    ///
    /// # Errors
    /// When it can't be built.
    pub(super) fn build(&self) -> Result<Option<PathBuf>> {
        match self.run {
            Run::Program { package, program } => guest::build(package, program).map(Some),
            Run::Shell(_) => Ok(None),
        }
    }
}
