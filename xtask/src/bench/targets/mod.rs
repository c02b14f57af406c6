//! The numbers to be reached, in one table: what is measured, what documents list
//! and what figures are judged by all come from it.

mod table;

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
    table::TARGETS.iter().chain(asynchronous::targets::TARGETS)
}

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
