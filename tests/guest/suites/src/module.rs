//! The module itself: loading, unloading, and who uses it.

use std::fs::File;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::io::Errno;
use sysbatch::Backend;
use sysbatch::abi::DEVICE_PATH;

use crate::harness::Options;
use crate::lab::Lab;

/// Its name.
const NAME: &core::ffi::CStr = c"sysbatch";

/// Unloads the module, if nobody uses it.
pub(crate) fn unload() -> Result<(), Errno> {
    rustix::system::delete_module(NAME, libc::O_NONBLOCK)
}

/// Loads the module, which must not be loaded.
#[track_caller]
pub(crate) fn load(options: &Options) {
    try_to_load(options).expect("the module loads");
}

/// Loads the module, if it is not loaded.
pub(crate) fn try_to_load(options: &Options) -> Result<(), Errno> {
    let path = options
        .module
        .as_ref()
        .expect("--module says where the module's file is");
    let file = File::open(path).expect("the module's file");
    rustix::system::finit_module(&file, c"", 0)
}

/// How many use the module, as the kernel counts.
pub(crate) fn users() -> u64 {
    let text =
        std::fs::read_to_string("/sys/module/sysbatch/refcnt").expect("the module is loaded");
    text.trim().parse().expect("a number")
}

/// Closes what this process has open of the device.
pub(crate) fn let_go(lab: &mut Lab) {
    // The shared descriptor stays open for the life of the process.
    lab.backend = Backend::user();
    for entry in std::fs::read_dir("/proc/self/fd").expect("procfs") {
        let entry = entry.expect("an entry");
        if std::fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == DEVICE_PATH) {
            let number: i32 = entry
                .file_name()
                .to_str()
                .expect("a number")
                .parse()
                .expect("a number");
            #[expect(
                unsafe_code,
                reason = "the descriptor belongs to nobody that still uses it"
            )]
            // SAFETY: the library's own descriptor, in a process that does not
            // use the library's device any more.
            unsafe {
                libc::close(number)
            };
        }
    }
}

/// The device, opened, if the module is there.
pub(crate) fn device() -> Option<OwnedFd> {
    let file = File::options().read(true).write(true).open(DEVICE_PATH);
    Some(file.ok()?.into())
}

/// A backend with a descriptor of its own, and its number, if the module is there.
pub(crate) fn open() -> Option<(Backend, i32)> {
    let fd = device()?;
    let number = fd.as_raw_fd();
    Some((Backend::from_device(fd).expect("the module fits"), number))
}
