//! Programs made of random words, in every format: each halts within its fuel
//! and keeps its books, whatever the words mean.

use crate::*;

const FORMATS: [Format; 4] = [
    Format::Supersyscall,
    Format::SysBatch,
    Format::Pointers,
    Format::Syslet,
];

/// SplitMix64 (Steele, Lea and Flood 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// A word that is often an address in reach, or small.
fn word(state: &mut u64) -> u64 {
    let bits = random(state);
    match bits >> 61 {
        0..4 => PROGRAM + (bits & 0x3F8),
        4 | 5 => bits & 0xFF,
        6 => NOWHERE - 8,
        _ => bits,
    }
}

#[test]
fn every_program_halts_and_keeps_its_books() {
    let mut seen = [0_u32; 8];
    for seed in 0..20_000 {
        let mut state = seed;
        let words: Vec<u64> = (0..128).map(|_| word(&mut state)).collect();
        let format = FORMATS[usize::try_from(seed % 4).unwrap()];
        let mut image = Image::new(format, random(&mut state) % 12, &words);
        if format == Format::Syslet {
            image.run.pc = PROGRAM + 88 * (random(&mut state) % 4);
        }
        let fuel = random(&mut state) % 8;
        image.run.fuel = fuel;
        let stopped = image.returning(&[0, 1, -1, -4095, -4096]).run();
        let run = &stopped.run;
        assert_eq!(run.steps + run.fuel, fuel, "seed {seed}");
        assert_eq!(
            stopped.outcome.is_err(),
            run.status == Status::Refused.raw() || run.status == Status::Unstored.raw(),
            "seed {seed}"
        );
        seen[usize::try_from(run.status).unwrap()] += 1;
    }
    for status in [
        Status::Done,
        Status::Exit,
        Status::OutOfFuel,
        Status::Refused,
    ] {
        let times = seen[usize::try_from(status.raw()).unwrap()];
        assert!(times > 20, "{status:?} is hardly ever reached: {seen:?}");
    }
}
