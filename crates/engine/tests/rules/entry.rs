//! Reading an entry: flags, order of the checks, one look at each word.

use sysbatch_reference::Access;

use crate::*;

#[test]
fn every_flag_is_reserved() {
    for bit in 0..16 {
        let entry = Entry {
            flags: 1 << bit,
            ..call(1, &[])
        };
        let stopped = Image::new(&[entry]).run();
        assert_refused(&stopped, Error::Invalid, 0, 0);
        assert!(stopped.host.script.made().is_empty());
    }
}

#[test]
fn an_entry_is_read_once_and_only_when_it_is_reached() {
    let image = Image::new(&[set(1).jumps(0, 0, 1), set(2), set(3)]);
    let program = image.program;
    let stopped = image.run();
    let reads: Vec<_> = stopped
        .host
        .accesses
        .iter()
        .filter(|access| (program..program + 192).contains(&access.address))
        .collect();
    let entry = |index: u64| Access {
        address: program + 64 * index,
        len: 64,
        store: false,
    };
    assert_eq!(reads, [&entry(0), &entry(2)]);
}

#[test]
fn what_lies_past_the_end_is_never_read() {
    let image = Image::new(&[set(1), set(2)]).with_header(|run| run.len = 1);
    let beyond = image.program + 64;
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    let read = |access: &Access| access.address == beyond;
    assert!(!stopped.host.accesses.iter().any(read));
}

#[test]
fn an_entry_that_cannot_be_read_faults_with_earlier_results_in_place() {
    // The last byte of entry 1 is out of reach.
    let mut image = Image::new(&[set(5), set(6)]);
    image
        .memory
        .set_hole(image.program + 127..image.program + 128);
    let stopped = image.run();
    assert_refused(&stopped, Error::Fault, 1, 1);
    assert_eq!(stopped.slot(0), 5);
}

#[test]
fn a_jump_over_an_unreadable_entry_is_fine() {
    let mut image = Image::new(&[set(5).jumps(0, 0, 1), set(6), set(7)]);
    image
        .memory
        .set_hole(image.program + 64..image.program + 128);
    let stopped = image.run();
    assert_eq!(stopped.outcome, Ok(Status::Done));
    assert_eq!(stopped.slots(), [5, 0, 7]);
}
