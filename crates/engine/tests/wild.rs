//! The fuzzer's target body on random inputs, so that it cannot rot: engine
//! and model must agree on every one.
//!
//! `SYSBATCH_SEED` and `SYSBATCH_COUNT` choose other inputs and more of them.

use sysbatch_reference::random::{Random, seed_from_clock};
use sysbatch_reference::wild;

const COUNT: u64 = 20_000;

#[test]
fn engine_and_model_agree_on_random_bytes() {
    let seed = setting("SYSBATCH_SEED").unwrap_or_else(seed_from_clock);
    let count = setting("SYSBATCH_COUNT").unwrap_or(COUNT);
    println!("seed {seed}, {count} inputs");
    let mut seen = [0_u64; 8];
    for index in 0..count {
        let bytes = random_bytes(seed.wrapping_add(index));
        match wild::exercise(&bytes) {
            Ok(header) => {
                // A status out of range was put there by the program itself.
                let status = usize::try_from(header.status).expect("32 bits");
                if let Some(count) = seen.get_mut(status) {
                    *count += 1;
                }
            }
            Err(difference) => panic!(
                "{difference}; reproduce with SYSBATCH_SEED={} SYSBATCH_COUNT=1",
                seed.wrapping_add(index)
            ),
        }
    }
    println!("statuses 0 to 7 were seen {seen:?} times");
    // The generator is worth its name only if it reaches everything.
    if count >= COUNT {
        for (status, &times) in seen.iter().enumerate() {
            assert!(times > 0, "status {status} is never reached");
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
    )
}

/// Up to 1,000 bytes from a seed.
fn random_bytes(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let words = random.below(126);
    (0..words)
        .flat_map(|_| random.word().to_le_bytes())
        .collect()
}
