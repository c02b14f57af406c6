//! Children and threads.

use std::arch::asm;
use std::process::Command;
use std::sync::Mutex;

use crate::compare;

fn wait(child: i64) -> i32 {
    let mut status = 0;
    let child = i32::try_from(child).expect("a process");
    // SAFETY: waits for a child of the test's.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status
}

#[test]
fn threads() {
    compare("processes::threads", || {
        let sum = Mutex::new(0);
        std::thread::scope(|scope| {
            for number in 0..16 {
                let sum = &sum;
                scope.spawn(move || {
                    std::thread::yield_now();
                    *sum.lock().expect("no panic") += number;
                });
            }
        });
        println!("{}", sum.into_inner().expect("no panic"));
    });
}

#[test]
fn programs_with_their_output() {
    compare("processes::programs_with_their_output", || {
        for line in [
            "echo a | cat",
            "exit 7",
            "kill -9 $$",
            "(echo b; echo c >&2) 2>&1 | sort -r",
        ] {
            let output = Command::new("sh")
                .args(["-c", line])
                .output()
                .expect("a shell");
            println!(
                "{} {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
        let error = Command::new("/no/such/program")
            .spawn()
            .expect_err("there is none");
        println!("{error}");
    });
}

#[test]
fn fork_has_a_memory_of_its_own() {
    compare("processes::fork_has_a_memory_of_its_own", || {
        let mut word = 1;
        let place = &raw mut word;
        // SAFETY: the child only writes a word and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: its own copy.
            unsafe { place.write_volatile(2) };
            // SAFETY: ends the child.
            unsafe { libc::_exit(3) };
        }
        let status = wait(child.into());
        // SAFETY: a word of this function's.
        println!("{status} {}", unsafe { place.read_volatile() });
    });
}

#[test]
fn vfork_shares_its_parents_memory_and_stack() {
    compare(
        "processes::vfork_shares_its_parents_memory_and_stack",
        || {
            let mut word = 1_u64;
            let child: i64;
            // SAFETY: the child writes a word of this function's, and below its stack
            // pointer, before it ends; the parent goes on with its registers.
            unsafe {
                asm!(
                    "mov r12, 0x1234",
                    "sub rsp, 256",
                    "syscall",
                    "test rax, rax",
                    "jnz 2f",
                    // The child: much of what is below, and the word.
                    "lea rdi, [rsp - 4096]",
                    "mov ecx, 4096",
                    "mov al, 0xa5",
                    "rep stosb",
                    "mov qword ptr [{word}], 2",
                    "mov edi, 5",
                    "mov eax, 60",
                    "syscall",
                    "2:",
                    "add rsp, 256",
                    "cmp r12, 0x1234",
                    "je 3f",
                    "mov rax, -1",
                    "3:",
                    word = in(reg) &raw mut word,
                    inlateout("rax") libc::SYS_vfork => child,
                    out("rcx") _,
                    out("r11") _,
                    out("r12") _,
                    out("rdi") _,
                );
            }
            assert!(child > 0);
            println!("{} {word}", wait(child));
        },
    );
}

#[test]
fn clone3_without_handlers() {
    compare("processes::clone3_without_handlers", || {
        extern "C" fn nothing(_: i32) {}
        let handler = nothing as extern "C" fn(i32) as libc::sighandler_t;
        // SAFETY: a handler that does nothing.
        unsafe { libc::signal(libc::SIGUSR1, handler) };
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGUSR2, libc::SIG_IGN) };
        let mut arguments = [0_u64; 11];
        arguments[0] = 1 << 32;
        arguments[4] = 17;
        // SAFETY: as fork(2), with the handlers gone.
        let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, 88) };
        if child == 0 {
            let mut mask = std::mem::MaybeUninit::zeroed();
            // SAFETY: asks for the mask, which is written.
            unsafe { libc::sigprocmask(0, std::ptr::null(), mask.as_mut_ptr()) };
            // SAFETY: it was written.
            let blocked = unsafe { libc::sigismember(mask.as_ptr(), libc::SIGUSR1) };
            // SAFETY: a signal for itself, which it ignores.
            unsafe { libc::raise(libc::SIGUSR2) };
            // SAFETY: the same, which ends it.
            unsafe { libc::raise(libc::SIGUSR1) };
            // SAFETY: ends the child if the signal has not.
            unsafe { libc::_exit(40 + blocked) };
        }
        println!("{}", wait(child));
        for (size, address) in [(8, 0), (64, 8), (1 << 20, 0)] {
            // SAFETY: the kernel refuses them.
            let result = unsafe { libc::syscall(libc::SYS_clone3, address, size) };
            println!(
                "{result} {:?}",
                std::io::Error::last_os_error().raw_os_error()
            );
        }
    });
}

/// The control register of the floating point unit.
fn control() -> u32 {
    let mut word = 0_u32;
    // SAFETY: stores it in a word.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut word) };
    word
}

#[test]
fn threads_inherit_the_floating_point_control() {
    compare(
        "processes::threads_inherit_the_floating_point_control",
        || {
            let before = control();
            // Round towards zero.
            let changed = before | 0x6000;
            // SAFETY: sets a mode that does no harm to what follows.
            unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const changed) };
            let mode = |word: u32| word & 0x6000;
            // SAFETY: asks for a number.
            let own = unsafe { libc::getppid() } > 0;
            println!("{own} {:x}", mode(control()));
            let inherited = std::thread::spawn(control).join().expect("no panic");
            println!("{:x}", mode(inherited));
            // SAFETY: as it was.
            unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const before) };
        },
    );
}
