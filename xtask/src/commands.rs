//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use sysbatch_guest::Suite;

use crate::architecture::Architecture;
use crate::kernel::{self, Flavour, Kernel, Need, Series};
use crate::setup::{self, Purpose};
use crate::system::System;
use crate::test::soak::Soak;
use crate::vm::{self, Accel, GuestFile, VmSpec};
use crate::{
    bench, debian, demo, fresh, guard, guest, header, kmod, library, paths, profile, programs,
    progress, release, test,
};

/// Tasks of the sysbatch project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install the Debian packages needed, unpack the kernels, and make the disk with
    /// the programs that run in guests.
    Setup {
        /// Take the newest kernels and programs again, even if there are some.
        #[arg(long)]
        refresh: bool,
        #[arg(long, value_enum, default_value_t)]
        flavour: Flavour,
    },
    /// Write the C header of the wire interface.
    Header {
        /// Only fail if the header is stale or a compiler objects to it.
        #[arg(long)]
        check: bool,
    },
    /// Install the C library, its headers and the manual pages.
    Install(library::Layout),
    /// Build the Debian packages, and have lintian look at them.
    Package(debian::Arguments),
    /// Walk a real tree on a stock kernel: batched in the kernel, batched in
    /// user space, and by coreutils.
    Demo {
        /// Write the figures to this file, too.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Write a picture of the output to this file, too, as SVG.
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
    },
    /// Run every test, on the host and in guests on the kernels of Debian's
    /// releases.
    Test {
        /// Only this step; may be given several times.
        #[arg(long, value_name = "STEP")]
        only: Vec<String>,
        /// Of the guest's suites only this; may be given several times.
        #[arg(long = "suite", value_name = "SUITE")]
        suites: Vec<String>,
        /// Take the time for a soak of five minutes instead of one, for batches without
        /// an end of one minute, four times, for more random programs, and for 10,000
        /// functions with `combine` and without.
        #[arg(long)]
        long: bool,
        /// Only on the kernel of this series, or on the `newest`, the steps that differ
        /// from kernel to kernel. A backported one is tested by this alone.
        #[arg(long, value_enum)]
        kernel: Option<Series>,
        /// Instead run the guest's suites in a kernel that looks for mistakes: for
        /// memory used wrongly or lost, locks taken wrongly and more. It is built
        /// first, and that takes about half an hour.
        #[arg(long, conflicts_with_all = ["only", "kernel"])]
        debug_kernel: bool,
        /// Instead run the tests of the user side on emulated guests of this
        /// architecture, which takes half an hour.
        #[arg(long, value_enum, conflicts_with_all = ["only", "long", "debug_kernel", "fresh"])]
        architecture: Option<Architecture>,
        /// Instead try what the README promises on fresh machines of Debian 12
        /// and 13; as root, and for hours.
        #[arg(long, conflicts_with_all = ["only", "suites", "long", "kernel", "debug_kernel"])]
        fresh: bool,
        /// Of the fresh machines only this, or those whose names begin so; may
        /// be given several times.
        #[arg(long = "case", value_name = "CASE", requires = "fresh")]
        cases: Vec<String>,
    },
    /// Run batches in the middle of signals, stops, tracers, filters and ends, and see
    /// that nothing is wrong, hangs or is left; a suite of the tests.
    Soak {
        /// How long.
        #[arg(long, value_name = "N", default_value_t = 1)]
        minutes: u64,
        /// Only on the kernel of this series.
        #[arg(long, value_enum)]
        kernel: Option<Series>,
        /// Where random numbers begin, as a soak before has printed it.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Measure every number that is to be reached, and what it is to be compared
    /// with.
    Bench(bench::Arguments),
    /// Build the kernel module.
    Kmod(KmodArguments),
    /// Show where the instructions of one steady sub-call go.
    Profile(profile::Arguments),
    /// Count the instructions of a few sub-calls and fail if one is dearer than the
    /// committed figure; a step of the tests.
    Guard {
        /// Write the figures instead.
        #[arg(long)]
        update: bool,
    },
    /// Fail if the public API is not the one in docs/api; a step of the tests.
    Api {
        /// Write it there instead.
        #[arg(long)]
        update: bool,
    },
    /// Boot a kernel with the module loaded and run a command there.
    Vm(VmArguments),
}

#[derive(Debug, Args)]
struct KmodArguments {
    /// The series of the kernel.
    #[arg(long, value_enum)]
    kernel: Series,
    #[arg(long, value_enum, default_value_t)]
    flavour: Flavour,
    /// Build from another copy of the `kernel` folder.
    #[arg(long, value_name = "FOLDER")]
    source: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct VmArguments {
    #[command(flatten)]
    kmod: KmodArguments,
    /// Boot the kernel that looks for mistakes, of the series that it is of.
    #[arg(long)]
    debug_kernel: bool,
    /// Do not build and load the module.
    #[arg(long)]
    no_module: bool,
    /// Load this module, built for the kernel before, instead of building one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_module", "source"])]
    module: Option<PathBuf>,
    /// How to run the machine; by default hardware virtualization if it works.
    #[arg(long, value_enum)]
    accel: Option<Accel>,
    /// A file or folder of the host to put into the guest.
    #[arg(long = "file", value_name = "HOST:GUEST")]
    files: Vec<String>,
    /// A binary of the workspace to build static and put into the guest's /bin.
    #[arg(long = "program", value_name = "PACKAGE:BINARY")]
    programs: Vec<String>,
    /// Memory in MiB.
    #[arg(long, default_value_t = 1024)]
    memory: u32,
    /// Processors.
    #[arg(long, default_value_t = 2)]
    processors: u32,
    /// Seconds after which the command is killed.
    #[arg(long, default_value_t = 300)]
    limit: u64,
    /// Milliseconds to wait after boot.
    #[arg(long, default_value_t = 0)]
    settle: u64,
    /// What to run; the machine has busybox.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl Arguments {
    /// Does what was asked; false when a test or a guest failed, which has
    /// been told.
    ///
    /// # Errors
    /// When it can't be done.
    pub(crate) fn run(self) -> Result<bool> {
        match self.command {
            Command::Setup { refresh, flavour } => set_up(refresh, flavour).map(|()| true),
            Command::Header { check: true } => header::check(paths::root()).map(|()| true),
            Command::Header { check: false } => header::write(paths::root()).map(|()| true),
            Command::Install(layout) => {
                println!("{}", library::install(&layout)?.folder.display());
                Ok(true)
            }
            Command::Package(arguments) => {
                for file in debian::build(&arguments)? {
                    println!("{}", file.display());
                }
                Ok(true)
            }
            Command::Demo { json, picture } => demo::run(json.as_deref(), picture.as_deref()),
            Command::Test {
                fresh: true, cases, ..
            } => fresh::run(&cases),
            Command::Test {
                architecture: Some(architecture),
                suites,
                kernel,
                ..
            } => {
                let series = kernel.map_or_else(Series::of_releases, |one| vec![one]);
                test::user_side::run(architecture, &suites, &series)
            }
            Command::Test {
                only,
                suites,
                long,
                kernel,
                debug_kernel,
                ..
            } => {
                let soak = if long { Soak::LONG } else { Soak::ORDINARY };
                if debug_kernel {
                    test::debug::run(&suites, soak)
                } else {
                    test::run(&only, &suites, soak, kernel)
                }
            }
            Command::Soak {
                minutes,
                kernel,
                seed,
            } => {
                let series = kernel.map_or_else(Series::of_releases, |one| vec![one]);
                test::soak::run(&series, minutes, seed)
            }
            Command::Bench(arguments) => bench::run(&arguments).map(|()| true),
            Command::Kmod(arguments) => {
                let wanted = (arguments.kernel, arguments.flavour, Need::Headers);
                setup::prepare(Purpose::Module, &[wanted])?;
                let (series, flavour, need) = wanted;
                let kernel = kernel::ensure(series, flavour, need)?;
                println!("{}", arguments.build(&kernel)?.display());
                Ok(true)
            }
            Command::Profile(arguments) => profile::run(&arguments).map(|()| true),
            Command::Guard { update } => guard::run(update),
            Command::Api { update } => release::api::run(update),
            Command::Vm(arguments) => arguments.run(),
        }
    }
}

fn set_up(refresh: bool, flavour: Flavour) -> Result<()> {
    if refresh {
        kernel::refresh(flavour)?;
        kernel::debug::refresh()?;
        programs::refresh()?;
    }
    let all = Series::of_releases();
    let wanted: Vec<_> = all
        .iter()
        .map(|&series| (series, flavour, Need::Image))
        .collect();
    setup::prepare(Purpose::Tests, &wanted)?;
    for series in all {
        let kernel = kernel::ensure(series, flavour, Need::Image)?;
        println!(
            "kernel {}: {} in {}",
            series.name(),
            kernel.release,
            kernel.folder.display()
        );
    }
    println!("programs for the guest: {}", programs::disk()?.display());
    Ok(())
}

impl KmodArguments {
    fn build(&self, kernel: &Kernel) -> Result<PathBuf> {
        match &self.source {
            Some(source) => kmod::build_from(&std::path::absolute(source)?, kernel),
            None => kmod::build(kernel),
        }
    }
}

impl VmArguments {
    fn run(self) -> Result<bool> {
        let kernel = if self.debug_kernel {
            test::debug::kernel()?
        } else {
            let (series, flavour) = (self.kmod.kernel, self.kmod.flavour);
            let purpose = if flavour.architecture().is_here() {
                Purpose::Machine
            } else {
                Purpose::OtherArchitecture
            };
            setup::prepare(purpose, &[(series, flavour, Need::Image)])?;
            kernel::ensure(series, flavour, Need::Image)?
        };
        let module = match self.module {
            Some(module) => Some(module),
            None if self.no_module => None,
            None => Some(self.kmod.build(&kernel)?),
        };
        let accel = self.accel.map_or_else(|| vm::choose(&kernel), Ok)?;
        let files = self.files.iter().map(|pair| guest_file(pair));
        let architecture = kernel.architecture();
        setup::prepare_target(architecture)?;
        let programs = self.programs.iter();
        let programs = programs.map(|pair| guest_program(architecture, pair));
        let mut files = files.chain(programs).collect::<Result<Vec<_>>>()?;
        let suite = Suite {
            name: self.command.join(" "),
            command: self.command,
            limit_seconds: self.limit,
            ..Suite::default()
        };
        let mut spec = VmSpec {
            suites: vec![suite],
            memory: self.memory,
            processors: if accel == Accel::Icount {
                1
            } else {
                self.processors
            },
            settle: Duration::from_millis(self.settle),
            echo: true,
            ..VmSpec::new(format!("vm-{}", kernel.release), &kernel, accel, module)
        };
        if !architecture.is_here() {
            let system = System::ensure(architecture)?;
            spec.busybox.clone_from(&system.busybox);
            spec.disks.push(system.disk());
            files.extend(System::files());
        }
        spec.files = files;
        let progress =
            progress::Progress::start(format!("kernel {} ({})", kernel.release, accel.name()));
        let verdict = vm::run(&spec)?;
        progress.end(if verdict.passed() { "passed" } else { "failed" });
        for failure in verdict.failures() {
            eprintln!("{failure}");
        }
        Ok(verdict.passed())
    }
}

fn guest_file(pair: &str) -> Result<GuestFile> {
    let (host, guest) = pair
        .split_once(':')
        .with_context(|| format!("`{pair}` is not of the form HOST:GUEST"))?;
    let metadata = std::fs::metadata(host).with_context(|| format!("can't read {host}"))?;
    Ok(if metadata.is_dir() {
        GuestFile::tree(guest, host)
    } else {
        GuestFile::host(guest, host)
    })
}

fn guest_program(architecture: Architecture, pair: &str) -> Result<GuestFile> {
    let (package, binary) = pair
        .split_once(':')
        .with_context(|| format!("`{pair}` is not of the form PACKAGE:BINARY"))?;
    let file = guest::build_for(architecture, package, binary)?;
    Ok(GuestFile::host(&format!("/bin/{binary}"), file))
}
