//! By the number of the call.

use sysbatch::abi::Entry;
use syscalls::Sysno;

use super::{attempt, done};
use crate::arch::{MKDIR, MKDIR_OF_32_BITS};
use crate::harness::cases;
use crate::lab::{Batch, Lab, set};

cases! {
    both call_by_itself;
    both number_of_the_x32_table;
    both number_below_zero;
    both number_that_is_right_in_its_low_bits;
    both number_of_the_32_bit_table;
}

fn call_by_itself(lab: &mut Lab) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        let mut batch = Batch::new([set(1), goal.mkdir(), goal.mkdirat(), set(2)]);
        done(lab, &mut batch);
        let again = guard.or(crate::lab::error(rustix::io::Errno::EXIST), guard.result());
        assert_eq!(batch.results, [1, guard.result(), again, 2]);
    });
}

/// Makes the call under other numbers, each in a batch of its own; without a filter
/// under its own.
fn by_numbers(lab: &mut Lab, numbers: &[i32]) {
    attempt(lab, &|lab, goal, guard| {
        guard.install();
        for &nr in guard.or(&[MKDIR.id()][..], numbers) {
            let mut batch = Batch::new([set(1), Entry { nr, ..goal.mkdir() }, set(2)]);
            // An entry with a number that cannot be is refused.
            let _ = lab.run(&mut batch);
            assert_eq!(batch.results[0], 1, "{nr:#x}");
        }
    });
}

fn number_of_the_x32_table(lab: &mut Lab) {
    // The call has the same number there, with bit 30 set.
    let bit = 0x4000_0000;
    by_numbers(lab, &[MKDIR.id() | bit, Sysno::mkdirat.id() | bit]);
}

fn number_below_zero(lab: &mut Lab) {
    // As a negative number, in both ways of writing one, and with nothing but its
    // low bits left as it should be.
    let number = MKDIR.id();
    by_numbers(lab, &[-number, !number, number | i32::MIN, number - 512]);
}

fn number_that_is_right_in_its_low_bits(lab: &mut Lab) {
    // Should anybody cut it to the size of a table, a byte or a word of 16 bits after
    // the filter has seen all of it.
    let number = MKDIR.id();
    let beyond = |bit: u32| number | 1 << bit;
    let numbers: Vec<i32> = (9..30).map(beyond).collect();
    by_numbers(lab, &numbers);
}

fn number_of_the_32_bit_table(lab: &mut Lab) {
    // They are other calls of 64-bit tasks, which the filter allows, or none.
    by_numbers(lab, &MKDIR_OF_32_BITS);
}
