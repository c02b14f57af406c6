//! What comes out of the machine: the kernel's console and the report line,
//! each in a file that QEMU writes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sysbatch_guest::{Reader, Report};

use crate::progress::print;

/// The two lines of a machine.
#[derive(Debug)]
pub(crate) struct Console {
    /// The kernel's messages.
    pub(crate) kernel: PathBuf,
    /// Events and the programs' output.
    pub(crate) report: PathBuf,
    /// What QEMU itself says.
    pub(crate) emulator: PathBuf,
    file: File,
    reader: Reader,
    echo: bool,
}

impl Console {
    /// Makes the files in `folder`.
    ///
    /// # Errors
    /// When they can't be made.
    pub(crate) fn new(folder: &Path, nonce: &str, echo: bool) -> Result<Self> {
        let [report, kernel, emulator] =
            ["report", "kernel", "qemu"].map(|name| folder.join(format!("{name}.log")));
        // QEMU may fail before it does.
        for path in [&report, &kernel, &emulator] {
            File::create(path).with_context(|| format!("can't create {}", path.display()))?;
        }
        let file =
            File::open(&report).with_context(|| format!("can't read {}", report.display()))?;
        Ok(Self {
            kernel,
            emulator,
            report,
            file,
            reader: Reader::new(nonce),
            echo,
        })
    }

    /// What was reported since the last call.
    ///
    /// # Errors
    /// When the line can't be read or is damaged.
    pub(crate) fn reports(&mut self) -> Result<Vec<Report>> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        let reports = self.reader.read(&bytes).with_context(|| {
            format!("the guest's report in {} is damaged", self.report.display())
        })?;
        if self.echo {
            for report in &reports {
                if let Report::Output(line) = report {
                    print(line);
                }
            }
        }
        Ok(reports)
    }
}
