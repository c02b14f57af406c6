//! The numbers to be reached, in one table: what is measured, what documents list
//! and what figures are judged by all come from it.

use super::asynchronous;
use super::asynchronous::figures::Figure;

/// What a figure may be at most, or has to be at least.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// At most what the calls cost alone, less so many.
    Alone {
        less: f64,
    },
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// *b* of a workload in a format on the module, in the guest.
    Slope(&'static str, &'static str),
    /// How much *b* of `jump` is above that of `getppid`.
    Jump,
    /// *a* of a batch entered by the ioctl itself.
    Fixed,
    /// *b* of a workload in user space, by the time of its calls alone.
    UserRatio(&'static str),
    /// The same of `getppid` through a C interface.
    InterfaceRatio(&'static str),
    /// Kernel entries of a batch of three calls through a C interface.
    Entries(&'static str, bool),
    /// Instructions of a step of the interpreter in user space.
    Step(&'static str),
    /// Those of a step in a long batch by those in a short one.
    StepGrowth(&'static str),
    /// Allocations while a long batch runs.
    Allocations,
    /// What a filter adds to a call in a batch, less what it adds to one alone.
    FilterAdds,
    /// Kernel entries of a batch of 64 calls under a filter.
    FilteredCrossings,
    /// Time of such a batch that is handed back, by that of its calls alone.
    HandedBack,
    /// Millions of guest instructions of a walk.
    Tree(&'static str),
    /// Millions of instructions of a walk in user mode.
    WalkUserPart,
    /// Processor time of a walk by that of GNU `du`.
    WalkProcessor,
    /// Time of another program's walk by ours; on so many idle processors.
    WalkAgainst(&'static str, f64),
    /// Memory of a walk in one thread or four, whichever is more, in MiB.
    WalkMemory,
    /// Memory of a walk over ten times as many files in as many directories, by
    /// that over as few.
    WalkMemoryGrowth,
    /// Time of the demonstration's walk by that of coreutils.
    Demo(&'static str),
    /// Of asynchronous batches, in the guest.
    Asynchronous(Figure),
    /// 1,000 cached files in a way, by plain calls: on this machine's disk, or on
    /// its tmpfs.
    AsynchronousOnHost(&'static str, bool),
}

/// A number to be reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    pub(super) limit: Limit,
    pub(super) source: Source,
}

pub(super) const INSTRUCTIONS: &str = "instructions";
pub(super) const RATIO: &str = "ratio";
pub(super) const MILLIONS: &str = "million instructions";
pub(super) const ENTRIES: &str = "kernel entries";
pub(super) const BYTES: &str = "bytes";

/// How much dearer the older kernel may be.
pub(super) const OLDER_KERNEL: f64 = 1.15;

pub(super) const fn target(
    id: &'static str,
    what: &'static str,
    unit: &'static str,
    limit: Limit,
    source: Source,
) -> Target {
    Target {
        id,
        what,
        unit,
        limit,
        source,
    }
}

/// All of them. Those of a guest are there once for each kernel.
pub(super) fn all() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().chain(asynchronous::targets::TARGETS)
}

/// What is not asynchronous.
const TARGETS: &[Target] = {
    use Limit::{Alone, AtLeast, AtMost};
    use Source::*;
    &[
        target(
            "b.unimplemented",
            "a number that is no call",
            INSTRUCTIONS,
            AtMost(60.0),
            Slope("unimplemented", "native"),
        ),
        target(
            "b.getuid",
            "`getuid`",
            INSTRUCTIONS,
            AtMost(160.0),
            Slope("getuid", "native"),
        ),
        target(
            "b.getppid",
            "`getppid`",
            INSTRUCTIONS,
            AtMost(200.0),
            Slope("getppid", "native"),
        ),
        target(
            "b.statx",
            "`statx`",
            INSTRUCTIONS,
            Alone { less: 120.0 },
            Slope("statx", "native"),
        ),
        target(
            "b.open-read-close",
            "`openat`, `read` and `close`",
            INSTRUCTIONS,
            Alone { less: 0.0 },
            Slope("open-read-close", "native"),
        ),
        target(
            "b.built-in",
            "a built-in",
            INSTRUCTIONS,
            AtMost(110.0),
            Slope("built-in", "native"),
        ),
        target(
            "b.built-in-slots",
            "a built-in with operands from result slots",
            INSTRUCTIONS,
            AtMost(150.0),
            Slope("built-in-slots", "native"),
        ),
        target(
            "b.jump",
            "what a jump adds",
            INSTRUCTIONS,
            AtMost(40.0),
            Jump,
        ),
        target(
            "a",
            "the fixed cost of a batch",
            INSTRUCTIONS,
            AtMost(850.0),
            Fixed,
        ),
        target(
            "b.unimplemented.supersyscall",
            "a number that is no call, in format supersyscall",
            INSTRUCTIONS,
            AtMost(105.0),
            Slope("unimplemented", "supersyscall"),
        ),
        target(
            "b.unimplemented.batch",
            "a number that is no call, in format batch",
            INSTRUCTIONS,
            AtMost(105.0),
            Slope("unimplemented", "batch"),
        ),
        target(
            "b.unimplemented.pointers",
            "a number that is no call, in format pointers",
            INSTRUCTIONS,
            AtMost(105.0),
            Slope("unimplemented", "pointers"),
        ),
        target(
            "b.unimplemented.syslet",
            "a number that is no call, in format syslets",
            INSTRUCTIONS,
            AtMost(105.0),
            Slope("unimplemented", "syslet"),
        ),
        target(
            "entries.batch.module",
            "`batch()` of three calls, in the kernel",
            ENTRIES,
            AtMost(1.0),
            Entries("batch", true),
        ),
        target(
            "entries.syslet.module",
            "a `SYNC` syslet of three calls, in the kernel",
            ENTRIES,
            AtMost(1.0),
            Entries("syslet", true),
        ),
        target(
            "entries.batch.user",
            "`batch()` of three calls, in user space",
            ENTRIES,
            AtMost(3.0),
            Entries("batch", false),
        ),
        target(
            "entries.syslet.user",
            "a `SYNC` syslet of three calls, in user space",
            ENTRIES,
            AtMost(3.0),
            Entries("syslet", false),
        ),
        target(
            "seccomp.added",
            "what an allow-all filter of 100 rules adds to `getppid` in a batch, less what it adds to the call alone",
            INSTRUCTIONS,
            AtMost(30.0),
            FilterAdds,
        ),
        target(
            "seccomp.crossings",
            "64 `statx` under such a filter",
            ENTRIES,
            AtMost(1.0),
            FilteredCrossings,
        ),
        target(
            "watched.ratio",
            "64 `statx` of which each is handed back, by the calls alone",
            RATIO,
            AtMost(1.15),
            HandedBack,
        ),
        target(
            "tree.module",
            "`sysbatch du` of 20,000 files, with the module",
            MILLIONS,
            AtMost(86.0),
            Tree("sysbatch du, module"),
        ),
        target(
            "tree.user",
            "`sysbatch du` of 20,000 files, without",
            MILLIONS,
            AtMost(88.0),
            Tree("sysbatch du, user"),
        ),
        target(
            "user.statx.ratio",
            "`statx` in user space, by the call alone",
            RATIO,
            AtMost(1.05),
            UserRatio("statx"),
        ),
        target(
            "user.open-read-close.ratio",
            "`openat`, `read` and `close` in user space, by the calls alone",
            RATIO,
            AtMost(1.05),
            UserRatio("open-read-close"),
        ),
        target(
            "user.getppid.ratio",
            "`getppid` in user space, by the call alone",
            RATIO,
            AtMost(1.2),
            UserRatio("getppid"),
        ),
        target(
            "user.getppid.supersyscall.ratio",
            "the same through `supersyscall()`",
            RATIO,
            AtMost(1.2),
            InterfaceRatio("supersyscall"),
        ),
        target(
            "user.getppid.batch.ratio",
            "the same through `batch()`",
            RATIO,
            AtMost(1.2),
            InterfaceRatio("batch"),
        ),
        target(
            "user.getppid.pointers.ratio",
            "the same through the generic question's `batch()`",
            RATIO,
            AtMost(1.2),
            InterfaceRatio("pointers"),
        ),
        target(
            "user.getppid.syslet.ratio",
            "the same through a `SYNC` syslet",
            RATIO,
            AtMost(1.2),
            InterfaceRatio("syslet"),
        ),
        target(
            "engine.step.native",
            "a plain step of the interpreter in user space",
            INSTRUCTIONS,
            AtMost(45.0),
            Step("call"),
        ),
        target(
            "engine.built-in.native",
            "a built-in there",
            INSTRUCTIONS,
            AtMost(60.0),
            Step("built-in"),
        ),
        target(
            "engine.step.growth",
            "a plain step in a long batch, by one in a batch of 10",
            RATIO,
            AtMost(1.0),
            StepGrowth("call"),
        ),
        target(
            "engine.built-in.growth",
            "a built-in in a long batch, by one in a batch of 10",
            RATIO,
            AtMost(1.0),
            StepGrowth("built-in"),
        ),
        target(
            "engine.allocations",
            "allocations while a long batch runs",
            "allocations",
            AtMost(0.0),
            Allocations,
        ),
        target(
            "tree.user-part",
            "`sysbatch du` of 20,000 files, its own instructions in user mode",
            MILLIONS,
            AtMost(6.0),
            WalkUserPart,
        ),
        target(
            "tree.processor.ratio",
            "`sysbatch du` of 200,000 files without the module, processor time by GNU `du`'s",
            RATIO,
            AtMost(1.0),
            WalkProcessor,
        ),
        target(
            "tree.speed.gnu",
            "GNU `du`'s time of 200,000 files by that of `sysbatch du` in 4 threads",
            RATIO,
            AtLeast(2.5),
            WalkAgainst("GNU du", 4.0),
        ),
        target(
            "tree.speed.dust",
            "the same of dust",
            RATIO,
            AtLeast(1.0),
            WalkAgainst("dust", 4.0),
        ),
        target(
            "tree.speed.pdu",
            "the same of pdu",
            RATIO,
            AtLeast(1.0),
            WalkAgainst("pdu", 4.0),
        ),
        target(
            "tree.speed.diskus",
            "the same of diskus",
            RATIO,
            AtLeast(1.0),
            WalkAgainst("diskus", 4.0),
        ),
        target(
            "tree.speed.dua",
            "the same of dua",
            RATIO,
            AtLeast(1.0),
            WalkAgainst("dua", 4.0),
        ),
        target(
            "tree.memory",
            "memory of `sysbatch du` of 200,000 files, in one thread or four, whichever is more",
            "MiB",
            AtMost(8.0),
            WalkMemory,
        ),
        target(
            "tree.memory.growth",
            "that by the memory for a tenth of the files in as many directories",
            RATIO,
            AtMost(1.1),
            WalkMemoryGrowth,
        ),
        target(
            "demo.module.ratio",
            "the demonstration's walk with the module, by that of coreutils",
            RATIO,
            AtMost(1.0),
            Demo("kernel"),
        ),
        target(
            "demo.user.ratio",
            "the same in user space",
            RATIO,
            AtMost(1.0),
            Demo("user"),
        ),
    ]
};

/// The table for documents, in Markdown.
pub(super) fn markdown() -> String {
    let rows = all().map(|target| {
        let kernel = if target.source.is_of_guests() {
            ".KERNEL"
        } else {
            ""
        };
        let limit = match target.limit {
            Limit::AtMost(limit) => format!("≤ {limit}"),
            Limit::AtLeast(limit) => format!("≥ {limit}"),
            Limit::Alone { less: 0.0 } => "≤ the calls alone".to_owned(),
            Limit::Alone { less } => format!("≤ the calls alone − {less}"),
        };
        format!(
            "| `{}{kernel}` | {} | {} | {limit} | {} |\n",
            target.id,
            target.what,
            target.unit,
            target.source.means()
        )
    });
    let head = "| id | what | unit | target | measured by |\n| --- | --- | --- | --- | --- |\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

impl Source {
    pub(super) const fn is_of_guests(self) -> bool {
        matches!(
            self,
            Self::Slope(..)
                | Self::Jump
                | Self::Fixed
                | Self::Entries(..)
                | Self::FilterAdds
                | Self::FilteredCrossings
                | Self::HandedBack
                | Self::Tree(_)
                | Self::Asynchronous(_)
        )
    }

    /// How it is measured, for documents.
    const fn means(self) -> &'static str {
        match self {
            Self::Slope(..) => "*b* of `sysbatch bench --icount` in the guest",
            Self::Jump => "*b* of `jump` less *b* of `getppid`, likewise",
            Self::Fixed => {
                "batches of 1 and 256 by the ioctl itself in the guest, without the library"
            }
            Self::Entries(..) => "the kernel's function tracer on `__x64_sys_*` in the guest",
            Self::FilterAdds => {
                "batches of 1 and 256 by the ioctl itself in the guest, rules on the number and on an argument"
            }
            Self::FilteredCrossings => "the library's count of its crossings in the guest",
            Self::HandedBack => {
                "the library in the guest, in a task under syscall user dispatch that dispatches nothing"
            }
            Self::Tree(_) => "the guest's counting clock, from `fork` to the end",
            Self::UserRatio(_) => {
                "`sysbatch bench` on an idle processor of the host, *b* by the time alone"
            }
            Self::InterfaceRatio(_) => {
                "the C library on an idle processor of the host, *b* by the time alone"
            }
            Self::Step(_) | Self::StepGrowth(_) => "callgrind on the host",
            Self::Allocations => "an allocator that counts, on the host",
            Self::WalkUserPart => "callgrind on the host, the whole program",
            Self::WalkProcessor => "`wait4(2)` on the host, programs by turns",
            Self::WalkAgainst(..) => {
                "the clock of a host with 4 idle processors, programs by turns"
            }
            Self::WalkMemory | Self::WalkMemoryGrowth => "`wait4(2)` on the host",
            Self::Demo(_) => "`cargo xtask demo`, by the clock of its guest",
            Self::Asynchronous(Figure::Outstanding) => {
                "`smaps_rollup` and `meminfo` of the guest (proc(5))"
            }
            Self::Asynchronous(Figure::Sooner(..) | Figure::LeastSooner) => {
                "the guest's counting clock, waiting included"
            }
            Self::Asynchronous(_) => {
                "the guest's counting clock: all threads and the kernel, on one processor"
            }
            Self::AsynchronousOnHost(..) => "the clock of a host with an idle processor",
        }
    }
}
