//! Where things are and go.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the xtask package lies in a folder of the repository")
}

/// What set-up and builds leave behind: kernels, modules, logs, disks. Only
/// cargo's own output may be elsewhere, see [`cargo_target`].
pub(crate) fn output() -> PathBuf {
    root().join("target")
}

/// Cargo's target folder.
pub(crate) fn cargo_target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(output, |dir| root().join(dir))
}
