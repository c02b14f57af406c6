//! A syslet for each file, by `async_exec`.
#![expect(unsafe_code, reason = "functions of C that run batches")]

use std::ffi::CString;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use rustix::fs::{CWD, OFlags};
use sysbatch::abi::SYSLET_STOP_ON_NEGATIVE;
use sysbatch_capi::history::{sysbatch_compat_async_exec, sysbatch_compat_async_wait};
use syscalls::Sysno;

use super::{Reads, SIZE, requests};

/// Words of `struct syslet_uatom`.
const ATOM: usize = 11;

/// Three atoms, and all that they point to.
struct Syslet {
    atoms: [[u64; ATOM]; 3],
    /// Descriptor, path, flags and mode of the first; the buffer and its size.
    arguments: [u64; 6],
    results: [i64; 3],
    path: CString,
    number: usize,
    buffer: Box<[u8]>,
}

pub(super) struct Syslets {
    /// Not moved once they are linked.
    syslets: Vec<Syslet>,
    completions: Vec<usize>,
    /// `struct async_head_user`.
    head: Box<[AtomicU64; 8]>,
    elsewhere: usize,
}

impl Syslets {
    /// `flags` are those of the first atom of each.
    pub(super) fn new(paths: &[(usize, PathBuf)], flags: u64) -> anyhow::Result<Self> {
        let syslets = paths.iter().map(|(number, path)| {
            Ok(Syslet {
                atoms: [[0; ATOM]; 3],
                arguments: [0; 6],
                results: [-1; 3],
                path: CString::new(path.as_os_str().as_bytes()).context("the path of a file")?,
                number: *number,
                buffer: vec![0; SIZE].into(),
            })
        });
        let mut syslets: Vec<_> = syslets.collect::<anyhow::Result<_>>()?;
        for syslet in &mut syslets {
            syslet.link(flags);
        }
        let mut completions = vec![0; paths.len() + 1];
        let mut head: Box<[AtomicU64; 8]> = Box::default();
        *head[2].get_mut() = completions.as_mut_ptr().expose_provenance() as u64;
        *head[3].get_mut() = size_of_val(&*completions) as u64;
        Ok(Self {
            syslets,
            completions,
            head,
            elsewhere: 0,
        })
    }
}

impl Syslet {
    fn link(&mut self, flags: u64) {
        self.arguments = [
            i64::from(CWD.as_raw_fd()).cast_unsigned(),
            self.path.as_ptr().expose_provenance() as u64,
            u64::from(OFlags::RDONLY.bits()),
            0,
            self.buffer.as_mut_ptr().expose_provenance() as u64,
            SIZE as u64,
        ];
        let result = self.results.as_mut_ptr().expose_provenance() as u64;
        let argument = self.arguments.as_mut_ptr().expose_provenance() as u64;
        let next = self.atoms.as_mut_ptr().expose_provenance() as u64;
        let [open, read, close] = &mut self.atoms;
        let size = 8 * ATOM as u64;
        *open = [
            flags | SYSLET_STOP_ON_NEGATIVE,
            Sysno::openat as u64,
            result,
            next + size,
            argument,
            argument + 8,
            argument + 16,
            argument + 24,
            0,
            0,
            0,
        ];
        *read = [0; ATOM];
        read[1] = Sysno::read as u64;
        read[2] = result + 8;
        read[3] = next + 2 * size;
        read[4..7].copy_from_slice(&[result, argument + 32, argument + 40]);
        *close = [0; ATOM];
        close[1] = Sysno::close as u64;
        close[2] = result + 16;
        close[4] = result;
    }

    /// Gives the addresses in it their meaning again, after it was looked at; its
    /// first atom.
    fn expose(&mut self) -> *mut [u64; ATOM] {
        self.arguments.as_mut_ptr().expose_provenance();
        self.results.as_mut_ptr().expose_provenance();
        self.buffer.as_mut_ptr().expose_provenance();
        let atoms = self.atoms.as_mut_ptr();
        atoms.expose_provenance();
        atoms
    }
}

impl Reads for Syslets {
    fn read(&mut self) -> anyhow::Result<()> {
        let index = self.head[0].load(Ordering::Relaxed);
        self.head[1].store(index, Ordering::Relaxed);
        let head = self.head.as_mut_ptr();
        self.elsewhere = 0;
        for syslet in &mut self.syslets {
            let atom = syslet.expose();
            // SAFETY: the atoms, what they point to and the head live until all
            // have completed, which is waited for below.
            let last = unsafe { sysbatch_compat_async_exec(atom.cast(), head.cast()) };
            match last.expose_provenance() {
                0 => self.elsewhere += 1,
                usize::MAX => bail!("async_exec: {}", std::io::Error::last_os_error()),
                _ => {}
            }
        }
        if self.elsewhere > 0 {
            // SAFETY: as above.
            let waited =
                unsafe { sysbatch_compat_async_wait(self.elsewhere as u64, index, head.cast()) };
            let error = std::io::Error::last_os_error();
            ensure!(waited == 0, "async_wait: {error}");
        }
        Ok(())
    }

    fn check(&mut self) -> anyhow::Result<Option<usize>> {
        let posted = self.completions.iter().filter(|&&atom| atom != 0).count();
        ensure!(
            posted == self.elsewhere,
            "{posted} syslets completed elsewhere, of {} that went there",
            self.elsewhere
        );
        self.completions.fill(0);
        self.completions.as_mut_ptr().expose_provenance();
        for syslet in &mut self.syslets {
            let [open, read, close] = syslet.results;
            let path = syslet.path.to_string_lossy();
            ensure!(
                open >= 0 && read == SIZE as i64 && close == 0,
                "{path}: open returned {open}, read {read}, close {close}"
            );
            requests::check(syslet.number, &syslet.buffer).with_context(|| path.into_owned())?;
            syslet.results = [-1; 3];
            syslet.buffer[0] = 0;
        }
        Ok(Some(self.elsewhere))
    }
}
