//! What a system call may do to memory that was found good.
//!
//! Every call that is not named here may do anything: what a kernel to come
//! adds is taken for the worst.

use rustix::io::Errno;
use syscalls::Sysno;

use super::calls;
use super::pages::Span;

/// What is to be forgotten after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: it takes no memory away, and waits for nobody who could.
    Nothing,
    /// What another thread may have taken away while the call waited for it.
    /// Alone in its process, nobody could.
    Transfers,
    /// What the batch has found out: a handler or another process may have run,
    /// or a file that is mapped may be shorter.
    Forget,
    /// That, and that the memory in these bytes stays.
    Takes([Span; 2]),
    /// That, and that any memory stays.
    TakesAny,
}

/// What a call may have done.
#[inline]
pub(super) fn effect(number: u32, args: &[u64; 6], result: i64) -> Effect {
    match KINDS.get(number as usize) {
        Some(Kind::Nothing) => Effect::Nothing,
        Some(&kind) => kind.effect(number, args, result),
        None => Kind::TakesAny.effect(number, args, result),
    }
}

/// What is known of a call by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Nothing,
    Transfers,
    Forgets,
    /// By its arguments.
    Asks,
    TakesAny,
}

impl Kind {
    #[cold]
    fn effect(self, number: u32, args: &[u64; 6], result: i64) -> Effect {
        let effect = match self {
            Self::Nothing => Effect::Nothing,
            Self::Transfers => Effect::Transfers,
            Self::Forgets => Effect::Forget,
            Self::Asks => by_arguments(number, args),
            Self::TakesAny => Effect::TakesAny,
        };
        // The errors that come with a signal, whose handler has run.
        let signalled = [Errno::INTR, Errno::PIPE]
            .iter()
            .any(|errno| result == -i64::from(errno.raw_os_error()));
        match effect {
            Effect::Transfers if signalled => Effect::Forget,
            // There is no such call.
            Effect::TakesAny if result == -i64::from(Errno::NOSYS.raw_os_error()) => {
                Effect::Nothing
            }
            effect => effect,
        }
    }
}

/// For calls whose arguments decide.
fn by_arguments(number: u32, args: &[u64; 6]) -> Effect {
    let [a, b, c, d, e, _] = *args;
    let span = |start: u64, len: u64| Span {
        start,
        end: start.saturating_add(len),
    };
    let bytes = Effect::Takes([span(a, b), Span::EMPTY]);
    let opens = |flags: u64| {
        if has(flags, libc::O_TRUNC) {
            Effect::Forget
        } else {
            Effect::Transfers
        }
    };
    match Sysno::new(number as usize) {
        #[cfg(target_arch = "x86_64")]
        Some(Sysno::open) => opens(b),
        Some(Sysno::openat) => opens(c),
        Some(Sysno::fcntl) if [libc::F_SETLKW, libc::F_OFD_SETLKW].contains(&(b as i32)) => {
            Effect::Forget
        }
        Some(Sysno::fcntl) => Effect::Nothing,
        Some(Sysno::mmap) if !has(d, libc::MAP_FIXED) => Effect::Nothing,
        Some(Sysno::shmat) if !has(c, libc::SHM_REMAP) => Effect::Nothing,
        Some(Sysno::mremap) if has(d, libc::MREMAP_FIXED) => {
            Effect::Takes([span(a, b), span(e, c)])
        }
        Some(Sysno::mmap | Sysno::munmap | Sysno::mremap | Sysno::madvise)
        | Some(Sysno::mprotect | Sysno::pkey_mprotect) => bytes,
        _ => Effect::TakesAny,
    }
}

/// Whether an argument has a flag.
fn has(argument: u64, flag: i32) -> bool {
    argument & u64::from(flag.cast_unsigned()) != 0
}

/// How many numbers are looked up.
const NUMBERS: usize = 512;

/// What is known of each call.
static KINDS: [Kind; NUMBERS] = {
    let mut kinds = [Kind::TakesAny; NUMBERS];
    set(&mut kinds, calls::TAKE_NOTHING, Kind::Nothing);
    set(&mut kinds, calls::TRANSFER, Kind::Transfers);
    set(&mut kinds, calls::FORGET, Kind::Forgets);
    set(&mut kinds, calls::ASK, Kind::Asks);
    kinds
};

const fn set(kinds: &mut [Kind; NUMBERS], calls: &[Sysno], kind: Kind) {
    let mut index = 0;
    while index < calls.len() {
        kinds[calls[index] as usize] = kind;
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 0x7000_0000;

    fn of(sysno: Sysno, args: [u64; 6]) -> Effect {
        effect(sysno as u32, &args, 0)
    }

    #[test]
    fn each_call_is_in_one_list() {
        let lists = [
            calls::TAKE_NOTHING,
            calls::TRANSFER,
            calls::FORGET,
            calls::ASK,
        ];
        let mut all = lists.concat();
        let len = all.len();
        all.sort_by_key(|&sysno| sysno as u32);
        all.dedup();
        assert_eq!(all.len(), len);
    }

    #[test]
    fn what_takes_memory_away() {
        let bytes = |start| Span {
            start,
            end: start + 9,
        };
        let takes = Effect::Takes([bytes(START), Span::EMPTY]);
        let fixed = (libc::MAP_FIXED | libc::MAP_PRIVATE) as u64;
        let moved = libc::MREMAP_FIXED as u64;
        assert_eq!(of(Sysno::munmap, [START, 9, 0, 0, 0, 0]), takes);
        assert_eq!(of(Sysno::mprotect, [START, 9, 0, 0, 0, 0]), takes);
        assert_eq!(of(Sysno::madvise, [START, 9, 0, 0, 0, 0]), takes);
        assert_eq!(of(Sysno::mmap, [START, 9, 0, fixed, 0, 0]), takes);
        assert_eq!(of(Sysno::mmap, [START, 9, 0, 2, 0, 0]), Effect::Nothing);
        assert_eq!(of(Sysno::mremap, [START, 9, 9, 0, 0, 0]), takes);
        assert_eq!(
            of(Sysno::mremap, [START, 9, 9, moved, 2 * START, 0]),
            Effect::Takes([bytes(START), bytes(2 * START)])
        );
        for sysno in [Sysno::brk, Sysno::process_madvise, Sysno::remap_file_pages] {
            assert_eq!(of(sysno, [0; 6]), Effect::TakesAny);
        }
    }

    #[test]
    fn what_waits_or_may_run_a_handler() {
        let write = Sysno::write as u32;
        assert_eq!(of(Sysno::getppid, [0; 6]), Effect::Nothing);
        assert_eq!(of(Sysno::read, [0; 6]), Effect::Transfers);
        assert_eq!(effect(write, &[0; 6], -4), Effect::Forget);
        assert_eq!(effect(write, &[0; 6], -32), Effect::Forget);
        for sysno in [Sysno::futex, Sysno::kill, Sysno::ftruncate, Sysno::shmdt] {
            assert_eq!(of(sysno, [0; 6]), Effect::Forget);
        }
        let truncate = libc::O_TRUNC as u64;
        assert_eq!(of(Sysno::openat, [0, 0, truncate, 0, 0, 0]), Effect::Forget);
        assert_eq!(of(Sysno::openat, [0; 6]), Effect::Transfers);
        assert_eq!(effect(Sysno::openat as u32, &[0; 6], -4), Effect::Forget);
        let wait = libc::F_SETLKW as u64;
        assert_eq!(of(Sysno::fcntl, [0, wait, 0, 0, 0, 0]), Effect::Forget);
        assert_eq!(of(Sysno::fcntl, [0; 6]), Effect::Nothing);
    }

    #[test]
    fn what_is_not_known_may_do_anything() {
        for number in [500, 511, 512, 1 << 30, u32::MAX] {
            assert_eq!(effect(number, &[0; 6], 0), Effect::TakesAny, "{number}");
            assert_eq!(effect(number, &[0; 6], -38), Effect::Nothing, "{number}");
        }
    }
}
