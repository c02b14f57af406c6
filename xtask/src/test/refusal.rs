//! Whether the module refuses to load where it would not work, or refuses the tasks for
//! which it would not: built to look for other functions of the kernel than those it
//! needs, or to take the kernel for another one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use sysbatch_guest::{Outcome, Suite};

use super::repeat::{self, Attempt};
use super::spoilt;
use super::tally::Tally;
use crate::architecture::Architecture;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::vm::{self, Accel, GuestFile, SuiteResult, VmSpec};
use crate::{guest, parallel};

/// A module that looks for something else.
struct Spoilt {
    name: &'static str,
    /// The file that is spoilt.
    file: &'static str,
    /// What it has, and what it has instead: the name of a function, for one.
    instead: (&'static str, &'static str),
    /// What it must say in the log, in any of these words.
    says: &'static [&'static str],
    /// Fails if it does not do what it must.
    script: &'static str,
}

const SPOILT: &[Spoilt] = &[
    Spoilt {
        name: "unreviewed-kernel",
        file: "series.c",
        instead: ("init_utsname()->release", "\"6.11.2-of-somebody\""),
        says: &[
            "sysbatch: not reviewed for Linux 6.11.2-of-somebody, only for these series: 6.1, 6.12",
            "; not loaded. See whether there is a newer version; unreviewed=1 has this one loaded",
            "; loaded all the same because of the parameter unreviewed",
        ],
        script: LOADS_IF_TOLD_SO,
    },
    Spoilt {
        name: "no-such-function",
        file: "dispatch.c",
        instead: (
            r#"_function("x64_sys_call")"#,
            r#"_function("x64_sys_call_of_another_kernel")"#,
        ),
        says: &["sysbatch: cannot find the kernel function \
                 x64_sys_call_of_another_kernel (error -2): this kernel is not supported"],
        script: DOES_NOT_LOAD,
    },
    Spoilt {
        name: "other-dispatcher",
        file: "dispatch.c",
        // In its table the number of getpid(2) is that of mkdir(2).
        instead: (
            r#"_function("x64_sys_call")"#,
            r#"_function("ia32_sys_call")"#,
        ),
        says: &["sysbatch: self-test: system call 39 returned -14 instead of "],
        script: DOES_NOT_LOAD,
    },
    Spoilt {
        name: "other-task-work",
        file: "dispatch.c",
        instead: (r#"_function("task_work_run")"#, r#"_function("yield")"#),
        says: &["sysbatch: self-test: task work was not done: this kernel is not supported"],
        script: DOES_NOT_LOAD,
    },
    Spoilt {
        name: "no-32-bit-dispatcher",
        file: "compat.c",
        instead: (
            r#"_function("ia32_sys_call")"#,
            r#"_function("ia32_sys_call_of_another_kernel")"#,
        ),
        says: &[REFUSES_32_BITS],
        script: LOADS_FOR_64_BITS,
    },
    Spoilt {
        name: "other-32-bit-dispatcher",
        file: "compat.c",
        // In its table the number of getpid(2) is that of writev(2).
        instead: (
            r#"_function("ia32_sys_call")"#,
            r#"_function("x64_sys_call")"#,
        ),
        says: &[
            "sysbatch: self-test: 32-bit system call 20 returned -9 instead of ",
            REFUSES_32_BITS,
        ],
        script: LOADS_FOR_64_BITS,
    },
];

/// The module does not load, and leaves nothing behind.
const DOES_NOT_LOAD: &str =
    "! insmod /spoilt.ko && ! test -e /dev/sysbatch && ! grep -q ^sysbatch /proc/modules";

/// It loads only by the parameter for that, and can be used then.
const LOADS_IF_TOLD_SO: &str = "\
    ! insmod /spoilt.ko && ! test -e /dev/sysbatch && ! grep -q ^sysbatch /proc/modules && \
    insmod /spoilt.ko unreviewed=1 && test -e /dev/sysbatch && \
    grep -qx Y /sys/module/sysbatch/parameters/unreviewed && head -c 24 /dev/sysbatch | wc -c | grep -qx 24";

/// It loads, and refuses 32-bit programs, of which this is one.
const LOADS_FOR_64_BITS: &str = "insmod /spoilt.ko && /bin/ways int80 device_refuses";
const REFUSES_32_BITS: &str = "sysbatch: 32-bit programs cannot use the device: this kernel \
                               does not make their system calls as is known";

const LIMIT: Duration = Duration::from_secs(300);

pub(super) fn run(series: &[Series]) -> Result<Tally> {
    let mut kernels = Vec::new();
    for &series in series {
        kernels.push(kernel::ensure(series, Flavour::Cloud, Need::Image)?);
    }
    let mut tally = Tally::default();
    let accel = match kernels.last() {
        Some(kernel) => vm::choose(kernel)?,
        None => return Ok(tally),
    };
    guest::init(Architecture::X86_64)?;
    let ways = guest::build_ways()?;
    for result in parallel::map(&kernels, |kernel| refuses(kernel, accel, &ways)) {
        tally.add(result?);
    }
    Ok(tally)
}

/// Each spoilt module on a kernel.
fn refuses(kernel: &Kernel, accel: Accel, ways: &Path) -> Result<Tally> {
    let mut tally = Tally::default();
    for spoilt in SPOILT {
        let module = spoilt.build(kernel)?;
        let title = format!("the module refuses {} ({})", kernel.release, spoilt.name);
        let name = format!("refusal-{}-{}", spoilt.name, kernel.release);
        tally.add(repeat::once(&title, &name, |name| {
            spoilt.load(name, kernel, accel, &module, ways)
        })?);
    }
    Ok(tally)
}

impl Spoilt {
    /// Builds it.
    fn build(&self, kernel: &Kernel) -> Result<PathBuf> {
        // A folder for each kernel: they are built at the same time.
        let folder = format!("spoilt/{}", kernel.release);
        spoilt::build(&folder, kernel, &|name, text| {
            if name == self.file {
                self.spoil(&text)
            } else {
                Ok(text)
            }
        })
    }

    /// Has the file look for the other function.
    fn spoil(&self, text: &str) -> Result<String> {
        let (had, has) = self.instead;
        let spoilt = text.replace(had, has);
        ensure!(spoilt != text, "{} does not have {had}", self.file);
        Ok(spoilt)
    }

    /// Tries to load it.
    fn load(
        &self,
        name: &str,
        kernel: &Kernel,
        accel: Accel,
        module: &Path,
        ways: &Path,
    ) -> Result<Attempt> {
        let spec = VmSpec {
            files: vec![
                GuestFile::host("/spoilt.ko", module),
                GuestFile::host("/bin/ways", ways),
            ],
            suites: vec![Suite {
                name: self.name.to_owned(),
                command: ["sh", "-c", self.script].map(str::to_owned).into(),
                limit_seconds: LIMIT.as_secs(),
                ..Suite::default()
            }],
            ..VmSpec::new(name, kernel, accel, None)
        };
        let verdict = vm::run(&spec)?;
        let told =
            verdict.failure.is_none() && verdict.suites.iter().any(|suite| self.is_told_by(suite));
        Ok(Attempt {
            slow: verdict.is_slowness(),
            scale: verdict.scale,
            tally: if told {
                Tally::passed(1)
            } else {
                Tally::failure(format!("{}: it was judged {verdict:?}", self.name))
            },
        })
    }

    /// Whether the log has no complaint but what the module must say, all of it. It may
    /// say so twice: busybox tries in two ways.
    fn is_told_by(&self, suite: &SuiteResult) -> bool {
        suite.outcome == Some(Outcome::UncleanLog)
            && self
                .says
                .iter()
                .all(|words| suite.kernel_log.iter().any(|line| line.contains(words)))
            && suite
                .kernel_log
                .iter()
                .all(|line| self.says.iter().any(|words| line.contains(words)))
    }
}
