//! The module and its device.

use std::fs;

use rustix::fs::{Access, access, stat};
use serde::Serialize;
use sysbatch::abi::{ABI_VERSION, DEVICE_NAME, DEVICE_PATH};
use sysbatch::{Backend, DeviceError};

/// What there is of the kernel half.
#[derive(Debug, Serialize)]
pub(super) struct Device {
    /// Whether a module of the name is loaded, as far as can be seen.
    pub(super) module_loaded: bool,
    /// The version that the module says it has.
    pub(super) module_version: Option<String>,
    /// Where the device is looked for.
    pub(super) path: &'static str,
    /// Who may use the device; `None` if there is none.
    pub(super) permissions: Option<Permissions>,
    /// The version of the interface that the module has.
    pub(super) abi_version: Option<u32>,
    /// The version that this program has.
    pub(super) abi_version_needed: u32,
    /// Why it cannot be used.
    pub(super) error: Option<String>,
}

/// The mode and the owner of the device.
#[derive(Debug, Serialize)]
pub(super) struct Permissions {
    /// The permission bits.
    pub(super) mode: u32,
    /// The user that owns it.
    pub(super) user: u32,
    /// The group that owns it.
    pub(super) group: u32,
    /// Whether this process may read and write it.
    pub(super) allowed: bool,
}

impl Device {
    /// Looks.
    pub(super) fn look(kernel: &Result<Backend, DeviceError>) -> Self {
        let module = format!("/sys/module/{DEVICE_NAME}");
        let (abi_version, error) = match kernel {
            Ok(backend) => (backend.info().map(|info| info.abi_version), None),
            Err(error) => {
                let version = match error {
                    DeviceError::Version { found } => Some(found.abi_version),
                    _ => None,
                };
                (version, Some(error.to_string()))
            }
        };
        Self {
            module_loaded: fs::exists(&module).unwrap_or(false),
            module_version: fs::read_to_string(format!("{module}/version"))
                .ok()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty()),
            path: DEVICE_PATH,
            permissions: stat(DEVICE_PATH).ok().map(|stat| Permissions {
                mode: stat.st_mode & 0o7777,
                user: stat.st_uid,
                group: stat.st_gid,
                allowed: access(DEVICE_PATH, Access::READ_OK | Access::WRITE_OK).is_ok(),
            }),
            abi_version,
            abi_version_needed: ABI_VERSION,
            error,
        }
    }
}
