//! Makes a program smaller as long as it still does what it is kept for.

use sysbatch::abi::{BuiltIn, DST_OWN_INDEX, Entry};

use super::generate::Program;

/// The smallest program found for which `fails` still holds.
pub(super) fn shrink(program: &Program, mut fails: impl FnMut(&Program) -> bool) -> Program {
    let mut best = program.clone();
    loop {
        let smaller = candidates(&best)
            .into_iter()
            .find(|candidate| fails(candidate));
        match smaller {
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}

/// Programs that are one small step simpler.
fn candidates(program: &Program) -> Vec<Program> {
    let mut found = Vec::new();
    let mut offer = |change: &dyn Fn(&mut Program)| {
        let mut candidate = program.clone();
        change(&mut candidate);
        candidate.lay_out();
        if candidate.entries != program.entries || candidate.header != program.header {
            found.push(candidate);
        }
    };
    let nothing = Entry {
        nr: BuiltIn::Set.number(),
        dst: DST_OWN_INDEX,
        ..Entry::default()
    };
    let entries = if program.is_native() {
        program.entries.len()
    } else {
        0
    };
    for index in 0..entries {
        offer(&|program| program.entries[index] = nothing);
        offer(&|program| {
            let entry = &mut program.entries[index];
            [entry.on_neg, entry.on_zero, entry.on_pos] = [0; 3];
        });
        offer(&|program| program.entries[index].dst = DST_OWN_INDEX);
        for k in 0..6 {
            offer(&|program| {
                let entry = &mut program.entries[index];
                entry.args[k] = 0;
                entry.modes &= !(3 << (2 * k));
            });
        }
    }
    offer(&|program| program.header.steps = 0);
    offer(&|program| program.header.fuel /= 2);
    found
}
