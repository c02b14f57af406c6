//! A file system that can be forgotten.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};

/// How long to wait for what still uses it.
const PAUSE: Duration = Duration::from_millis(5);

/// A disk with ext4 that is mounted for reading.
pub(crate) struct Mounted {
    device: PathBuf,
    directory: PathBuf,
}

impl Mounted {
    /// Mounts a device.
    ///
    /// # Errors
    /// When it can't be mounted.
    pub(crate) fn new(device: PathBuf, directory: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("can't create {}", directory.display()))?;
        let mounted = Self {
            device,
            directory: directory.to_owned(),
        };
        mounted.mount()?;
        Ok(mounted)
    }

    /// The disk that a folder is on (`proc_pid_mounts(5)`).
    pub(super) fn find(folder: &Path) -> anyhow::Result<Self> {
        let mounts = std::fs::read_to_string("/proc/self/mounts").context("can't read mounts")?;
        let mounts = mounts.lines().filter_map(|line| {
            let mut fields = line.split(' ');
            Some((fields.next()?, Path::new(fields.next()?)))
        });
        let inner = mounts
            .filter(|(_, directory)| folder.starts_with(directory))
            .max_by_key(|(_, directory)| directory.components().count());
        let (device, directory) = inner.context("nothing is mounted")?;
        Ok(Self {
            device: device.into(),
            directory: directory.to_owned(),
        })
    }

    /// Forgets all that was read: another mount, and nothing in the kernel's caches
    /// but what mounting needs.
    pub(super) fn forget(&self) -> anyhow::Result<()> {
        // A thread that has been told to end may not be quite gone.
        while let Err(error) = rustix::mount::unmount(&self.directory, UnmountFlags::empty()) {
            if error != Errno::BUSY {
                let directory = self.directory.display();
                return Err(error).with_context(|| format!("can't unmount {directory}"));
            }
            std::thread::sleep(PAUSE);
        }
        std::fs::write("/proc/sys/vm/drop_caches", "3").context("can't drop caches")?;
        self.mount()
    }

    fn mount(&self) -> anyhow::Result<()> {
        let Self { device, directory } = self;
        rustix::mount::mount(device, directory, "ext4", MountFlags::RDONLY, c"")
            .with_context(|| format!("can't mount {}", device.display()))
    }
}
