//! Memory that a process has for as long as it runs.
//!
//! The program's own code and data, the heap below the program break and the
//! stack that the process began with are not taken away behind a program's
//! back: `free(3)`, `dlclose(3)` and the end of a thread do not unmap them. What
//! the kernel says of them once is so taken to stay, and a batch that works on
//! nothing else asks for no address.
//!
//! The price is told in docs/interfaces: a program that itself makes a part of
//! this memory inaccessible by `mprotect(2)` or `munmap(2)`, outside of a batch,
//! and hands it to a batch gets the signal and not the error. If it is a batch
//! that does so, [`lose`] is told, and nothing is taken to stay any more.
#![expect(
    unsafe_code,
    reason = "the program headers and the program break are asked for"
)]

use core::ffi::{c_int, c_void};
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicBool, Ordering};
use std::fs::File;
use std::io::Read as _;
use std::sync::OnceLock;

use super::pages::{PAGE_SIZE, Span};

/// A part of the address space of the same protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    span: Span,
    writable: bool,
    /// Whether it ends with the program break, which moves.
    heap: bool,
}

static AREAS: OnceLock<Vec<Area>> = OnceLock::new();
static LOST: AtomicBool = AtomicBool::new(false);

/// What lasts around the bytes from `first` to `last`, and whether it can be
/// written.
///
/// The kernel is asked when a process asks here first, by /proc/self/maps; where
/// there is none nothing is known to last.
pub(super) fn around(first: u64, last: u64) -> Option<(Span, bool)> {
    if LOST.load(Ordering::Relaxed) {
        return None;
    }
    AREAS
        .get_or_init(find)
        .iter()
        .map(|area| (area.now(), area.writable))
        .find(|(span, _)| span.covers(first, last))
}

/// A batch has taken memory away or protected it: what lasts is no longer relied
/// on if the bytes are part of it.
pub(super) fn lose(taken: Span) {
    // If nobody has asked yet, what is found later is what is left.
    let lasting = AREAS.get().into_iter().flatten().map(Area::now);
    let mut touched = lasting.filter(|span| taken.start < span.end && span.start < taken.end);
    if touched.next().is_some() {
        lose_all();
    }
}

/// A batch may have taken any memory away: nothing is relied on any more.
pub(super) fn lose_all() {
    LOST.store(true, Ordering::Relaxed);
}

impl Area {
    /// Where it is now.
    fn now(&self) -> Span {
        if self.heap {
            Span {
                end: program_break(),
                ..self.span
            }
        } else {
            self.span
        }
    }
}

/// The end of the heap; `sbrk(3)` knows it without asking the kernel.
fn program_break() -> u64 {
    // SAFETY: it changes nothing.
    let end = unsafe { libc::sbrk(0) };
    // On failure it is −1, where no heap ends.
    match end.addr() {
        usize::MAX => 0,
        end => end as u64,
    }
}

/// Asks for what lasts.
fn find() -> Vec<Area> {
    // Room for them all, so that the file is read in few pieces.
    let mut maps = String::with_capacity(16 << 10);
    match File::open("/proc/self/maps").and_then(|mut file| file.read_to_string(&mut maps)) {
        Ok(_) => areas(&maps, &image()),
        Err(_) => Vec::new(),
    }
}

/// The lasting areas of a process with these maps whose program is loaded at
/// these places.
fn areas(maps: &str, image: &[Span]) -> Vec<Area> {
    let mut found: Vec<Area> = Vec::new();
    for line in maps.lines() {
        let Some((span, protection, name)) = parse(line) else {
            continue;
        };
        if !protection.starts_with('r') {
            continue;
        }
        let area = |span, heap| Area {
            span,
            writable: protection.as_bytes().get(1) == Some(&b'w'),
            heap,
        };
        match name {
            "[stack]" => found.push(area(span, false)),
            "[heap]" => {
                // All but the last end where they end.
                for area in found.iter_mut().filter(|area| area.heap) {
                    area.heap = false;
                }
                found.push(area(span, true));
            }
            _ => found.extend(image.iter().filter_map(|part| {
                let start = span.start.max(part.start);
                let end = span.end.min(part.end);
                (start < end).then(|| area(Span { start, end }, false))
            })),
        }
    }
    found
}

/// The addresses, the protection and the name in a line of maps
/// (`proc_pid_maps(5)`).
fn parse(line: &str) -> Option<(Span, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let span = Span {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
    };
    let protection = words.next()?;
    Some((span, protection, words.nth(3).unwrap_or_default()))
}

/// Where the program itself is loaded, in whole pages.
fn image() -> Vec<Span> {
    unsafe extern "C" fn first(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: `dl_iterate_phdr` gives a valid structure.
        let info = unsafe { &*info };
        // SAFETY: it is what is handed in below, borrowed by nobody else.
        let spans = unsafe { &mut *data.cast::<Vec<Span>>() };
        let count = usize::from(info.dlpi_phnum);
        if count > 0 {
            // SAFETY: the program headers of what is loaded stay as they are.
            let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, count) };
            spans.extend(
                headers
                    .iter()
                    .filter(|header| header.p_type == libc::PT_LOAD)
                    .map(|header| {
                        let start = info.dlpi_addr.wrapping_add(header.p_vaddr);
                        let end = start.saturating_add(header.p_memsz);
                        Span {
                            start: start - start % PAGE_SIZE,
                            end: end.next_multiple_of(PAGE_SIZE),
                        }
                    }),
            );
        }
        // The first is the program: that is enough.
        1
    }
    let mut spans = Vec::new();
    // SAFETY: the function is called before this returns, with the vector.
    unsafe { libc::dl_iterate_phdr(Some(first), ptr::from_mut(&mut spans).cast()) };
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0a0000000-55d0a0001000 r--p 00000000 fe:01 42   /bin/a program
55d0a0001000-55d0a0002000 r-xp 00001000 fe:01 42   /bin/a program
55d0a0002000-55d0a0003000 ---p 00001000 fe:01 42   /bin/a program
55d0a0003000-55d0a0004000 rw-p 00001000 fe:01 42   /bin/a program
55d0a0004000-55d0a0009000 rw-p 00000000 00:00 0
55d0b0000000-55d0b0021000 rw-p 00000000 00:00 0    [heap]
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0    [stack]
7ffd00030000-7ffd00031000 r-xp 00000000 00:00 0    [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]
";

    fn span(start: u64, end: u64) -> Span {
        Span { start, end }
    }

    #[test]
    fn the_areas_of_a_process() {
        let image = [
            span(0x55d0_a000_0000, 0x55d0_a000_3000),
            span(0x55d0_a000_3000, 0x55d0_a000_6000),
        ];
        let area = |start, end, writable, heap| Area {
            span: span(start, end),
            writable,
            heap,
        };
        let expected = [
            area(0x55d0_a000_0000, 0x55d0_a000_1000, false, false),
            area(0x55d0_a000_1000, 0x55d0_a000_2000, false, false),
            area(0x55d0_a000_3000, 0x55d0_a000_4000, true, false),
            // The part of it that is the program's, and not what lies behind.
            area(0x55d0_a000_4000, 0x55d0_a000_6000, true, false),
            area(0x55d0_b000_0000, 0x55d0_b002_1000, true, true),
            area(0x7ffd_0000_0000, 0x7ffd_0002_1000, true, false),
        ];
        assert_eq!(areas(MAPS, &image), expected);
        assert_eq!(areas("", &image), []);
        assert_eq!(areas("nonsense\n1-2\n", &image), []);
    }

    #[test]
    fn constants_and_static_data_last() {
        static DATA: [u64; 4] = [1; 4];
        static WORD: AtomicBool = AtomicBool::new(false);
        let data = DATA.as_ptr().expose_provenance() as u64;
        let word = WORD.as_ptr().expose_provenance() as u64;
        let writable = |first, last| around(first, last).map(|(_, writable)| writable);
        assert_eq!(writable(data, data + 31), Some(false));
        assert_eq!(writable(word, word), Some(true));
        assert_eq!(writable(0, 7), None);
        assert_eq!(writable(u64::MAX - 7, u64::MAX), None);
    }

    #[test]
    fn the_heap_lasts_as_far_as_it_reaches() {
        let heaps = AREAS.get_or_init(find).iter().filter(|area| area.heap);
        for heap in heaps {
            // Other tests may move it.
            let (end, last, beyond) = loop {
                let end = program_break();
                let found = (end, around(end - 8, end - 1), around(end - 8, end));
                if program_break() == end {
                    break found;
                }
            };
            assert!(heap.span.start < end);
            assert!(matches!(last, Some((span, true)) if span.end == end));
            assert_eq!(beyond, None);
        }
    }
}
