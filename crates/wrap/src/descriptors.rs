//! The loader's descriptors, of which the program knows nothing.
#![expect(unsafe_code, reason = "system calls that the program asked for")]

use crate::call;
use crate::layout;
use crate::nr;
use crate::sys;

/// Whether a descriptor is the loader's.
fn is_own(fd: u64, top: u32) -> bool {
    // The kernel takes the low 32 bits.
    let fd = fd as u32;
    fd <= top && fd > top - layout::DESCRIPTORS
}

/// Whether a call is to find that there is no such descriptor: one that would close
/// it, replace it or say that it is there.
pub(crate) fn is_refused(number: u32, args: &[u64; 6]) -> bool {
    let top = call::top();
    match number {
        nr::CLOSE | nr::DUP | nr::FCNTL | nr::FSTAT | nr::READ | nr::WRITE => is_own(args[0], top),
        nr::DUP2 | nr::DUP3 => is_own(args[0], top) || is_own(args[1], top),
        _ => false,
    }
}

/// `close_range(2)` around them.
///
/// # Safety
/// The program has asked for it.
pub(crate) unsafe fn close_range(args: [u64; 6]) -> i64 {
    let [first, last, flags, ..] = args;
    let mut result = 0;
    let mut flags = flags;
    let Some(parts) = around(first as u32, last as u32, call::top()) else {
        // SAFETY: by the contract of this function.
        return unsafe { call::batched(nr::CLOSE_RANGE, args) };
    };
    for (first, last) in parts.into_iter().flatten() {
        let args = [first.into(), last.into(), flags, 0, 0, 0];
        // SAFETY: as above.
        result = unsafe { call::batched(nr::CLOSE_RANGE, args) };
        if result != 0 {
            break;
        }
        // CLOSE_RANGE_UNSHARE: once is enough.
        flags &= !2;
    }
    result
}

/// The parts of a range that are left without the loader's descriptors; none if it has
/// none of them.
fn around(first: u32, last: u32, top: u32) -> Option<[Option<(u32, u32)>; 2]> {
    let low = top - layout::DESCRIPTORS + 1;
    if first > last || first > top || last < low {
        return None;
    }
    let below = (first < low).then(|| (first, low - 1));
    let above = (last > top).then(|| (top + 1, last));
    Some([below, above])
}

/// What is said of the loader's descriptors.
pub(crate) const REFUSED: i64 = sys::EBADF;

#[cfg(test)]
mod tests {
    use super::{around, is_own};

    #[test]
    fn six_descriptors_are_taken() {
        let own: std::vec::Vec<u64> = (0..2000).filter(|&fd| is_own(fd, 1023)).collect();
        assert_eq!(own, [1018, 1019, 1020, 1021, 1022, 1023]);
        assert!(is_own(0xdead_0000_03ff, 1023) == is_own(0x03ff, 1023));
        assert!(!is_own(u64::MAX, 1023));
    }

    #[test]
    fn ranges_go_around_them() {
        let top = 1023;
        assert_eq!(around(3, 9, top), None);
        assert_eq!(around(1024, u32::MAX, top), None);
        assert_eq!(around(9, 3, top), None);
        assert_eq!(
            around(3, u32::MAX, top),
            Some([Some((3, 1017)), Some((1024, u32::MAX))])
        );
        assert_eq!(around(1020, 1021, top), Some([None, None]));
        assert_eq!(around(1017, 1019, top), Some([Some((1017, 1017)), None]));
        assert_eq!(around(1023, 1024, top), Some([None, Some((1024, 1024))]));
    }
}
