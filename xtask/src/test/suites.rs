//! The table of what runs in the guest.

use anyhow::{Result, ensure};
use sysbatch_guest::Suite;

use super::functions;
use super::soak::Soak;
use crate::guest::Target;
use crate::kernel::{Kernel, Series};
use crate::vm::{Disk, MountPoint, Vendor};
use crate::{disk, programs};

/// A suite that runs on every kernel, each time in a machine of its own, so
/// that one which hangs or panics takes no other with it.
pub(super) struct GuestSuite {
    /// What reports call it.
    pub(super) name: &'static str,
    /// What to run.
    pub(super) command: &'static [&'static str],
    /// Programs of the workspace that are put into `/bin`, with their packages.
    pub(super) programs: &'static [Target],
    /// Whether to put the C library's tests into `/capi`.
    pub(super) library: bool,
    /// Integration tests of the workspace that are put into `/tests`, with their
    /// packages.
    pub(super) tests: &'static [Target],
    /// Examples of the workspace that are put into `/examples`, with their packages.
    pub(super) examples: &'static [Target],
    /// Whether to put the `du` of the host's coreutils at [`COREUTILS_DU`].
    pub(super) coreutils: bool,
    /// Whether to put the host's `strace` at [`STRACE`].
    pub(super) strace: bool,
    /// Modules of the kernel's own to load first.
    pub(super) modules: &'static [&'static str],
    /// What is on a disk at [`DISK_DIRECTORY`].
    pub(super) disk: Option<DiskContents>,
    /// Memory in MiB.
    pub(super) memory: u32,
    /// Processors.
    pub(super) processors: u32,
    /// Whether it makes the kernel rewrite its own code, as for a tracepoint.
    pub(super) rewrites_kernel: bool,
    /// Who made the processor, if it has to be emulated for that.
    pub(super) vendor: Option<Vendor>,
    /// Whether to put the 32-bit program into `/bin`.
    pub(super) ways: bool,
    /// Guest seconds until it is killed, on a machine that is not slow.
    pub(super) limit_seconds: u64,
    /// What is added to the command line of a kernel of a series.
    pub(super) command_line: fn(Series) -> &'static [&'static str],
    /// Whether addresses have 57 bits.
    pub(super) five_levels: bool,
    /// Parts of lines that the kernel may log meanwhile though they are complaints.
    pub(super) expected: &'static [&'static str],
    /// Whether it has batches run without an end, for longer if there is time.
    pub(super) is_endless: bool,
    /// What its command is told if there is time to do more.
    pub(super) long: &'static [&'static str],
    /// Whether it goes on for as long as it is told to, beside its limit.
    pub(super) is_soak: bool,
    /// How it goes in a kernel that looks for mistakes.
    pub(super) debugged: Debugged,
}

/// How a suite goes in a kernel that looks for mistakes, which is slow.
#[derive(Clone, Copy)]
pub(super) enum Debugged {
    /// As in any other.
    Whole,
    /// With these arguments, so that it does less; and what that is.
    Less(&'static [&'static str], &'static str),
}

/// Where a suite finds its disk.
const DISK_DIRECTORY: &str = "/disk";

/// Where a suite finds the `du` to compare with.
pub(super) const COREUTILS_DU: &str = "/coreutils/du";

/// Where a suite finds `strace`.
pub(super) const STRACE: &str = "/strace/strace";

/// What many functions take longer, in seconds.
const FUNCTIONS_LIMIT: u64 = 1200;

/// What is on a disk.
#[derive(Clone, Copy)]
pub(super) enum DiskContents {
    /// The kernel's common headers: some ten thousand files. For reading only.
    Headers,
    /// 64 files in directories of their own. For reading only.
    Apart,
    /// A small Debian. For reading only.
    Programs,
    /// Programs of functions made at random. For reading only.
    Functions,
    /// Nothing: room to work on a file system that is not in memory.
    Empty,
}

/// The suite of everything at once.
pub(super) const SOAK: &str = "soak";

/// What most suites have in common.
const SUITE: GuestSuite = GuestSuite {
    name: "",
    command: &[],
    programs: &[],
    tests: &[],
    examples: &[],
    library: false,
    coreutils: false,
    strace: false,
    modules: &[],
    disk: None,
    memory: 512,
    processors: 2,
    rewrites_kernel: false,
    vendor: None,
    ways: false,
    limit_seconds: 300,
    command_line: |_| &[],
    five_levels: false,
    expected: &[],
    is_endless: false,
    long: &[],
    is_soak: false,
    debugged: Debugged::Whole,
};

/// The suites of `tests/guest/suites`, with the module. Those that are not said
/// to need more take only the suite's name.
const fn of_suites(name: &'static str, command: &'static [&'static str]) -> GuestSuite {
    GuestSuite {
        name,
        command,
        programs: &[("sysbatch-suites", "sysbatch-suites")],
        limit_seconds: 600,
        ..SUITE
    }
}

/// The suite of the ways into the kernel, on a processor of which 32-bit programs use
/// one of them.
const fn ways(name: &'static str, vendor: Vendor, command: &'static [&'static str]) -> GuestSuite {
    GuestSuite {
        ways: true,
        vendor: Some(vendor),
        ..of_suites(name, command)
    }
}

/// The command of one of them.
macro_rules! suites {
    ($($argument:literal),*) => {
        &["sysbatch-suites", "--backend", "kernel", $($argument),*]
    };
}

/// What runs beside a batch, which emulated processors do by turns: one of them goes
/// and comes.
const SCHEDULING: GuestSuite = GuestSuite {
    rewrites_kernel: true,
    expected: &[
        // Of a task whose processor has gone.
        "no longer affine to cpu",
        // Of one that has used up what tasks before all others get.
        "RT throttling activated",
    ],
    is_endless: true,
    ..of_suites("scheduling", suites!("scheduling"))
};

/// Has software clear the branch history, which with retpolines alone a kernel has no
/// need of.
fn branch_history(series: Series) -> &'static [&'static str] {
    if series <= Series::V6_12 {
        &["spectre_v2=retpoline,lfence", "spectre_bhi=on"]
    } else {
        // With these 7.3 warns as it boots: they do not fit where its Rust code jumps
        // (apply_retpolines()). The number is that of X86_FEATURE_CLEAR_BHB_LOOP, which
        // has no name to be given here.
        &["setcpuid=673"]
    }
}

/// Another way of preempting the kernel than its own.
fn preemption(series: Series) -> &'static [&'static str] {
    if series <= Series::V6_12 {
        &["preempt=none"]
    } else {
        // Not to preempt it is not to be had any more.
        &["preempt=full"]
    }
}

/// All suites.
pub(super) const SUITES: &[GuestSuite] = &[
    GuestSuite {
        name: "device",
        command: &["sh", "-c", include_str!("device.sh")],
        ..SUITE
    },
    GuestSuite {
        name: "du",
        command: &["sh", "-c", include_str!("du.sh")],
        programs: &[("sysbatch-cli", "sysbatch")],
        coreutils: true,
        disk: Some(DiskContents::Headers),
        memory: 1024,
        ..SUITE
    },
    GuestSuite {
        name: "library",
        command: &["sh", "-c", include_str!("library.sh")],
        library: true,
        ..SUITE
    },
    GuestSuite {
        name: "crate",
        command: &["sh", "-c", include_str!("crate.sh")],
        tests: &[
            ("sysbatch", "backend"),
            ("sysbatch", "causes"),
            ("sysbatch", "chains"),
            ("sysbatch", "combine"),
            ("sysbatch", "combine_example"),
            ("sysbatch", "control"),
            ("sysbatch", "descriptors"),
            ("sysbatch", "fs"),
            ("sysbatch", "io"),
            ("sysbatch", "loops"),
            ("sysbatch", "messages"),
            ("sysbatch", "net"),
            ("sysbatch", "process"),
            ("sysbatch", "ring"),
            ("sysbatch", "ring_once"),
            ("sysbatch", "select"),
            ("sysbatch", "transfer"),
            ("sysbatch", "wait"),
            ("sysbatch", "xattr"),
        ],
        examples: &[("sysbatch", "combine")],
        disk: Some(DiskContents::Empty),
        memory: 1024,
        limit_seconds: 300,
        ..SUITE
    },
    GuestSuite {
        name: "walk",
        command: &["sh", "-c", include_str!("walk.sh")],
        tests: &[("sysbatch-walk", "memory"), ("sysbatch-walk", "trees")],
        disk: Some(DiskContents::Empty),
        memory: 1024,
        limit_seconds: 300,
        ..SUITE
    },
    GuestSuite {
        name: "wrap",
        command: &["/tests/wrap"],
        programs: &[("sysbatch-cli", "sysbatch")],
        tests: &[("sysbatch-cli", "wrap")],
        ..SUITE
    },
    GuestSuite {
        rewrites_kernel: true,
        ..of_suites(
            "audit",
            suites!(
                "--audited",
                "audit",
                "signals",
                "files",
                "punt",
                "state",
                "watched"
            ),
        )
    },
    of_suites("badinput", suites!("badinput")),
    GuestSuite {
        disk: Some(DiskContents::Headers),
        memory: 1024,
        ..of_suites("blocking", suites!("--tree", "/disk", "blocking"))
    },
    GuestSuite {
        // Intel's, which are the ones concerned.
        vendor: Some(Vendor::Intel),
        command_line: branch_history,
        ..of_suites(
            "branch_history",
            &["sh", "-c", include_str!("branch_history.sh")],
        )
    },
    of_suites("bypass", suites!("bypass")),
    of_suites("corpus", suites!("corpus")),
    of_suites("files", suites!("files")),
    GuestSuite {
        modules: &["overlay"],
        disk: Some(DiskContents::Empty),
        ..of_suites("first_try", suites!("--tree", "/disk", "first-try"))
    },
    GuestSuite {
        strace: true,
        disk: Some(DiskContents::Functions),
        ..of_suites("functions", suites!("--tree", "/disk", "functions"))
    },
    GuestSuite {
        five_levels: true,
        ..of_suites("high", suites!("badinput", "corpus", "high"))
    },
    of_suites("off", suites!("off", "descriptor")),
    GuestSuite {
        modules: &["dm_delay"],
        disk: Some(DiskContents::Apart),
        // What overlaps on one processor is waiting alone.
        processors: 1,
        ..of_suites("overlap", suites!("--tree", "/disk", "overlap"))
    },
    GuestSuite {
        programs: &[
            ("sysbatch-suites", "sysbatch-suites"),
            ("sysbatch-cli", "sysbatch"),
        ],
        disk: Some(DiskContents::Programs),
        memory: 1024,
        limit_seconds: 900,
        ..of_suites("programs", suites!("--tree", "/disk", "programs"))
    },
    GuestSuite {
        limit_seconds: 900,
        long: &["--count", "5000"],
        debugged: Debugged::Less(&["--count", "250"], "250 random programs instead of 2,000"),
        ..of_suites("property", suites!("property"))
    },
    of_suites("punt", suites!("punt", "lists")),
    // The same calls each time: others may have the kernel log what is no fault of
    // the module's.
    of_suites("random", suites!("--seed", "20261122", "random")),
    GuestSuite {
        is_soak: true,
        limit_seconds: 400,
        debugged: Debugged::Less(
            &["--quarantine"],
            "memory that grows is no failure, for KASAN keeps for a while what was freed; \
             kmemleak looks for what is lost",
        ),
        ..of_suites(SOAK, suites!("--module", "/modules/sysbatch.ko", "soak"))
    },
    SCHEDULING,
    GuestSuite {
        name: "preemption",
        command: &["sh", "-c", include_str!("preemption.sh"), "preemption"],
        command_line: preemption,
        ..SCHEDULING
    },
    GuestSuite {
        // perf_event_open(2) switches a branch of the scheduler.
        rewrites_kernel: true,
        ..of_suites("signals", suites!("signals"))
    },
    of_suites("state", suites!("state")),
    GuestSuite {
        rewrites_kernel: true,
        ..of_suites("watched", suites!("watched"))
    },
    ways("ways-amd", Vendor::Amd, suites!("--way", "syscall", "ways")),
    ways(
        "ways-intel",
        Vendor::Intel,
        suites!("--way", "sysenter", "ways"),
    ),
    of_suites(
        "unprivileged",
        suites!("--unprivileged", "badinput", "bypass", "punt", "watched"),
    ),
    GuestSuite {
        long: &["--loads", "100"],
        ..of_suites(
            "unload",
            suites!("--module", "/modules/sysbatch.ko", "unload"),
        )
    },
];

/// Fails on a name that is no suite's.
///
/// # Errors
/// When there is one; the error lists the suites.
pub(super) fn check_names(names: &[String]) -> Result<()> {
    for name in names {
        let known = SUITES.iter().any(|suite| suite.name == name);
        let all: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        ensure!(
            known,
            "there is no guest suite `{name}`; the suites are: {}",
            all.join(", ")
        );
    }
    Ok(())
}

/// What each of the suites named, or of all, does less in a kernel that looks for
/// mistakes, in words.
pub(super) fn less(names: &[String]) -> Vec<String> {
    let wanted = SUITES.iter().filter(|suite| suite.is_wanted(names));
    let told = wanted.filter_map(|suite| match suite.debugged {
        Debugged::Whole => None,
        Debugged::Less(_, what) => Some(format!("{} there: {what}", suite.name)),
    });
    told.collect()
}

impl GuestSuite {
    /// Whether it is among the suites of these names, or they are none.
    pub(super) fn is_wanted(&self, names: &[String]) -> bool {
        names.is_empty() || names.iter().any(|name| name == self.name)
    }

    /// What is run in the guest.
    ///
    /// # Errors
    /// When the environment's seed is none.
    pub(super) fn in_guest(&self, soak: &Soak, kernel: &Kernel) -> Result<Suite> {
        let mut suite = Suite {
            name: self.name.to_owned(),
            command: self.command.iter().map(|&word| word.to_owned()).collect(),
            limit_seconds: self.limit_seconds,
            ..Suite::default()
        };
        suite.expected = self.expected.iter().map(|&part| part.to_owned()).collect();
        if let Some(seconds) = soak.endless.filter(|_| self.is_endless) {
            let option = ["--endless-seconds".to_owned(), seconds.to_string()];
            suite.command.extend(option);
            suite.limit_seconds += 4 * seconds;
        }
        if self.is_soak {
            suite.command.extend(soak.arguments());
            suite.limit_seconds += soak.seconds;
        }
        if self.has_functions() {
            let choice = functions::Choice::new(soak.is_long())?;
            suite.command.extend(choice.arguments());
            if soak.is_long() {
                suite.limit_seconds += FUNCTIONS_LIMIT;
            }
        }
        if soak.is_long() && !kernel.looks_for_mistakes {
            let more = self.long.iter().map(|&word| word.to_owned());
            suite.command.extend(more);
        }
        if kernel.looks_for_mistakes
            && let Debugged::Less(arguments, _) = self.debugged
        {
            let arguments = arguments.iter().map(|&word| word.to_owned());
            suite.command.extend(arguments);
        }
        Ok(suite)
    }

    const fn has_functions(&self) -> bool {
        matches!(self.disk, Some(DiskContents::Functions))
    }

    /// The disks it needs, made for `kernel`.
    ///
    /// # Errors
    /// When an image can't be made.
    pub(super) fn disks(&self, soak: &Soak, kernel: &Kernel) -> Result<Vec<Disk>> {
        let image = match self.disk {
            None => return Ok(Vec::new()),
            Some(DiskContents::Headers) => disk::headers(kernel)?,
            Some(DiskContents::Empty) => disk::empty(self.name, kernel)?,
            Some(DiskContents::Apart) => disk::apart()?,
            Some(DiskContents::Functions) => {
                functions::disk(functions::Choice::new(soak.is_long())?)?
            }
            Some(DiskContents::Programs) => programs::disk()?,
        };
        Ok(vec![Disk {
            image,
            mount: Some(MountPoint {
                directory: DISK_DIRECTORY.to_owned(),
                filesystem: "ext4".to_owned(),
            }),
            read_only: !matches!(self.disk, Some(DiskContents::Empty)),
        }])
    }
}
