//! What holds for every program.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use syscalls::Sysno;

use super::trace::*;
use super::*;

/// A place: some functions of a few.
fn place() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let functions = (1_u64..5, 0_u64..3).prop_map(|(function, line)| (function * 0x100, line));
    vec(functions, 0..9)
}

/// A call of a few kinds, with arguments and results of a few.
fn made() -> impl Strategy<Value = Made> {
    let name = prop::sample::select(vec!["a", "b", "a/b", "c", "d/e"]);
    let descriptor = 3_u64..6;
    let works = prop_oneof![
        (name.clone(), 3_i64..6).prop_map(|(name, result)| openat(name, result)),
        name.clone().prop_map(|name| openat(name, -2)),
        (descriptor.clone(), 0_u64..40).prop_map(|(descriptor, size)| fstat(descriptor, size)),
        name.prop_map(statx),
        (descriptor.clone(), 0_i64..40).prop_map(|(from, result)| read(from, 40, result)),
        (descriptor.clone(), 0_u64..40).prop_map(|(to, length)| write(to, 0x6000_0000, length)),
        descriptor.clone().prop_map(close),
        descriptor.prop_map(|descriptor| getdents(descriptor, &["a", "e"])),
    ];
    let others = prop_oneof![
        Just(call(Sysno::nanosleep, [0, 0], 0)),
        Just(call(Sysno::brk, [0], 0x1000)),
        Just(call(Sysno::clone, [0; 5], 9)),
        Just(call(Sysno::read, [0, 0, 1], -512)),
        Just(read(0, 1, 1).took(Duration::from_secs(1))),
    ];
    let calls = prop_oneof![8 => works, 1 => others];
    (calls, place()).prop_map(|(made, place)| {
        if place.is_empty() {
            made.nowhere()
        } else {
            made.at(&place)
        }
    })
}

/// The calls of some threads, and an order in which they may have been made.
fn threads() -> impl Strategy<Value = (Vec<Vec<Made>>, Vec<usize>)> {
    vec(vec(made(), 0..40), 1..4).prop_flat_map(|threads| {
        let turns = threads.iter().enumerate();
        let turns: Vec<_> = turns
            .flat_map(|(thread, calls)| std::iter::repeat_n(thread, calls.len()))
            .collect();
        (Just(threads), Just(turns).prop_shuffle())
    })
}

/// What is found if the threads take turns in this order.
fn in_turns(threads: &[Vec<Made>], turns: impl IntoIterator<Item = usize>) -> Found {
    let mut sequences = begin();
    let mut calls: Vec<_> = threads.iter().map(|calls| calls.iter()).collect();
    for turn in turns {
        let made = calls[turn].next().expect("a call");
        make(&mut sequences, thread(turn as u32), made);
    }
    let mut found = sequences.finish();
    found
        .rows
        .sort_by(|one, other| one.frames.cmp(&other.frames));
    found
}

proptest! {
    #[test]
    fn no_call_is_lost_or_counted_twice((threads, turns) in threads()) {
        let found = in_turns(&threads, turns.iter().copied());
        prop_assert_eq!(found.calls, turns.len() as u64);
        let mut all = found.alone;
        for row in &found.rows {
            let calls: u64 = row.calls.values().map(|calls| calls.count).sum();
            let lengths = row.lengths.iter();
            let by_length: u64 = lengths
                .map(|(calls, length)| *calls as u64 * length.sequences)
                .sum();
            prop_assert_eq!(calls, by_length);
            let sequences: u64 = row.lengths.values().map(|length| length.sequences).sum();
            prop_assert_eq!(row.cuts.iter().sum::<u64>(), sequences);
            prop_assert!(row.repeated < calls);
            prop_assert!(row.listed <= row.repeated);
            prop_assert!(row.evidence.iter().all(|count| *count < calls));
            prop_assert!(row.lengths.keys().all(|calls| (2..=LIMIT).contains(calls)));
            all += calls;
        }
        prop_assert_eq!(all, found.calls);
    }

    #[test]
    fn whose_turn_it_is_does_not_matter((threads, turns) in threads()) {
        let one_by_one = threads.iter().enumerate();
        let one_by_one =
            one_by_one.flat_map(|(thread, calls)| std::iter::repeat_n(thread, calls.len()));
        prop_assert_eq!(in_turns(&threads, turns), in_turns(&threads, one_by_one));
    }
}
