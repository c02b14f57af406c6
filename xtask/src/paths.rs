//! Where things are and go.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context as _, Result};

/// The root of the repository.
///
/// As `cargo run` says now, and only without that as it was when this was compiled:
/// a folder that is moved or copied takes the compiled program with it.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        package
            .parent()
            .expect("the xtask package lies in a folder of the repository")
            .to_owned()
    });
    &ROOT
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

/// Removes a file or folder, if it is there.
///
/// # Errors
/// When it is and stays.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
