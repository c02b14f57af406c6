//! Where batches run: the kernel's device, or this process.

mod descriptor;
mod device;
#[cfg(test)]
mod double;
mod execute;
mod list;
mod select;
#[cfg(test)]
mod tests;

use core::sync::atomic::{AtomicU64, Ordering};

pub(crate) use descriptor::high;
pub use device::DeviceError;
pub(crate) use list::Tried;
pub use select::{Choice, SelectError};

use device::Device;

/// The two places where a batch can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// In the kernel, through `/dev/sysbatch`.
    Kernel,
    /// In this process.
    User,
}

impl Kind {
    /// The word for it in `SYSBATCH_BACKEND` and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::User => "user",
        }
    }
}

/// Runs batches.
///
/// One backend serves any number of threads at a time; a batch is run by one
/// of them. A backend made before `fork(2)` works in the child.
#[derive(Debug)]
pub struct Backend {
    /// The device, if batches run in the kernel.
    device: Option<Device>,
    choice: Choice,
    crossings: AtomicU64,
}

impl Backend {
    fn new(device: Option<Device>, choice: Choice) -> Self {
        Self {
            device,
            choice,
            crossings: AtomicU64::new(0),
        }
    }

    /// The device, if batches are entered there.
    fn entered(&self) -> Option<&Device> {
        self.device.as_ref().filter(|device| !device.has_gone())
    }

    /// Where this backend runs batches, now: one of the kernel goes on in this
    /// process when it has lost its device and cannot open it again, or the module
    /// is switched off.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.entered() {
            Some(_) => Kind::Kernel,
            None => Kind::User,
        }
    }

    /// Why it is this one.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What the device says of itself; `None` in user space.
    #[must_use]
    pub fn info(&self) -> Option<sysbatch_abi::Info> {
        self.entered().map(Device::info)
    }

    /// How many crossings to the kernel this backend has made: entries of the
    /// device, and system call instructions executed for a batch.
    ///
    /// What [`Checked`](crate::Checked) memory needs itself is not in it.
    #[must_use]
    pub fn crossings(&self) -> u64 {
        self.crossings.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, crossings: u64) {
        self.crossings.fetch_add(crossings, Ordering::Relaxed);
    }
}
