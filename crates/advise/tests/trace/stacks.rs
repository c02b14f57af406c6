//! Stacks, and names for what is on them.

use std::path::Path;

use sysbatch_advise::{Place, Symbols as _};

use crate::{mark, traced};

/// The line of the call in `inner`.
const LINE: u32 = line!() + 5;

#[inline(never)]
fn inner() {
    std::hint::black_box(0);
    mark();
    std::hint::black_box(1);
}

#[inline(never)]
fn outer() {
    inner();
    std::hint::black_box(2);
}

#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "other builds have their names stripped"
)]
fn functions_and_lines_are_known() {
    let traced = traced("stacks::functions_and_lines_are_known", outer);
    let Some((mut trace, told)) = traced else {
        return;
    };
    let call = told.of(libc::SYS_getppid).next().expect("a call");
    // Down to where the thread began.
    let places: Vec<Place> = call
        .stack
        .iter()
        .flat_map(|&frame| trace.stacks.places(frame))
        .collect();
    let find = |name: &str| {
        let is = |place: &Place| {
            let function = place.function.as_deref();
            function.is_some_and(|function| function.contains(name))
        };
        let place = places.iter().position(is);
        place.unwrap_or_else(|| panic!("{name} is not among {places:#?}"))
    };
    let (inner, outer) = (find("stacks::inner"), find("stacks::outer"));
    assert!(inner < outer);
    let file = places[inner].file.as_deref().expect("a file");
    assert!(Path::new(file).ends_with("tests/trace/stacks.rs"), "{file}");
    assert_eq!(places[inner].line, Some(LINE));
    assert!(find("start_thread") > outer || find("clone") > outer);
}

#[test]
fn frames_say_where_functions_begin() {
    let traced = traced("stacks::frames_say_where_functions_begin", || {
        for _ in 0..std::hint::black_box(2) {
            outer();
        }
        outer();
    });
    let Some((_, told)) = traced else { return };
    let stacks: Vec<_> = told.of(libc::SYS_getppid).map(|call| &call.stack).collect();
    assert_eq!(stacks.len(), 3);
    assert_eq!(stacks[0], stacks[1]);
    assert_ne!(stacks[1], stacks[2]);
    let functions = |stack: &[sysbatch_advise::Frame]| {
        let frames = stack.iter();
        let functions = frames.map(|frame| (frame.object, frame.function));
        functions.collect::<Vec<_>>()
    };
    assert_eq!(functions(stacks[1]), functions(stacks[2]));
    for frame in stacks[0] {
        assert!(frame.function < frame.address, "{frame:x?}");
    }
}
