//! What is followed: a unit of a few entries, many times over.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// What stands for the number of the unit in its text.
const NUMBER: &str = "@";
/// What stands for a file that is there.
const FILE: &str = "FILE";

/// A batch that consists of equal units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Workload {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What a unit is, in words.
    pub(crate) meaning: &'static str,
    /// The lines before the units.
    head: &'static str,
    /// The lines of a unit.
    unit: &'static str,
    /// How many there are: enough to find the steady part.
    pub(crate) units: usize,
    /// The memory layout, if not the native one.
    format: Option<&'static str>,
}

/// What is run: a batch as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) text: String,
    /// The memory layout, if not the native one, as the program that runs it
    /// calls it.
    pub(crate) format: Option<&'static str>,
}

impl Batch {
    /// The arguments of the program that say the layout.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &'static str> {
        self.format
            .into_iter()
            .flat_map(|format| ["--format", format])
    }
}

const fn cheap(name: &'static str, meaning: &'static str, unit: &'static str) -> Workload {
    Workload {
        name,
        meaning,
        head: "",
        unit,
        units: 12,
        format: None,
    }
}

/// A number that is no system call, in another layout.
const fn unimplemented(format: &'static str, meaning: &'static str) -> Workload {
    Workload {
        format: Some(format),
        ..cheap(format, meaning, "syscall_500()")
    }
}

/// All of them. Where `sysbatch bench` measures the same, it has the same name.
pub(crate) const WORKLOADS: &[Workload] = &[
    cheap(
        "unimplemented",
        "a number that is no system call",
        "syscall_500()",
    ),
    cheap("getppid", "one getppid", "getppid()"),
    cheap("getuid", "one getuid", "getuid()"),
    Workload {
        head: "buffer status 256",
        ..cheap(
            "fstat",
            "one fstat of a standard stream",
            "fstat(0, status)",
        )
    },
    Workload {
        head: "buffer status 256",
        units: 10,
        ..cheap(
            "statx",
            "one statx of a file, by path",
            "statx(AT_FDCWD, \"FILE\", 0, STATX_BASIC_STATS, status)",
        )
    },
    Workload {
        head: "buffer block 4096",
        units: 8,
        ..cheap(
            "open-read-close",
            "openat, read and close of a file",
            "file@ = openat(AT_FDCWD, \"FILE\", O_RDONLY|O_CLOEXEC)\n\
             read(file@, block, 4096)\n\
             close(file@)",
        )
    },
    cheap("built-in", "one ADD of two constants", "ADD(1, 2)"),
    cheap(
        "built-in-slots",
        "one ADD of two result slots",
        "ADD(%0, %1)",
    ),
    cheap(
        "built-in-memory",
        "one LOAD8 of a word in memory",
        "LOAD8(&%0, 0)",
    ),
    cheap(
        "jump",
        "one getppid, and a branch over the entry after it",
        "getppid() goto +1\nSET(0)",
    ),
    unimplemented("supersyscall", "no system call, in format supersyscall"),
    unimplemented("batch", "no system call, in format batch"),
    unimplemented("pointers", "no system call, in format pointers"),
    unimplemented("syslet", "no system call, in format syslets"),
];

impl Workload {
    /// The one of a name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let found = WORKLOADS.iter().find(|workload| workload.name == name);
        found.copied().with_context(|| {
            let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
            format!(
                "there is no workload `{name}`; they are: {}",
                names.join(", ")
            )
        })
    }

    /// The batch; its calls by path are made on `file`.
    pub(crate) fn batch(&self, file: &str) -> Batch {
        let mut text = format!("{}\n", self.head);
        for number in 0..self.units {
            let unit = self
                .unit
                .replace(NUMBER, &number.to_string())
                .replace(FILE, file);
            // Writing to a string does not fail.
            let _ = writeln!(text, "{unit}");
        }
        Batch {
            text,
            format: self.format,
        }
    }
}
