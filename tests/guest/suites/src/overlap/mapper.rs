//! Device mapper: block devices made of others (`linux/dm-ioctl.h`,
//! `Documentation/admin-guide/device-mapper`).
#![expect(unsafe_code, reason = "ioctl")]

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// `DM_IOCTL` of `linux/dm-ioctl.h`.
const GROUP: u8 = 0xfd;
/// `DM_DEV_CREATE`.
const CREATE: Opcode = opcode::read_write::<Header>(GROUP, 3);
/// `DM_DEV_REMOVE`.
const REMOVE: Opcode = opcode::read_write::<Header>(GROUP, 4);
/// `DM_DEV_SUSPEND`, which resumes as well.
const SUSPEND: Opcode = opcode::read_write::<Header>(GROUP, 6);
/// `DM_TABLE_LOAD`.
const LOAD: Opcode = opcode::read_write::<Header>(GROUP, 9);

/// `DM_READONLY_FLAG`.
const READ_ONLY: u32 = 1 << 0;
/// `DM_SUSPEND_FLAG`: suspend, not resume.
const DO_SUSPEND: u32 = 1 << 1;
/// `DM_SKIP_LOCKFS_FLAG`: the file system on it is not frozen.
const SKIP_FREEZE: u32 = 1 << 10;

/// `struct dm_ioctl`, of version 4.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    version: [u32; 3],
    /// Of the header and what follows it, in bytes.
    data_size: u32,
    /// Where that begins, from the header's own start.
    data_start: u32,
    target_count: u32,
    open_count: i32,
    flags: u32,
    event_nr: u32,
    padding: u32,
    dev: u64,
    name: [u8; 128],
    uuid: [u8; 129],
    data: [u8; 7],
}

/// `struct dm_target_spec`, and the parameters that follow it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Target {
    /// In sectors, as `length`.
    sector_start: u64,
    length: u64,
    status: i32,
    next: u32,
    target_type: [u8; 16],
    /// Ends with a zero.
    parameters: [u8; 128],
}

/// What an ioctl is given.
#[derive(Debug)]
#[repr(C)]
struct Request {
    header: Header,
    target: Target,
}

const _: () = {
    assert!(size_of::<Header>() == 312);
    assert!(core::mem::offset_of!(Header, dev) == 40);
    assert!(core::mem::offset_of!(Target, parameters) == 40);
    assert!(core::mem::offset_of!(Request, target) == size_of::<Header>());
};

/// A mapped device, removed when dropped.
#[derive(Debug)]
pub(crate) struct Mapped {
    control: File,
    name: String,
    /// Its node.
    pub(crate) device: PathBuf,
}

impl Mapped {
    /// A device for reading only, as long as `sectors` of 512 bytes, all of one
    /// target.
    pub(crate) fn new(name: &str, sectors: u64, target: &str, parameters: &str) -> Self {
        let control = File::open("/dev/mapper/control").expect("device mapper");
        let header = call::<CREATE>(&control, request(name, 0)).expect("a mapped device");
        let mapped = Self {
            control,
            name: name.to_owned(),
            device: format!("/dev/dm-{}", rustix::fs::minor(header.dev)).into(),
        };
        let mut load = request(name, READ_ONLY);
        load.header.target_count = 1;
        load.target.length = sectors;
        put(&mut load.target.target_type, target);
        put(&mut load.target.parameters, parameters);
        call::<LOAD>(&mapped.control, load).expect("the kernel has this target");
        mapped.resume();
        mapped
    }

    /// Keeps back all that is read from now on.
    pub(crate) fn suspend(&self) -> Suspended<'_> {
        let request = request(&self.name, DO_SUSPEND | SKIP_FREEZE);
        call::<SUSPEND>(&self.control, request).expect("the device can be suspended");
        Suspended(self)
    }

    fn resume(&self) {
        call::<SUSPEND>(&self.control, request(&self.name, 0)).expect("the device can be resumed");
    }
}

/// A device that keeps back what is read until this is dropped.
#[derive(Debug)]
pub(crate) struct Suspended<'a>(&'a Mapped);

impl Drop for Suspended<'_> {
    fn drop(&mut self) {
        self.0.resume();
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // Who looks at new devices may have it open for a moment. The case's own
        // limit ends the wait.
        loop {
            match call::<REMOVE>(&self.control, request(&self.name, 0)) {
                Ok(_) => return,
                Err(Errno::BUSY) => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => {
                    println!("cannot remove the mapped device {}: {error}", self.name);
                    return;
                }
            }
        }
    }
}

fn request(name: &str, flags: u32) -> Request {
    let mut header = Header {
        version: [4, 0, 0],
        data_size: size_of::<Request>() as u32,
        data_start: size_of::<Header>() as u32,
        target_count: 0,
        open_count: 0,
        flags,
        event_nr: 0,
        padding: 0,
        dev: 0,
        name: [0; 128],
        uuid: [0; 129],
        data: [0; 7],
    };
    put(&mut header.name, name);
    Request {
        header,
        target: Target {
            sector_start: 0,
            length: 0,
            status: 0,
            next: 0,
            target_type: [0; 16],
            parameters: [0; 128],
        },
    }
}

/// Text that ends with a zero.
fn put(field: &mut [u8], text: &str) {
    assert!(text.len() < field.len(), "{text} is too long");
    field[..text.len()].copy_from_slice(text.as_bytes());
}

/// Makes a call; what the kernel made of the header.
fn call<const OPCODE: Opcode>(control: &File, mut request: Request) -> Result<Header, Errno> {
    // SAFETY: device mapper reads and writes `data_size` bytes from the header
    // on, and that is the size of a request.
    let argument = unsafe { Updater::<OPCODE, Request>::new(&mut request) };
    // SAFETY: the opcodes are those of device mapper for this argument.
    unsafe { ioctl(control, argument) }?;
    Ok(request.header)
}
