//! A directory of a case's own.

use std::path::{Path, PathBuf};

/// An empty directory, removed with all that is in it when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A new directory where temporary files go.
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sysbatch-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a new directory");
        Self { path }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it, with a zero at the end.
    pub(crate) fn file(&self, name: &str) -> std::ffi::CString {
        let path = self.path.join(name).into_os_string();
        std::ffi::CString::new(path.into_encoded_bytes()).expect("no zero in a path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: what a failed case leaves is of interest anyway.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
