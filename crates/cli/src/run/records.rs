//! Repeated calls: what a step finds in the record at hand.

use sysbatch::{Checked, Memory as _};
use sysbatch_abi::{ARGUMENT_COUNT, ENTRY_REPEAT, Entry, Repeat, Width};
use sysbatch_asm::quote_byte;

/// The index of the argument that says how a call is repeated.
const REPEAT: usize = ARGUMENT_COUNT - 1;

/// The entry without what says how it is repeated: with the arguments of its
/// call and no others.
pub(super) fn without_repeat(entry: &Entry) -> Entry {
    let mut entry = *entry;
    if entry.flags & ENTRY_REPEAT != 0 {
        entry.args[REPEAT] = 0;
        entry.modes &= !(3 << (2 * REPEAT));
    }
    entry
}

/// Why a step at this entry makes no call, if it makes none.
pub(super) fn no_call(
    entry: &Entry,
    operands: &[Option<u64>],
    memory: &mut Checked,
) -> Option<String> {
    if entry.flags & ENTRY_REPEAT == 0 {
        return None;
    }
    let repeat = Repeat::from_word(entry.args[REPEAT]);
    let record = (*operands.get(usize::from(repeat.chain))?)?;
    let length = record.wrapping_add_signed(repeat.length.into());
    if memory.load(length, Width::Two).ok()? == 0 {
        return Some("no call: the records end".into());
    }
    let stops = repeat.stop != 0 && memory.load(record, Width::One).ok()? == u64::from(repeat.stop);
    stops.then(|| format!("no call: stopped at {}", quote_byte(repeat.stop)))
}
