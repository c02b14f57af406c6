//! Suites of tests that need a real kernel: signals, blocking, filters, files,
//! and the two hosts side by side.
//!
//! `--backend kernel` needs the module loaded and fails without it. On
//! `--backend user` the cases that make sense without the module run. Each case
//! runs in a process of its own with a time limit, and prints one line.

mod arch;
mod audit;
mod badinput;
mod blocking;
mod bypass;
mod corpus;
mod descriptor;
mod escape;
mod files;
mod first_try;
mod functions;
mod groups;
mod harness;
mod high;
mod lab;
mod lists;
mod module;
mod off;
mod overlap;
mod pages;
mod process;
mod programs;
mod property;
mod punt;
mod random;
mod scheduling;
mod scratch;
mod signal;
mod signals;
mod soak;
mod state;
mod unload;
mod watched;
#[cfg(target_arch = "x86_64")]
mod ways;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use harness::{Case, Options};

/// The suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Audit and its rules, with `--audited`.
    Audit,
    /// Refusals and errors of the batch itself.
    Badinput,
    /// Sub-calls that wait; killing, stopping and continuing.
    Blocking,
    /// Attempts to get a call past a filter.
    Bypass,
    /// Programs as text, with what they must come to.
    Corpus,
    /// The device's descriptor, closed and replaced.
    Descriptor,
    /// Real files: copying, and descriptors that are closed in a batch.
    Files,
    /// First tries: what is cached, and what would wait.
    FirstTry,
    /// Functions at random, with `combine` and without.
    Functions,
    /// Addresses of more than 47 bits, on a processor that has them.
    High,
    /// Many batches in one crossing.
    Lists,
    /// The off switch.
    Off,
    /// Asynchronous batches that wait for a slow disk.
    Overlap,
    /// Debian's programs, plain and with every call in a batch.
    Programs,
    /// Random programs, on both hosts.
    Property,
    /// Calls that are handed back.
    Punt,
    /// Random calls of somebody without rights.
    Random,
    /// Who else has the processor while a batch runs.
    Scheduling,
    /// Handlers, restarts, masks.
    Signals,
    /// All at once, for a while, with a look at what is left.
    Soak,
    /// What the kernel keeps of a task.
    State,
    /// Loading and unloading the module while it is in use.
    Unload,
    /// Seccomp, ptrace, syscall user dispatch, tracepoints.
    Watched,
    /// The ways into the kernel, by a 64-bit and by a 32-bit program.
    #[cfg(target_arch = "x86_64")]
    Ways,
}

impl Suite {
    fn cases(self, options: &Options) -> Vec<Case> {
        match self {
            Self::Audit => audit::cases(),
            Self::Badinput => badinput::cases(),
            Self::Blocking => blocking::cases(),
            Self::Bypass => bypass::cases(),
            Self::Corpus => corpus::cases(),
            Self::Descriptor => descriptor::cases(),
            Self::Files => files::cases(),
            Self::FirstTry => first_try::cases(),
            Self::Functions => functions::cases(),
            Self::High => high::cases(),
            Self::Lists => lists::cases(),
            Self::Off => off::cases(),
            Self::Overlap => overlap::cases(),
            Self::Programs => programs::cases(),
            Self::Property => property::cases(),
            Self::Punt => punt::cases(),
            Self::Random => random::cases(),
            Self::Scheduling => scheduling::cases(),
            Self::Signals => signals::cases(),
            Self::Soak => soak::cases(options),
            Self::State => state::cases(),
            Self::Unload => unload::cases(),
            Self::Watched => watched::cases(),
            #[cfg(target_arch = "x86_64")]
            Self::Ways => ways::cases(),
        }
    }

    fn name(self) -> String {
        let value = self.to_possible_value().expect("no suite is hidden");
        value.get_name().to_owned()
    }
}

#[derive(Debug, Parser)]
#[command(about = "Tests of sysbatch on a running kernel")]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Run only cases whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// The suites to run; all if none is named.
    suites: Vec<Suite>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let suites = match arguments.suites.as_slice() {
        [] => Suite::value_variants(),
        some => some,
    };
    if arguments.options.audited {
        audit::daemon::Audit::connect().switch_on();
    }
    let mut tally = harness::Tally::default();
    for suite in suites {
        let cases = suite.cases(&arguments.options).into_iter();
        let wanted = cases.filter(|case| case.name.contains(&arguments.only));
        for case in wanted {
            tally.run(&suite.name(), &case, &arguments.options);
        }
    }
    tally.report()
}
