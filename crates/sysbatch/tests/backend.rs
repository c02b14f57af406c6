//! The low level: headers and entries made by hand, run in user space.
#![expect(unsafe_code, reason = "batches made by hand")]

use rustix::io::Errno;
use sysbatch::abi::{BuiltIn, Entry, Format, Mode, RUN_SIZE, Run, Status, Width};
use sysbatch::{Backend, Checked, Direct, Kind, Memory};
use syscalls::Sysno;

/// A header for a program with one result slot for each entry.
fn header(program: &[Entry], results: &mut [i64]) -> Run {
    Run {
        size: RUN_SIZE as u32,
        format: Format::Native.raw(),
        program: program.as_ptr().expose_provenance() as u64,
        len: program.len() as u64,
        results: results.as_mut_ptr().expose_provenance() as u64,
        results_len: results.len() as u64,
        fuel: program.len() as u64,
        ..Run::default()
    }
}

fn call(sysno: Sysno, args: [u64; 6]) -> Entry {
    Entry {
        nr: sysno as i32,
        dst: 0xFFFF,
        args,
        ..Entry::default()
    }
}

fn builtin(builtin: BuiltIn, modes: u16, a: u64, b: u64, c: u64) -> Entry {
    Entry {
        nr: builtin.number(),
        modes,
        dst: 0xFFFF,
        args: [a, b, c, 0, 0, 0],
        ..Entry::default()
    }
}

/// Runs a program in user space and gives its results.
fn run<M: Memory>(program: &[Entry], memory: &mut M) -> (Vec<i64>, Run, Result<Status, Errno>) {
    let mut results = vec![i64::MIN; program.len()];
    let mut run = header(program, &mut results);
    // SAFETY: each test says why its batch is sound.
    let status = unsafe { Backend::user().run(&mut run, memory) };
    (results, run, status)
}

#[test]
fn calls_and_arithmetic() {
    // SAFETY: the batches ask for the process id and compute.
    let mut memory = unsafe { Direct::new() };
    let program = [
        call(Sysno::getpid, [0; 6]),
        builtin(BuiltIn::Add, Mode::Result.bits(0), 0, 1, 0),
        call(Sysno::close, [u64::MAX, 0, 0, 0, 0, 0]),
        call(Sysno::read, [0xFFFF_FFFF, 0, 0, 0, 0, 0]),
    ];
    let backend = Backend::user();
    let mut results = [0; 4];
    let mut run = header(&program, &mut results);
    // SAFETY: as above.
    let status = unsafe { backend.run(&mut run, &mut memory) };
    let pid = i64::from(std::process::id());
    assert_eq!(status, Ok(Status::Done));
    assert_eq!(results, [pid, pid + 1, -9, -9]);
    assert_eq!((run.pc, run.fuel, run.steps), (4, 0, 4));
    assert_eq!(backend.crossings(), 3);
    assert_eq!(backend.kind(), Kind::User);
}

#[test]
fn checked_memory_answers_bad_addresses() {
    for width in [Width::One, Width::Two, Width::Four, Width::Eight] {
        for address in [0, 1, 4096, u64::MAX, 1 << 63, u64::MAX - 4095] {
            // SAFETY: nothing is mapped at any of these addresses.
            let mut memory = unsafe { Checked::new() }.unwrap();
            let program = [builtin(BuiltIn::Load(width), 0, address, 0, 0)];
            let (results, header, status) = run(&program, &mut memory);
            assert_eq!(status, Err(Errno::FAULT), "load at {address:#x}");
            assert_eq!(header.status, Status::Refused.raw());
            assert_eq!(results, [i64::MIN]);
            let program = [builtin(BuiltIn::Store(width), 0, address, 0, 7)];
            let (_, header, status) = run(&program, &mut memory);
            assert_eq!(status, Err(Errno::FAULT), "store at {address:#x}");
            assert_eq!((header.steps, header.pc), (0, 0));
            assert!(memory.accesses() > 0);
        }
    }
}

#[test]
fn a_refused_header_has_no_status() {
    // SAFETY: the header is refused.
    let mut memory = unsafe { Checked::new() }.unwrap();
    let mut run = Run {
        status: Status::Done.raw(),
        ..Run::default()
    };
    // SAFETY: as above.
    let result = unsafe { Backend::user().enter(&mut run, &mut memory) };
    assert_eq!(result, Err(Errno::INVAL));
    assert_eq!(run.status, Status::None.raw());
    for (address, errno) in [(0, Errno::FAULT), (4, Errno::INVAL), (8, Errno::FAULT)] {
        // SAFETY: nothing is mapped there.
        let result = unsafe { Backend::user().enter_at(address, &mut memory) };
        assert_eq!(result, Err(errno));
    }
}
