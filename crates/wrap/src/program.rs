//! Which file is the program: `/proc/self/exe`, where the process may not say it.
//!
//! The link then leads to the loader. The program's file is kept open, and calls that
//! name the link are made with another one, which leads to that file.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::call;
use crate::layout::Descriptor;
use crate::message;
use crate::nr;
use crate::sys;

/// Whether the program's file is kept.
static IS_KEPT: AtomicBool = AtomicBool::new(false);

/// A path with a descriptor's number and a zero at its end.
pub(crate) type DescriptorPath = [u8; 40];

/// Keeps the file of a new program open.
pub(crate) fn keep(file: u64) {
    let kept = sys::duplicate(file, call::descriptor(Descriptor::Program)).is_ok();
    IS_KEPT.store(kept, Relaxed);
}

/// Forgets that of the program before, if it was kept.
pub(crate) fn forget() {
    sys::close(call::descriptor(Descriptor::Program));
}

/// The argument with a path that may be the link.
fn path_of(number: u32) -> Option<usize> {
    match number {
        nr::OPEN | nr::READLINK => Some(0),
        nr::OPENAT | nr::READLINKAT => Some(1),
        _ => None,
    }
}

/// The arguments to make a call with: with another path in the place of the link, which
/// is written to `path`.
pub(crate) fn redirect(number: u32, mut args: [u64; 6], path: &mut DescriptorPath) -> [u64; 6] {
    if let Some(index) = path_of(number) {
        args[index] = redirect_path(args[index], path);
    }
    args
}

/// The address of a path that leads to the program: `given`, or `path` if that is the
/// link.
pub(crate) fn redirect_path(given: u64, path: &mut DescriptorPath) -> u64 {
    let mut start = [0; 32];
    if !IS_KEPT.load(Relaxed) || !is_link(sys::read_start(given, &mut start)) {
        return given;
    }
    let file = call::descriptor(Descriptor::Program);
    join(path, b"/proc/self/fd/", file);
    sys::address(path)
}

/// Whether this begins with the path of the link and a zero.
fn is_link(start: &[u8]) -> bool {
    let name = |start: &[u8]| {
        let process = start.strip_prefix(b"/proc/")?;
        let end = process.iter().position(|&byte| byte == b'/')?;
        let (process, rest) = process.split_at_checked(end)?;
        let mut digits = [0; 20];
        let is_own = process == b"self"
            || process == b"thread-self"
            || process == message::digits(sys::process(), &mut digits);
        Some(is_own && rest.starts_with(b"/exe\0"))
    };
    name(start).unwrap_or(false)
}

/// Writes a path that ends with a descriptor's number and a zero.
pub(crate) fn join<'a>(buffer: &'a mut DescriptorPath, prefix: &[u8], fd: u64) -> &'a [u8] {
    let mut digits = [0; 20];
    let digits = message::digits(fd & 0xffff_ffff, &mut digits);
    let mut size = 0;
    for (place, byte) in buffer.iter_mut().zip(prefix.iter().chain(digits)) {
        *place = *byte;
        size += 1;
    }
    buffer.get(..=size).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_link, join};

    #[test]
    fn links_to_the_own_program() {
        let own = std::format!("/proc/{}/exe\0", std::process::id());
        for path in ["/proc/self/exe\0", "/proc/thread-self/exe\0and more", &own] {
            assert!(is_link(path.as_bytes()), "{path}");
        }
        for path in [
            "/proc/self/exe",
            "/proc/1/exe\0",
            "/proc/self/ex\0",
            "/bin/true\0",
            "",
        ] {
            assert!(!is_link(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn paths_of_descriptors() {
        assert_eq!(join(&mut [0; 40], b"/dev/fd/", 1018), b"/dev/fd/1018\0");
        assert_eq!(join(&mut [0; 40], b"/dev/fd/", 0), b"/dev/fd/0\0");
    }
}
