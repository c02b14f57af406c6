//! Faults that are made on purpose, to see that a soak reports what the module
//! could do.

use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::Resource;

use super::workers::Me;
use crate::module;
use crate::process::fork;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fault {
    /// A result is not what it has to be.
    Result,
    /// A process stops going on.
    Hang,
    /// A process goes on when it is to end.
    Stay,
    /// A process is killed by nobody who says so.
    Death,
    /// A process outlives those that started it.
    Process,
    /// The module stays in use.
    Module,
    /// Open files are never closed.
    Files,
    /// Memory is never given back.
    Memory,
    /// The kernel's log has a warning.
    Log,
}

/// What is never given back.
static KEPT: Mutex<(Vec<File>, Vec<Vec<u8>>)> = Mutex::new((Vec::new(), Vec::new()));

/// How much in each round: well above what is taken for a growth.
const FILES: usize = 300;
const BYTES: usize = 16 << 20;

impl Fault {
    /// What is done when all processes of a round have ended.
    pub(super) fn between_rounds(self) {
        let mut kept = KEPT.lock().expect("nobody panics with it");
        let (files, bytes) = &mut *kept;
        match self {
            Self::Module => files.push(module::device().expect("the module is loaded").into()),
            Self::Files => {
                let mut limit = rustix::process::getrlimit(Resource::Nofile);
                limit.current = limit.maximum;
                rustix::process::setrlimit(Resource::Nofile, limit).expect("setrlimit");
                let file = || File::open("/proc/self/maps").expect("procfs");
                files.extend(std::iter::repeat_with(file).take(FILES));
            }
            Self::Memory => bytes.push(vec![1; BYTES]),
            Self::Log => File::options()
                .write(true)
                .open("/dev/kmsg")
                .and_then(|mut log| log.write_all(b"<4>a warning on purpose\n"))
                .expect("the log can be written to"),
            Self::Result | Self::Hang | Self::Stay | Self::Death | Self::Process => {}
        }
    }

    /// What a worker does before its work.
    pub(super) fn at_work(self, me: &Me) {
        match self {
            Self::Result => panic!("a result that is wrong on purpose"),
            Self::Hang => std::thread::sleep(Duration::MAX),
            Self::Stay => loop {
                me.goes_on(0);
                std::thread::sleep(Duration::from_millis(1));
            },
            Self::Death => std::process::abort(),
            Self::Process => {
                fork(|| {
                    rustix::process::set_parent_process_death_signal(None).expect("prctl");
                    std::thread::sleep(Duration::MAX);
                });
            }
            Self::Module | Self::Files | Self::Memory | Self::Log => {}
        }
    }
}
