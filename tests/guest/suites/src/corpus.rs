//! Programs as text, with what they must come to.
//!
//! Lines that begin with `# expect:` say it; the format is described in
//! `tests/corpus/README.md`. Each program runs on the host that is tested.

mod expect;

use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use sysbatch::abi::Status;
use sysbatch_asm::Image;

use crate::harness::{Case, On};
use crate::lab::Lab;
use crate::scratch::Scratch;
use expect::{Expectation, Expected};

/// Names and texts.
const CORPUS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

pub(crate) fn cases() -> Vec<Case> {
    let case = |&(name, source)| Case {
        name: name_of(name),
        on: On::Both,
        limit: Duration::from_secs(60),
        body: Rc::new(move |lab| check(lab, name, source)),
    };
    CORPUS.iter().map(case).collect()
}

fn name_of(name: &str) -> String {
    format!("{name}.sb")
}

/// Runs a program and compares.
fn check(lab: &mut Lab, name: &str, source: &str) {
    let program = sysbatch_asm::assemble(&name_of(name), source);
    let program = program.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let expected = Expected::of(source).unwrap_or_else(|mistake| panic!("{mistake}"));
    let scratch = Scratch::new(name);
    std::env::set_current_dir(scratch.path()).expect("chdir");
    // Programs may make calls that take the right to write their memory, so
    // it is never given back.
    let image = Box::leak(Box::new(Image::load(&program)));
    let mut run = image.run();
    let fuel = run.fuel;
    let outcome = lab.run_header(&mut run);
    let status = Status::from_raw(run.status).expect("a known status");
    assert_eq!((status, outcome.err()), (expected.status, expected.error));
    assert_eq!(outcome.ok(), expected.error.is_none().then_some(status));
    assert_eq!(
        (run.pc, run.steps),
        (expected.pc, expected.steps),
        "pc and steps"
    );
    assert_eq!(run.fuel, fuel - expected.steps, "fuel");
    assert_eq!((run.reason, run.resume), (0, 0), "reason and resume");
    for expectation in &expected.rest {
        match expectation {
            Expectation::Value(value) => assert_eq!(run.value, *value, "value"),
            Expectation::Slot(slot, value) => {
                let index = slot
                    .index(&program)
                    .unwrap_or_else(|| panic!("no slot {slot:?}"));
                let found = image.result(index);
                assert_eq!(found, Some(*value), "slot {slot:?}");
            }
            Expectation::Word(block, index, value) => {
                let found = data(image, &program, block, 8 * index, 8);
                let found = found.try_into().map(i64::from_le_bytes);
                assert_eq!(found, Ok(*value), "word {block}[{index}]");
            }
            Expectation::Bytes(block, bytes) => {
                let found = data(image, &program, block, 0, bytes.len());
                assert_eq!(
                    found.escape_ascii().to_string(),
                    bytes.escape_ascii().to_string()
                );
            }
        }
    }
    std::env::set_current_dir("/").expect("chdir");
}

/// Bytes of a block of data.
fn data(
    image: &Image,
    program: &sysbatch_asm::Program,
    block: &str,
    offset: usize,
    len: usize,
) -> Vec<u8> {
    let found = program
        .block(block)
        .unwrap_or_else(|| panic!("no data named {block}"));
    let start = usize::try_from(found.offset).expect("64-bit") + offset;
    let section = image.section(sysbatch_asm::Section::Data);
    section[start..start + len].to_vec()
}

/// The error that a name stands for.
fn errno(name: &str) -> Option<Errno> {
    let value = constant(name)?;
    i32::try_from(value).ok().map(Errno::from_raw_os_error)
}

/// A constant of the system by its name.
fn constant(name: &str) -> Option<i64> {
    let source = format!("SET({name})");
    let program = sysbatch_asm::assemble("constant", &source).ok()?;
    Some(program.entries.first()?.args[0].cast_signed())
}
