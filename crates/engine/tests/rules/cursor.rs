//! The loop entered by its own door, with a cursor instead of a header.

use sysbatch_abi::{PuntReason, Resume};
use sysbatch_engine::{Cursor, Native, run};
use sysbatch_reference::ScriptedHost;

use crate::*;

fn enter(image: Image, cursor: &mut Cursor) -> (Status, Option<Error>) {
    let header = image.read_header();
    let native = Native::new(
        header.program,
        header.len,
        header.results,
        header.results_len,
    );
    let mut host = ScriptedHost::new(image.memory, image.script);
    run(&mut host, &native, cursor)
}

const CURSOR: Cursor = Cursor {
    pc: 0,
    fuel: 10,
    steps: 0,
    value: 0,
    resume: Resume::Fresh,
    reason: None,
};

#[test]
fn a_program_counter_beyond_the_end_is_refused() {
    for pc in [2, 3, u64::MAX] {
        let mut cursor = Cursor { pc, ..CURSOR };
        let stopped = enter(Image::new(&[call(1, &[])]), &mut cursor);
        assert_eq!(stopped, (Status::Refused, Some(Error::Invalid)));
        assert_eq!(cursor, Cursor { pc, ..CURSOR });
    }
}

#[test]
fn an_old_reason_is_forgotten() {
    let mut cursor = Cursor {
        reason: Some(PuntReason::Call),
        ..CURSOR
    };
    assert_eq!(
        enter(Image::new(&[set(1)]), &mut cursor),
        (Status::Done, None)
    );
    assert_eq!(cursor.reason, None);
}
