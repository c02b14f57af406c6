//! Trees of files for programs to walk.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// Directories of a tree.
pub(crate) const DIRECTORIES: u64 = 20;
/// Files in each of them.
pub(crate) const FILES: u64 = 25;

/// A tree of small files, no two of which have the same name.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // So that `git` does not take the files for such that may have changed just now.
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        for directory in 0..DIRECTORIES {
            let path = folder.path().join(format!("tree/directory{directory}"));
            fs::create_dir_all(&path).expect("a directory");
            for number in 0..FILES {
                let path = path.join(format!("file{directory}-{number}"));
                // Of many sizes, so that none looks like a constant.
                let content = "x".repeat(100 + (directory * FILES + number * 7) as usize);
                fs::write(&path, content).expect("a file");
                let file = File::options().write(true).open(&path).expect("the file");
                file.set_modified(an_hour_ago).expect("its time");
            }
        }
        Self { folder }
    }

    /// The directory that it is in, in which there is nothing else.
    pub(crate) fn parent(&self) -> &Path {
        self.folder.path()
    }

    /// A command that is run beside the tree, and whose output nobody reads.
    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command
            .args(arguments)
            .current_dir(self.parent())
            .env("LC_ALL", "C")
            .env("HOME", self.parent())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}
