//! Random programs of the native format.

use sysbatch_reference::random::{Random, seed_from_clock};

use super::{Pair, Tally, Way, generate, report};
use crate::harness::cases;
use crate::lab::Lab;

cases! {
    both random_programs_come_to_the_same_end within 900;
}

fn random_programs_come_to_the_same_end(lab: &mut Lab) {
    let options = lab.options.clone();
    let seed = options.seed.unwrap_or_else(seed_from_clock);
    println!(
        "seed {seed}, {} programs; again with --seed {seed} --count {}",
        options.count, options.count
    );
    let mut pair = Pair::new(&options);
    let mut tally = Tally::default();
    for index in 0..options.count {
        let seed = seed.wrapping_add(index);
        let program = generate::program(&mut Random::new(seed));
        // In user space there is no other host to compare with; entering for
        // each step is what is left to differ. In the kernel both are tried.
        let way = match lab.is_kernel() {
            true if index % 4 != 0 => Way::Whole,
            _ => Way::StepByStep,
        };
        match pair.compare(&program, way) {
            Ok(end) => tally.count(&program, &end),
            Err(ends) => report(&mut pair, &program, way, seed, ends),
        }
    }
    pair.world.give_back_output();
    println!("{tally}");
    tally.check(options.count);
}
