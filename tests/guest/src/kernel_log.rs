//! Watches the kernel log.
//!
//! Format: `Documentation/ABI/testing/dev-kmsg`.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, Result, bail};
use sysbatch_guest::complaint;

/// The log, from where it was last read.
#[derive(Debug)]
pub(crate) struct KernelLog(File);

impl KernelLog {
    /// Opens the log at its oldest line.
    ///
    /// # Errors
    /// When `/dev/kmsg` can't be opened.
    pub(crate) fn open() -> Result<Self> {
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open("/dev/kmsg");
        Ok(Self(file.context("can't open /dev/kmsg")?))
    }

    /// Passes over everything logged so far.
    ///
    /// # Errors
    /// When the log can't be read or lines were lost.
    pub(crate) fn skip(&mut self) -> Result<()> {
        while self.next()?.is_some() {}
        Ok(())
    }

    /// What was logged since the last look and should not have been.
    ///
    /// # Errors
    /// When the log can't be read or lines were lost.
    pub(crate) fn complaints(&mut self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        while let Some(record) = self.next()? {
            if is_complaint(&record)? {
                found.push(record);
            }
        }
        Ok(found)
    }

    /// The next record's first line: `priority,sequence,time,flags;text`.
    fn next(&mut self) -> Result<Option<String>> {
        // CONSOLE_EXT_LOG_MAX of the kernel: no record is longer.
        let mut buffer = [0; 8192];
        match self.0.read(&mut buffer) {
            Ok(length) => {
                let record = String::from_utf8_lossy(&buffer[..length]);
                Ok(Some(record.lines().next().unwrap_or_default().to_owned()))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                bail!("the kernel log was overwritten before it was read: its size must be larger")
            }
            Err(error) => Err(error).context("can't read /dev/kmsg"),
        }
    }
}

fn is_complaint(record: &str) -> Result<bool> {
    let (header, text) = record
        .split_once(';')
        .with_context(|| format!("not a log record: {record}"))?;
    let priority: u32 = header
        .split(',')
        .next()
        .and_then(|priority| priority.parse().ok())
        .with_context(|| format!("not a log record: {record}"))?;
    // The low three bits are the level, the rest the facility.
    Ok(complaint::is_complaint(priority & 7, text))
}
