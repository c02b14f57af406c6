//! Everything at once for a while: processes and threads run batches while
//! signals, stops, tracers and filters come at random moments, some are killed, and
//! the module is asked to go. Between rounds all of them end, and what they leave
//! is looked at.
//!
//! - [`words`] is the memory that all of them share;
//! - [`workers`] run batches and look at what comes of them;
//! - [`trouble`] is made by processes of its own;
//! - [`crew`] starts them all, sees that each goes on, and ends them;
//! - [`census`] counts what the kernel has;
//! - [`fault`] makes it fail on purpose.
//!
//! What fails it: a result that is wrong, a process that does not go on or does not
//! end, one that is left, a module that goes while it is used or stays when it is
//! not, memory that grows from round to round, and, as for every suite, a complaint
//! in the kernel's log.

mod census;
mod crew;
mod fault;
mod trouble;
mod words;
mod workers;

use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sysbatch_reference::random::{Random, seed_from_clock};

use crate::harness::{Case, On, Options};
use crate::lab::Lab;
use crate::property::World;
use crate::{module, signal};
use census::{Census, Growth};
use crew::{Crew, Ending};
use fault::Fault;
use words::{Event, Words};

/// How it goes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Settings {
    /// How long everything goes on, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// After how many seconds all processes end and what they leave is looked at.
    #[arg(long, default_value_t = 7)]
    round_seconds: u64,
    /// How many seconds a thread may do nothing, and a process take to end, on a
    /// machine that is not slow.
    #[arg(long, default_value_t = 30)]
    patience: u64,
    /// Show how much memory there is in use, and do not fail if it grows: the kernel
    /// keeps what was freed (KASAN).
    #[arg(long)]
    quarantine: bool,
    /// Do something wrong, to see that it is reported.
    #[arg(long = "fault", value_enum, hide = true)]
    faults: Vec<Fault>,
}

/// What the last round may take longer, and looking at what is left.
const BESIDE: Duration = Duration::from_secs(300);

/// Rounds from which a growth is told from what comes and goes.
const ROUNDS: usize = 6;

pub(crate) fn cases(options: &Options) -> Vec<Case> {
    vec![Case {
        name: "everything_at_once".to_owned(),
        on: On::Kernel,
        limit: Duration::from_secs(options.soak.seconds) + BESIDE,
        body: Rc::new(everything_at_once),
    }]
}

fn everything_at_once(lab: &mut Lab) {
    module::let_go(lab);
    let options = lab.options.clone();
    let settings = &options.soak;
    let seed = options.seed.unwrap_or_else(seed_from_clock);
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    println!(
        "{release}: seed {seed}; again with --seed {seed} --seconds {}",
        settings.seconds
    );
    prepare();
    let words = Words::new();
    let mut random = Random::new(seed);
    let mut growth = Growth::default();
    let began = Instant::now();
    let duration = Duration::from_secs(settings.seconds);
    for round in 1_u32.. {
        let ending = if round.is_multiple_of(2) {
            Ending::Abrupt
        } else {
            Ending::Gentle
        };
        let crew = Crew::start(&options, words, random.word());
        crew.go_on_for(Duration::from_secs(settings.round_seconds), ending);
        for fault in &settings.faults {
            fault.between_rounds();
        }
        leave_nothing(&options);
        growth.add(Census::take());
        let left = duration.saturating_sub(began.elapsed());
        println!(
            "{release}: round {round}, {} s left; so far {words}",
            left.as_secs()
        );
        if left.is_zero() && growth.rounds() >= ROUNDS && words.missing().is_none() {
            break;
        }
    }
    growth.check(settings.quarantine);
}

/// Once, before all processes.
fn prepare() {
    // Signals that are sent by number must not reach a process that has got the
    // number of one that has ended.
    std::fs::write("/proc/sys/kernel/pid_max", "4194304").expect("pid_max can be set");
    // Those whose parents are killed become children of this process.
    #[expect(unsafe_code, reason = "prctl")]
    // SAFETY: arguments are no addresses.
    let result = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    assert_eq!(result, 0, "prctl");
    // All inherit the handler: a signal may come before they have set up anything.
    signal::count(Signal::USR1, libc::SA_RESTART);
}

/// Sees that the module is unused, and loads it again. Removes the files of those
/// who were killed.
fn leave_nothing(options: &Options) {
    World::remove_all();
    let users = module::users();
    assert_eq!(users, 0, "all have ended, and the module has users");
    let unloaded = module::unload();
    assert_eq!(unloaded, Ok(()), "an unused module is unloaded");
    module::load(options);
    Words::count_one(Event::Load);
}
