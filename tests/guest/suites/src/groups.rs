//! Control groups (`Documentation/admin-guide/cgroup-v2.rst`).

use std::path::{Path, PathBuf};

use rustix::process::Pid;

const GROUPS: &str = "/sys/fs/cgroup";

/// A control group of the case's own, for memory and processor time.
#[derive(Debug)]
pub(crate) struct Group(PathBuf);

impl Group {
    /// A new one.
    pub(crate) fn new(name: &str) -> Self {
        if !Path::new(GROUPS).join("cgroup.procs").exists() {
            let flags = rustix::mount::MountFlags::empty();
            rustix::mount::mount("none", GROUPS, "cgroup2", flags, None).expect("root may mount");
        }
        let controllers = Path::new(GROUPS).join("cgroup.subtree_control");
        std::fs::write(controllers, "+memory +cpu").expect("the kernel has it");
        let group = Self(Path::new(GROUPS).join(format!("{name}-{}", std::process::id())));
        std::fs::create_dir(&group.0).expect("a new group");
        group
    }

    /// Writes one of its files.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file of the group");
    }

    /// Puts a process into it.
    pub(crate) fn add(&self, pid: Pid) {
        self.write("cgroup.procs", &pid.as_raw_nonzero().to_string());
    }

    /// A number of its statistics of processor time.
    pub(crate) fn time(&self, name: &str) -> u64 {
        let text = std::fs::read_to_string(self.0.join("cpu.stat")).expect("a file of the group");
        let mut words = text.split_whitespace();
        words.find(|word| *word == name).expect("it is there");
        let number = words.next().expect("it has a value");
        number.parse().expect("a number")
    }

    /// Waits until the group is frozen, or is not.
    pub(crate) fn until_frozen(&self, frozen: bool) {
        let line = format!("frozen {}", u8::from(frozen));
        while !std::fs::read_to_string(self.0.join("cgroup.events"))
            .expect("a file of the group")
            .contains(&line)
        {
            std::thread::sleep(core::time::Duration::from_millis(1));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It cannot be removed before the last process in it is gone.
        let _ = std::fs::remove_dir(&self.0);
    }
}
