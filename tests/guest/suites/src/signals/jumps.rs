//! Handlers that never return.
#![expect(unsafe_code, reason = "jumping out of a handler")]

use rustix::process::Signal;
use sysbatch::abi::Status;
use syscalls::Sysno;

use crate::escape::{escape, with_escape};
use crate::harness::cases;
use crate::lab::{Batch, Lab, UNWRITTEN, address_of, address_of_mut, at, imm, set, sys};
use crate::process::{fork, until_state, wait_for};
use crate::signal;

cases! {
    both jump_out_of_a_waiting_sub_call;
    both jump_out_between_two_entries;
    both jump_out_of_a_sleep_and_enter_again;
}

extern "C" fn jump(signal: i32, _: *mut libc::siginfo_t, _: *mut core::ffi::c_void) {
    let set = signal::set_of(&[Signal::from_named_raw(signal).expect("a signal")]);
    let mut request = [0_u64; 1];
    request.copy_from_slice(&set);
    // What siglongjmp does with the mask that sigsetjmp saved.
    // SAFETY: the set is as large as the kernel's; nothing is written.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_UNBLOCK,
            request.as_ptr(),
            0_usize,
            8_usize,
        )
    };
    // SAFETY: the handler is only there while `with_escape` runs, on this
    // thread.
    unsafe { escape() }
}

/// Runs a batch out of which a handler jumps, sent by another process once it
/// waits.
fn jump_out_of(lab: &mut Lab, batch: &mut Batch) {
    let waiting = rustix::process::getpid();
    let child = fork(|| {
        until_state(waiting, 'S');
        signal::send(waiting, Signal::USR1);
    });
    signal::handle(Signal::USR1, 0, jump);
    let escaped = with_escape(|| {
        let status = lab.run(batch);
        unreachable!("the batch came back with {status:?}");
    });
    assert!(escaped);
    wait_for(child);
}

fn works_still(lab: &mut Lab) {
    let mut batch = Batch::new([set(5), sys(Sysno::getpid, [])]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [5, i64::from(std::process::id())]);
}

fn jump_out_of_a_waiting_sub_call(lab: &mut Lab) {
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let mut byte = [0_u8];
    let fd = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let read = sys(
        Sysno::read,
        [imm(fd), at(address_of_mut(&mut byte)), imm(1)],
    );
    let mut batch = Batch::new([set(1), read, set(3)]);
    jump_out_of(lab, &mut batch);
    assert_eq!(batch.results, [1, UNWRITTEN, UNWRITTEN]);
    works_still(lab);
    if lab.is_kernel() {
        // The header tells how far it got: going on from there finishes it.
        assert_eq!(
            (batch.status(), batch.run.pc),
            (Some(Status::Interrupted), 1)
        );
        rustix::io::write(&writer, b"x").expect("write");
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, 1, 3]);
        assert_eq!(byte, *b"x");
    }
}

fn jump_out_between_two_entries(lab: &mut Lab) {
    signal::handle(Signal::USR1, 0, jump);
    let kill = [imm(std::process::id()), imm(Signal::USR1.as_raw())];
    let mut batch = Batch::new([set(1), sys(Sysno::kill, kill), set(3)]);
    let escaped = with_escape(|| {
        let status = lab.run(&mut batch);
        unreachable!("the batch came back with {status:?}");
    });
    assert!(escaped);
    works_still(lab);
    if lab.is_kernel() {
        // The signal came after its sub-call and before the next entry.
        assert_eq!(
            (batch.status(), batch.run.pc),
            (Some(Status::Interrupted), 2)
        );
        assert_eq!(batch.results, [1, 0, UNWRITTEN]);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, 0, 3]);
    }
}

fn jump_out_of_a_sleep_and_enter_again(lab: &mut Lab) {
    let long = [1000_u64, 0];
    let sleep = sys(Sysno::nanosleep, [at(address_of(&long)), imm(0)]);
    let mut batch = Batch::new([set(1), sleep, set(3)]);
    jump_out_of(lab, &mut batch);
    works_still(lab);
    if lab.is_kernel() {
        // A jump over sigreturn may leave the restart block; after the sleep
        // of another batch, or without one, the resumption ends or sleeps on.
        // Started afresh it sleeps again, from its beginning.
        assert_eq!(batch.run.pc, 1);
        batch.run.resume = 0;
        batch.entries[1] = set(2);
        assert_eq!(lab.run(&mut batch), Ok(Status::Done));
        assert_eq!(batch.results, [1, 2, 3]);
    }
}
