//! A file system whose disk delays each read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};

use super::mapper::{Mapped, Suspended};

/// A mounted disk, with device mapper's delay target between the two until this
/// is dropped.
#[derive(Debug)]
pub(crate) struct SlowDisk {
    directory: PathBuf,
    plain: PathBuf,
    mapped: Option<Mapped>,
}

/// What a disk has been asked for (`Documentation/block/stat.rst`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    /// How many reads are over.
    pub(crate) count: u64,
    /// What they took, added up.
    pub(crate) total: Duration,
    /// How long there was one under way.
    pub(crate) busy: Duration,
}

impl SlowDisk {
    /// Puts the delay of so many milliseconds under what is mounted here.
    pub(crate) fn new(directory: &Path, delay: u32) -> Self {
        let plain = device_of(directory);
        let name = plain.file_name().and_then(|name| name.to_str());
        let size = format!("/sys/class/block/{}/size", name.expect("the disk's name"));
        let size = std::fs::read_to_string(size).expect("the disk's size");
        let sectors = size.trim().parse().expect("a number");
        unmount(directory);
        let mut slow = Self {
            directory: directory.to_owned(),
            plain,
            mapped: None,
        };
        let parameters = format!("{} 0 {delay}", slow.plain.display());
        let mapped = Mapped::new("sysbatch-slow", sectors, "delay", &parameters);
        mount(&mapped.device, directory);
        slow.mapped = Some(mapped);
        slow
    }

    /// Forgets all that was read: another mount, and nothing in the kernel's
    /// caches but what mounting needs.
    pub(crate) fn forget(&self) {
        unmount(&self.directory);
        std::fs::write("/proc/sys/vm/drop_caches", "3").expect("root may drop caches");
        mount(&self.mapped().device, &self.directory);
    }

    /// Keeps back all that is read until what this gives is dropped.
    pub(crate) fn suspend(&self) -> Suspended<'_> {
        self.mapped().suspend()
    }

    /// What has been read so far.
    pub(crate) fn reads(&self) -> Reads {
        let name = self.mapped().device.file_name().expect("a device's name");
        let path = Path::new("/sys/class/block").join(name).join("stat");
        let text = std::fs::read_to_string(path).expect("the disk's statistics");
        let mut fields = text.split_whitespace().map(|field| {
            let value: u64 = field.parse().expect("a number");
            value
        });
        let mut field = |skipped| fields.nth(skipped).expect("eleven fields");
        Reads {
            count: field(0),
            total: Duration::from_millis(field(2)),
            busy: Duration::from_millis(field(5)),
        }
    }

    fn mapped(&self) -> &Mapped {
        self.mapped.as_ref().expect("there until this is dropped")
    }
}

impl Drop for SlowDisk {
    fn drop(&mut self) {
        if self.mapped.is_some() {
            unmount(&self.directory);
        }
        // The disk is its only user's again once the mapped device is gone.
        self.mapped = None;
        mount(&self.plain, &self.directory);
    }
}

impl Reads {
    /// What has been read since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            count: self.count - before.count,
            total: self.total - before.total,
            busy: self.busy - before.busy,
        }
    }

    /// How many reads were under way at a time, on average.
    pub(crate) fn at_once(self) -> f64 {
        self.total.as_secs_f64() / self.busy.as_secs_f64()
    }
}

impl core::fmt::Display for Reads {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { count, busy, .. } = self;
        let at_once = self.at_once();
        write!(f, "{count} reads in {busy:?}, {at_once:.1} at a time")
    }
}

/// What is mounted there (`proc_pid_mounts(5)`).
fn device_of(directory: &Path) -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("the mounts");
    let mut mounts = mounts.lines().map(|line| line.split(' '));
    let device = mounts.find_map(|mut fields| {
        let device = fields.next()?;
        (Path::new(fields.next()?) == directory).then(|| PathBuf::from(device))
    });
    device.unwrap_or_else(|| panic!("nothing is mounted on {}", directory.display()))
}

fn mount(device: &Path, directory: &Path) {
    rustix::mount::mount(device, directory, "ext4", MountFlags::RDONLY, c"")
        .unwrap_or_else(|error| panic!("cannot mount {}: {error}", device.display()));
}

/// Waits for as long as it is in use: the last thread of a ring that has been shut
/// down may not be quite gone. The case's own limit ends the wait.
fn unmount(directory: &Path) {
    loop {
        match rustix::mount::unmount(directory, UnmountFlags::empty()) {
            Ok(()) => return,
            Err(Errno::BUSY) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("cannot unmount {}: {error}", directory.display()),
        }
    }
}
