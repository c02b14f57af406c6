//! The guest's root file system: a cpio archive, made without any right of
//! root.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use cpio::newc::{Builder, trailer};

use crate::process;

const DIRECTORY: u32 = 0o040_755;
const LINK: u32 = 0o120_777;
const REGULAR: u32 = 0o100_000;

/// Directories that the guest's first program mounts on.
const MOUNT_POINTS: &[&str] = &["dev", "proc", "sys", "tmp", "run"];

/// Something to put into the guest.
#[derive(Clone, Debug)]
pub(crate) struct GuestFile {
    path: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Bytes(Vec<u8>),
    Host(PathBuf),
    Tree(PathBuf),
    Link(String),
}

impl GuestFile {
    /// A file made of `bytes`.
    pub(crate) fn bytes(path: &str, bytes: Vec<u8>) -> Self {
        Self {
            path: path.to_owned(),
            source: Source::Bytes(bytes),
        }
    }

    /// A copy of a file of the host, with its permissions.
    pub(crate) fn host(path: &str, host: impl Into<PathBuf>) -> Self {
        Self {
            path: path.to_owned(),
            source: Source::Host(host.into()),
        }
    }

    /// A copy of a directory of the host with all in it; symbolic links are
    /// copied as such, and what is neither file, directory nor link left out.
    pub(crate) fn tree(path: &str, host: impl Into<PathBuf>) -> Self {
        Self {
            path: path.to_owned(),
            source: Source::Tree(host.into()),
        }
    }

    /// A symbolic link to `target`.
    pub(crate) fn link(path: &str, target: &str) -> Self {
        Self {
            path: path.to_owned(),
            source: Source::Link(target.to_owned()),
        }
    }

    /// A program of the host at `path` in the guest, and the libraries that it is
    /// linked with where it looks for them.
    ///
    /// # Errors
    /// When the libraries can't be found out.
    pub(crate) fn with_libraries(program: &Path, path: &str) -> Result<Vec<Self>> {
        // `libc.so.6 => /lib/…/libc.so.6 (0x…)` or `/lib64/ld-linux-x86-64.so.2 (0x…)`
        let text = process::output_of(Command::new("ldd").arg(program))?;
        let libraries = text.split_whitespace().filter(|word| word.starts_with('/'));
        let libraries = libraries.map(|library| Self::host(library, library));
        Ok(std::iter::once(Self::host(path, program))
            .chain(libraries)
            .collect())
    }
}

/// Writes the archive.
///
/// # Errors
/// When a file can't be read or the archive not be written.
pub(crate) fn write(archive: &Path, files: &[GuestFile]) -> Result<()> {
    let failed = || format!("can't write {}", archive.display());
    let mut writer = Archive {
        output: BufWriter::new(File::create(archive).with_context(failed)?),
        directories: BTreeSet::new(),
        inode: 0,
    };
    for name in MOUNT_POINTS {
        writer.directory(name)?;
    }
    for file in files {
        let path = file.path.trim_start_matches('/');
        match &file.source {
            Source::Bytes(bytes) => writer.file(path, REGULAR | 0o755, bytes)?,
            Source::Host(host) => writer.copy(path, host)?,
            Source::Tree(host) => writer.tree(path, host)?,
            Source::Link(target) => writer.file(path, LINK, target.as_bytes())?,
        }
    }
    trailer(writer.output)
        .with_context(failed)?
        .flush()
        .with_context(failed)
}

struct Archive {
    output: BufWriter<File>,
    directories: BTreeSet<String>,
    inode: u32,
}

impl Archive {
    fn entry(&mut self, path: &str, mode: u32, contents: &[u8]) -> Result<()> {
        self.inode += 1;
        let links = if mode & 0o170_000 == 0o040_000 { 2 } else { 1 };
        let size = u32::try_from(contents.len())
            .with_context(|| format!("{path} is larger than 4 GiB"))?;
        let mut entry = Builder::new(path)
            .ino(self.inode)
            .nlink(links)
            .mode(mode)
            .write(&mut self.output, size);
        entry.write_all(contents)?;
        entry.finish()?;
        Ok(())
    }

    /// A directory with those above it, once.
    fn directory(&mut self, path: &str) -> Result<()> {
        if path.is_empty() || !self.directories.insert(path.to_owned()) {
            return Ok(());
        }
        self.parents(path)?;
        self.entry(path, DIRECTORY, &[])
    }

    fn parents(&mut self, path: &str) -> Result<()> {
        path.rsplit_once('/')
            .map_or(Ok(()), |(parent, _)| self.directory(parent))
    }

    fn file(&mut self, path: &str, mode: u32, contents: &[u8]) -> Result<()> {
        self.parents(path)?;
        self.entry(path, mode, contents)
    }

    fn copy(&mut self, path: &str, host: &Path) -> Result<()> {
        let read = || format!("can't read {}", host.display());
        let contents = std::fs::read(host).with_context(read)?;
        let permissions = std::fs::metadata(host)
            .with_context(read)?
            .permissions()
            .mode()
            & 0o777;
        self.file(path, REGULAR | permissions, &contents)
    }

    fn tree(&mut self, path: &str, host: &Path) -> Result<()> {
        self.directory(path)?;
        for entry in
            std::fs::read_dir(host).with_context(|| format!("can't read {}", host.display()))?
        {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                bail!(
                    "the name of {} is not UTF-8, which the archive can't hold",
                    entry.path().display()
                );
            };
            let inside = format!("{path}/{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.tree(&inside, &entry.path())?;
            } else if kind.is_symlink() {
                let target = std::fs::read_link(entry.path())?;
                self.file(&inside, LINK, target.as_os_str().as_bytes())?;
            } else if kind.is_file() {
                self.copy(&inside, &entry.path())?;
            }
        }
        Ok(())
    }
}
