//! Random programs while signals come at any moment: they come to the same end as
//! where none comes.

use std::time::Duration;

use rustix::process::{Pid, Signal};
use sysbatch_reference::random::{Random, seed_from_clock};

use super::{Pair, Way, formats, generate, report};
use crate::harness::cases;
use crate::lab::Lab;
use crate::process::{ended, fork};
use crate::signal;

cases! {
    both random_programs_under_signals within 600;
}

/// How often the handler must have run.
const SIGNALS: u64 = 50;

fn random_programs_under_signals(lab: &mut Lab) {
    let options = lab.options.clone();
    let first = options.seed.unwrap_or_else(seed_from_clock);
    let count = (options.count / 10).max(1);
    println!("seed {first}, {count} programs; again with --seed {first}");
    let sender = sender();
    let mut pair = Pair::new(&options);
    let mut index = 0;
    while index < count || signal::handled() < SIGNALS {
        let seed = first.wrapping_add(index);
        // The handler restarts calls, or it does not, which none of these tells: they
        // do not wait.
        let flags = [0, libc::SA_RESTART, libc::SA_NODEFER];
        signal::count(Signal::USR1, flags[usize::from(seed.to_le_bytes()[0]) % 3]);
        let mut random = Random::new(seed);
        let program = if seed.is_multiple_of(2) {
            generate::program(&mut random)
        } else {
            formats::program(&mut random)
        };
        index += 1;
        if program.can_be_interrupted() {
            continue;
        }
        if let Err(ends) = pair.compare(&program, Way::Whole) {
            signal::send(sender, Signal::KILL);
            report(&mut pair, &program, Way::Whole, seed, ends);
        }
    }
    pair.world.give_back_output();
    signal::send(sender, Signal::KILL);
    ended(sender);
    println!("{index} programs, {} signals", signal::handled());
}

/// A process that sends `SIGUSR1` to this one at random moments until it is killed.
pub(super) fn sender() -> Pid {
    let target = rustix::process::getpid();
    signal::count(Signal::USR1, libc::SA_RESTART);
    fork(|| {
        let mut random = Random::new(seed_from_clock());
        loop {
            signal::send(target, Signal::USR1);
            std::thread::sleep(Duration::from_micros(random.below(300)));
        }
    })
}
