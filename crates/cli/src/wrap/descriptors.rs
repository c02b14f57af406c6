//! The descriptors that a wrapped program inherits, all of them as high as can be, where
//! it has none.

use std::fs::File;
use std::io::{Write as _, pipe};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::{Resource, getrlimit};
use sysbatch::Backend;
use sysbatch_wrap::{DESCRIPTORS, Descriptor, IMAGE, Mode, REQUEST_SIZE, Request, SHARED_SIZE};

/// More than that no program expects to be free.
const HIGHEST: u64 = 1023;

/// What a loader needs.
#[derive(Debug)]
pub(super) struct Descriptors {
    top: u32,
    shared: File,
    /// What is only held to be inherited.
    inherited: Vec<OwnedFd>,
}

impl Descriptors {
    /// Opens all of them for a program.
    ///
    /// # Errors
    /// When the module is needed and not there, or there are no descriptors left.
    pub(super) fn new(mode: Mode, path: &Path, file: File) -> Result<Self> {
        let device = device(mode)?;
        let loader = loader().context("can't put the loader into memory")?;
        let shared = shared(mode).context("can't make the memory that counts calls")?;
        let request = request(path)?;
        let opened = [
            (Descriptor::Loader, loader.as_fd()),
            (Descriptor::Device, device.as_fd()),
            (Descriptor::Shared, shared.as_fd()),
            (Descriptor::Request, request.as_fd()),
            (Descriptor::File, file.as_fd()),
            (Descriptor::Program, file.as_fd()),
        ];
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let highest = u32::try_from(limit.saturating_sub(1).min(HIGHEST))?;
        for top in (DESCRIPTORS..=highest).rev() {
            let copies = opened
                .iter()
                .map(|(descriptor, fd)| copy(fd.as_fd(), descriptor.number(top)));
            let copies: Result<Option<Vec<OwnedFd>>> = copies.collect();
            if let Some(inherited) = copies? {
                for fd in &inherited {
                    fcntl_setfd(fd, FdFlags::empty())?;
                }
                return Ok(Self {
                    top,
                    shared,
                    inherited,
                });
            }
        }
        bail!(
            "there are no {DESCRIPTORS} descriptors in a row that are free: raise the limit of \
             open files (ulimit -n), which is {limit}"
        )
    }

    /// The path that the loader is executed by, and knows its descriptors from.
    pub(super) fn loader_path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.top))
    }

    /// Closes what the program has inherited, and leaves where calls are counted.
    pub(super) fn into_shared(self) -> File {
        drop(self.inherited);
        self.shared
    }
}

/// A copy with a number; none if it is taken.
fn copy(fd: impl AsFd, number: u32) -> Result<Option<OwnedFd>> {
    let number = RawFd::try_from(number)?;
    let copy = fcntl_dupfd_cloexec(fd, number).context("can't copy a descriptor")?;
    Ok((copy.as_raw_fd() == number).then_some(copy))
}

/// The device; where none is needed, a file in its place.
fn device(mode: Mode) -> Result<OwnedFd> {
    if mode == Mode::Direct {
        return Ok(File::open("/dev/null")
            .context("can't open /dev/null")?
            .into());
    }
    let backend = Backend::kernel().context(
        "there is no module to send calls through: load it (`modprobe sysbatch`, see sysbatch(4)), \
         or take --direct, which makes every trapped call directly",
    )?;
    let device = backend
        .device()
        .context("the kernel backend has a device")?;
    Ok(device.try_clone_to_owned()?)
}

fn loader() -> Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("sysbatch-wrap", flags)?);
    file.write_all(IMAGE)?;
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    Ok(file.into())
}

fn shared(mode: Mode) -> Result<File> {
    let file = File::from(memfd_create("sysbatch-wrap-counts", MemfdFlags::CLOEXEC)?);
    file.set_len(SHARED_SIZE)?;
    file.write_all_at(&mode.bytes(), 0)?;
    Ok(file)
}

/// A pipe that says what is to be executed.
fn request(path: &Path) -> Result<OwnedFd> {
    let request = Request {
        is_first: true,
        ignores_sigsys: false,
        path: path.as_os_str().as_bytes(),
    };
    let mut bytes = [0; REQUEST_SIZE];
    let size = request.write(&mut bytes).context("the path is too long")?;
    let (reader, mut writer) = pipe().context("can't make a pipe")?;
    writer.write_all(bytes.get(..size).unwrap_or_default())?;
    Ok(reader.into())
}
