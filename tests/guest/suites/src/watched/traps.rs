//! `SECCOMP_RET_TRAP`: the handler of `SIGSYS` sees the sub-call and says what
//! its result is.
#![expect(unsafe_code, reason = "a handler reads and changes registers")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};

use rustix::process::Signal;
use sysbatch::abi::{Entry, Status};
use sysbatch_reference::EntryExt as _;
use syscalls::Sysno;

use super::filter::{filter, install};
use crate::arch::{AUDIT_ARCHITECTURE, Registers, left_alone};
use crate::escape::{escape, with_escape};
use crate::harness::cases;
use crate::lab::{Batch, Lab, imm, set, sys};
use crate::process::{ended, fork};
use crate::signal;

cases! {
    both trap_handler_gets_the_sub_call;
    both trap_handler_gives_any_result;
    both trap_handler_that_leaves_the_registers;
    both trap_of_a_number_of_no_call;
    both trap_in_a_loop;
    both trap_handler_that_jumps_away;
    both trap_without_a_handler;
    both trap_with_the_signal_blocked;
    both trap_with_the_signal_ignored;
    both trap_beside_another_signal;
}

/// What the handler saw: the number and the arguments as registers, then the
/// number, the address and the architecture that the signal tells.
static SEEN: [AtomicU64; 10] = [const { AtomicU64::new(0) }; 10];
/// Where the interrupted code goes on.
static GOES_ON: AtomicU64 = AtomicU64::new(0);
/// How often it has run.
static RUNS: AtomicU64 = AtomicU64::new(0);
/// The result that it gives, if it is to give any.
static GIVES: AtomicI64 = AtomicI64::new(LEAVES);
/// A value of [`GIVES`] that no case gives.
const LEAVES: i64 = i64::MIN + 77;

extern "C" fn trapped(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    SEEN[0].store(registers.number().cast_unsigned(), SeqCst);
    for (place, argument) in SEEN[1..].iter().zip(registers.arguments()) {
        place.store(argument, SeqCst);
    }
    GOES_ON.store(registers.goes_on(), SeqCst);
    // `_sigsys` of siginfo_t: after three words of 32 bits and the padding, an
    // address, a number and an architecture.
    // SAFETY: siginfo_t has 128 bytes, of any value.
    let info: [u64; 4] = unsafe { info.cast::<[u64; 4]>().read() };
    let [_, _, address, call] = info;
    SEEN[7].store(call & 0xFFFF_FFFF, SeqCst);
    SEEN[8].store(call >> 32, SeqCst);
    SEEN[9].store(address, SeqCst);
    RUNS.fetch_add(1, SeqCst);
    let gives = GIVES.load(SeqCst);
    if gives != LEAVES {
        registers.set_result(gives);
    }
}

fn seen() -> [u64; 10] {
    SEEN.each_ref().map(|place| place.load(SeqCst))
}

/// A call with six arguments, of which a handler is to see each.
fn call() -> Entry {
    sys(
        Sysno::mremap,
        [imm(11), imm(-12), imm(13), imm(14), imm(15), imm(16)],
    )
}

fn number(call: Sysno) -> u64 {
    u64::try_from(call.id()).expect("a call number")
}

fn batch(call: Entry) -> Batch {
    Batch::new([set(1), sys(Sysno::getpid, []), call, sys(Sysno::getuid, [])])
}

fn ids() -> (i64, i64) {
    let uid = rustix::process::getuid().as_raw();
    (i64::from(std::process::id()), i64::from(uid))
}

fn trap_handler_gets_the_sub_call(lab: &mut Lab) {
    signal::handle(Signal::SYS, 0, trapped);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    GIVES.store(4711, SeqCst);
    let (pid, uid) = ids();
    let mut batch = batch(call());
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, pid, 4711, uid]);
    let mremap = number(Sysno::mremap);
    let minus_twelve = (-12_i64).cast_unsigned();
    let expected = [
        mremap,
        11,
        minus_twelve,
        13,
        14,
        15,
        16,
        mremap,
        AUDIT_ARCHITECTURE.into(),
    ];
    assert_eq!(seen()[..9], expected);
    assert_eq!(seen()[9], GOES_ON.load(SeqCst), "where the call was made");
    assert_eq!((batch.run.steps, batch.run.fuel), (4, 0));
    assert_eq!(batch.run.value, 0);
    // The device is left for the handler, and entered again.
    let expected = if lab.is_kernel() { 2 } else { 3 };
    assert_eq!(lab.backend.crossings() - before, expected);
}

fn trap_handler_gives_any_result(lab: &mut Lab) {
    signal::handle(Signal::SYS, 0, trapped);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    for result in [
        0,
        -1,
        -4,
        -512,
        -4095,
        -4096,
        i64::MIN,
        i64::MAX,
        1 << 32,
        0x7FFF_1234_5000,
    ] {
        GIVES.store(result, SeqCst);
        let mut batch = batch(call());
        batch.run.value = 55;
        assert_eq!(lab.run(&mut batch), Ok(Status::Done), "{result}");
        assert_eq!(batch.results[2], result);
        assert_eq!(batch.run.value, 55);
    }
}

fn trap_handler_that_leaves_the_registers(lab: &mut Lab) {
    signal::handle(Signal::SYS, 0, trapped);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    let mut batch = batch(call());
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    let left = left_alone(number(Sysno::mremap).cast_signed(), 11);
    assert_eq!(batch.results[2], left);
}

fn trap_of_a_number_of_no_call(lab: &mut Lab) {
    signal::handle(Signal::SYS, 0, trapped);
    let mut filter = filter(Sysno::mremap, libc::SECCOMP_RET_TRAP);
    filter[1].k = 0x7FFF_FFFE;
    install(&filter);
    let mut batch = batch(Entry {
        nr: 0x7FFF_FFFE,
        ..call()
    });
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[2], left_alone(0x7FFF_FFFE, 11));
    assert_eq!((seen()[0], seen()[7]), (0x7FFF_FFFE, 0x7FFF_FFFE));
    assert_eq!((seen()[1], seen()[6]), (11, 16));
}

fn trap_in_a_loop(lab: &mut Lab) {
    signal::handle(Signal::SYS, 0, trapped);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    GIVES.store(-1, SeqCst);
    let mut batch = Batch::new([
        set(50),
        sys(Sysno::getpid, []),
        call(),
        sysbatch_reference::built_in(
            sysbatch::abi::BuiltIn::Sub,
            &[crate::lab::result(0), imm(1)],
        )
        .to_slot(0)
        .jumps(0, 0, -3),
    ])
    .with_fuel(1000);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[2], -1);
    assert_eq!(RUNS.load(SeqCst), 50);
    assert_eq!((batch.run.steps, batch.run.fuel), (151, 849));
}

extern "C" fn jumps_away(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the case is within `with_escape`.
    unsafe { escape() };
}

fn trap_handler_that_jumps_away(lab: &mut Lab) {
    signal::handle(Signal::SYS, libc::SA_NODEFER, jumps_away);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    let mut batch = batch(call());
    let (pid, uid) = ids();
    let escaped = with_escape(|| {
        let status = lab.enter(&mut batch);
        panic!("it came back with {status:?}");
    });
    assert!(escaped);
    if lab.is_kernel() {
        assert_eq!(batch.status(), Some(Status::Trapped));
        assert_eq!((batch.run.pc, batch.run.steps), (2, 2));
        assert_eq!(batch.results[..2], [1, pid]);
        // Another call in its place, and the batch goes on.
        batch.entries[2] = set(9);
        assert_eq!(lab.enter(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, pid, 9, uid]);
    }
}

/// The signal that ends a child whose batch has a call trapped, and whether
/// the call before it was made.
fn ends(lab: &mut Lab, prepare: impl FnOnce()) -> Option<i32> {
    let child = fork(|| {
        prepare();
        install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
        let status = lab.run(&mut batch(call()));
        panic!("it came back with {status:?}");
    });
    ended(child).terminating_signal()
}

fn trap_without_a_handler(lab: &mut Lab) {
    assert_eq!(ends(lab, || {}), Some(Signal::SYS.as_raw()));
}

fn trap_with_the_signal_blocked(lab: &mut Lab) {
    let signal = ends(lab, || {
        signal::handle(Signal::SYS, 0, trapped);
        let set = signal::set_of(&[Signal::SYS]);
        // SAFETY: the set is as long as is said.
        let result = unsafe {
            libc::syscall(
                libc::SYS_rt_sigprocmask,
                libc::SIG_BLOCK,
                set.as_ptr(),
                0_usize,
                8_usize,
            )
        };
        assert_eq!(result, 0);
    });
    assert_eq!(signal, Some(Signal::SYS.as_raw()));
}

fn trap_with_the_signal_ignored(lab: &mut Lab) {
    let signal = ends(lab, || {
        // SAFETY: no handler is involved.
        unsafe { libc::signal(libc::SIGSYS, libc::SIG_IGN) };
    });
    assert_eq!(signal, Some(Signal::SYS.as_raw()));
}

fn trap_beside_another_signal(lab: &mut Lab) {
    // The call before sends a signal that is handled between the two.
    signal::handle(Signal::SYS, 0, trapped);
    signal::count(Signal::USR1, 0);
    install(&filter(Sysno::mremap, libc::SECCOMP_RET_TRAP));
    GIVES.store(5, SeqCst);
    let (pid, uid) = ids();
    let kill = sys(Sysno::kill, [imm(pid), imm(libc::SIGUSR1)]);
    let mut batch = Batch::new([set(1), kill, call(), kill, sys(Sysno::getuid, [])]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, 0, 5, 0, uid]);
    assert_eq!((signal::handled(), RUNS.load(SeqCst)), (2, 1));
}
