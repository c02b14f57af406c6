//! The device: its name, its ioctl and what reading it returns.

/// Version of the interface described here. It grows when something
/// that used to work changes its meaning; additions are told by [`Info`].
pub const ABI_VERSION: u32 = 1;

/// Name of the misc device.
pub const DEVICE_NAME: &str = "sysbatch";

/// Where the device usually is.
pub const DEVICE_PATH: &str = "/dev/sysbatch";

/// The ioctl request that runs a batch, `_IO(0xC5, 1)`: its argument is the
/// address of a [`Run`](crate::Run) header, aligned to 8 bytes.
///
/// The number does not carry the size of the header, which is extensible and
/// says its size itself.
pub const RUN_REQUEST: u32 = 0xC501;

/// The ioctl request that runs many batches, `_IO(0xC5, 2)`: its argument is the
/// address of a [`List`](crate::List), aligned to 8 bytes.
pub const LIST_REQUEST: u32 = 0xC502;

/// Bit set of the formats known here: bit *n* for [`Format`](crate::Format) *n*.
pub const FORMATS: u64 = 0b11_1110;

/// What `read(2)` on the device returns, at offset zero: as many bytes of this
/// structure as were asked for.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// The size of this structure as the module knows it, in bytes.
    pub size: u32,
    /// The module's [`ABI_VERSION`].
    pub abi_version: u32,
    /// The size of the [`Run`](crate::Run) header the module knows, in bytes.
    pub run_size: u32,
    /// Must be ignored; zero today.
    pub reserved: u32,
    /// Bit set of the formats the module runs: bit *n* for format *n*.
    pub formats: u64,
}

const _: () = {
    use core::mem::{offset_of, size_of};
    let mut format = 0;
    while format < 64 {
        let known = crate::Format::from_raw(format).is_some();
        assert!(known == (FORMATS >> format & 1 == 1));
        format += 1;
    }
    assert!(size_of::<Info>() == 24);
    assert!(offset_of!(Info, size) == 0);
    assert!(offset_of!(Info, abi_version) == 4);
    assert!(offset_of!(Info, run_size) == 8);
    assert!(offset_of!(Info, reserved) == 12);
    assert!(offset_of!(Info, formats) == 16);
};
