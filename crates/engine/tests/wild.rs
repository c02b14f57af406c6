//! The fuzzer's target body on random inputs, so that it cannot rot: engine
//! and model must agree on every one.
//!
//! `SYSBATCH_SEED` and `SYSBATCH_COUNT` choose other inputs and more of them.

use sysbatch_reference::wild;

const COUNT: u64 = 20_000;

#[test]
fn engine_and_model_agree_on_random_bytes() {
    let seed = setting("SYSBATCH_SEED").unwrap_or_else(clock);
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

fn clock() -> u64 {
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .expect("the clock is past 1970");
    u64::try_from(now.as_nanos() & 0xFFFF_FFFF_FFFF).expect("masked")
}

/// Up to 1,000 bytes from a seed, by SplitMix64 (Steele, Lea and Flood 2014).
fn random_bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x2545_F491_4F6C_DD1D);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let words = next() % 126;
    (0..words).flat_map(|_| next().to_le_bytes()).collect()
}
