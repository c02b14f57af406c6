//! Random programs under random filters: what the module makes of them is what
//! becomes of the same calls made one by one under the same filter.
#![expect(unsafe_code, reason = "a handler reads and changes registers")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rustix::process::Signal;
use sysbatch_reference::random::{Random, seed_from_clock};
use syscalls::Sysno;

use super::{Pair, Way, formats, generate, report};
use crate::arch::Registers;
use crate::harness::{Options, cases};
use crate::lab::Lab;
use crate::process::{ended, fork, wait_for};
use crate::signal;
use crate::watched::filter::{
    Instruction, JUMP_IF_EQUAL, LOAD_WORD, RETURN, install, instruction, log_no_ends,
};

cases! {
    both random_programs_under_filters within 600;
    both random_programs_under_filters_and_signals within 600;
}

/// How many programs a filter has.
const PROGRAMS: u64 = 20;

fn random_programs_under_filters(lab: &mut Lab) {
    under_filters(lab, false);
}

fn random_programs_under_filters_and_signals(lab: &mut Lab) {
    under_filters(lab, true);
}

fn under_filters(lab: &mut Lab, signals: bool) {
    let options = lab.options.clone();
    let first = options.seed.unwrap_or_else(seed_from_clock);
    let filters = (options.count / 300).max(1);
    println!("seed {first}, {filters} filters; again with --seed {first}");
    log_no_ends();
    let share = crate::pages::Pages::shared(1);
    for index in 0..filters {
        let seed = first.wrapping_add(index);
        let child = fork(|| {
            let sender = signals.then(super::signalled::sender);
            one_filter(&options, seed, signals);
            share.atomic(0).fetch_add(TRAPPED.load(SeqCst), SeqCst);
            if let Some(sender) = sender {
                signal::send(sender, Signal::KILL);
                ended(sender);
            }
        });
        wait_for(child);
    }
    let trapped = share.atomic(0).load(SeqCst);
    println!("{trapped} calls were trapped");
    assert!(trapped > 0 || filters < 10, "filters do something");
}

/// Runs programs under the filter of a seed.
fn one_filter(options: &Options, seed: u64, signals: bool) {
    let mut random = Random::new(seed);
    signal::handle(Signal::SYS, libc::SA_NODEFER, gives_a_result);
    let mut pair = Pair::new(options);
    let filter = random_filter(&mut random);
    install(&filter);
    for index in 0..PROGRAMS {
        let program = if index % 2 == 0 {
            generate::program(&mut random)
        } else {
            formats::program(&mut random)
        };
        if signals && program.can_be_interrupted() {
            continue;
        }
        if let Err(ends) = pair.compare(&program, Way::Whole) {
            eprintln!("under {filter:?}");
            report(&mut pair, &program, Way::Whole, seed, ends);
        }
    }
}

/// Trapped calls.
static TRAPPED: AtomicU64 = AtomicU64::new(0);

extern "C" fn gives_a_result(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: it is what the kernel passes to this handler.
    let mut registers = unsafe { Registers::of(context) };
    // A result that says of which call and what argument it is: an error, or none.
    let [first, ..] = registers.arguments();
    registers.set_result(100 - (registers.number() & 0xFF) - (first & 1).cast_signed());
    TRAPPED.fetch_add(1, SeqCst);
}

/// The calls that filters have rules for: those that a program makes, and that this
/// case does not need between two programs.
const FILTERED: &[Sysno] = &[
    Sysno::copy_file_range,
    Sysno::dup,
    #[cfg(target_arch = "x86_64")]
    Sysno::dup2,
    Sysno::faccessat,
    Sysno::fallocate,
    Sysno::flock,
    Sysno::fsync,
    Sysno::ftruncate,
    Sysno::getppid,
    Sysno::getuid,
    Sysno::linkat,
    // Elsewhere the case makes its directories by it.
    #[cfg(target_arch = "x86_64")]
    Sysno::mkdirat,
    Sysno::pread64,
    Sysno::pwrite64,
    Sysno::readv,
    Sysno::recvfrom,
    Sysno::renameat2,
    Sysno::restart_syscall,
    Sysno::sched_yield,
    Sysno::sendfile,
    Sysno::sendto,
    Sysno::shutdown,
    Sysno::truncate,
    Sysno::uname,
    Sysno::writev,
];

/// A filter of some rules.
fn random_filter(random: &mut Random) -> Vec<Instruction> {
    let end = |action| instruction(RETURN, 0, 0, action);
    let is = |value, then, otherwise| instruction(JUMP_IF_EQUAL, then, otherwise, value);
    let load = |offset| instruction(LOAD_WORD, 0, 0, offset);
    let mut program = Vec::new();
    for _ in 0..4 + random.below(16) {
        let number = if random.once_in(8) {
            // Not that of an x32 call, about which user space asks no filter (abi.md, C2).
            random.pick(&[471, 1000, i32::MAX])
        } else {
            random.pick(FILTERED).id()
        };
        let action = match random.below(6) {
            0 => libc::SECCOMP_RET_ALLOW,
            1 => libc::SECCOMP_RET_LOG,
            2 | 3 => libc::SECCOMP_RET_TRAP,
            _ => libc::SECCOMP_RET_ERRNO | u32::try_from(random.below(130)).expect("small"),
        };
        let number = number.cast_unsigned();
        if !random.once_in(3) {
            program.extend([load(0), is(number, 0, 1), end(action)]);
        } else {
            let argument = u32::try_from(random.below(3)).expect("small");
            let value = u32::try_from(random.below(8)).expect("small");
            program.extend([
                load(0),
                is(number, 0, 3),
                load(16 + 8 * argument),
                is(value, 0, 1),
                end(action),
            ]);
        }
    }
    program.push(end(libc::SECCOMP_RET_ALLOW));
    program
}
