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

use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};

use super::pages::{PAGE_SIZE, Span};
use crate::signals::Blocked;

/// How many areas are kept. A program has about ten.
const AREAS_MAX: usize = 32;

/// How many parts of a program's image are looked at.
const PARTS_MAX: usize = 16;

/// How much of a line of maps is looked at, in bytes: all but the ends of long names.
const LINE_MAX: usize = 128;

/// A part of the address space of the same protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    span: Span,
    writable: bool,
    /// Whether it ends with the program break, which moves.
    heap: bool,
}

/// Those that were found.
#[derive(Debug)]
struct Areas {
    list: [Area; AREAS_MAX],
    len: usize,
}

static AREAS: OnceLock<Areas> = OnceLock::new();
static LOST: AtomicBool = AtomicBool::new(false);
/// The area that was asked for last, by its place among all: it is looked at first.
static RECENT: AtomicUsize = AtomicUsize::new(0);

/// What lasts around the bytes from `first` to `last`, and whether it can be
/// written.
///
/// The kernel is asked when a process asks here first, by /proc/self/maps; where
/// there is none nothing is known to last.
#[inline]
pub(super) fn around(first: u64, last: u64) -> Option<(Span, bool)> {
    if LOST.load(Ordering::Relaxed) {
        return None;
    }
    let areas = AREAS.get().unwrap_or_else(find_once).get();
    let recent = areas.get(RECENT.load(Ordering::Relaxed));
    let found = recent.and_then(|area| area.around(first, last));
    found.or_else(|| search(areas, first, last))
}

/// Looks at all areas.
#[cold]
fn search(areas: &[Area], first: u64, last: u64) -> Option<(Span, bool)> {
    let found = areas.iter().map(|area| area.around(first, last));
    let mut numbered = found.enumerate();
    let (index, found) = numbered.find_map(|(index, found)| Some((index, found?)))?;
    RECENT.store(index, Ordering::Relaxed);
    Some(found)
}

/// A batch has taken memory away or protected it: what lasts is no longer relied
/// on if the bytes are part of it.
pub(super) fn lose(taken: Span) {
    // If nobody has asked yet, what is found later is what is left.
    let lasting = AREAS.get().map_or(&[][..], Areas::get);
    let lasting = lasting.iter().map(Area::now);
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
    /// Where it is now, and whether it can be written, if the bytes are in it.
    #[inline]
    fn around(&self, first: u64, last: u64) -> Option<(Span, bool)> {
        // Where the heap ends is asked for only if it matters.
        let may_be = self.span.start <= first && (self.heap || last < self.span.end);
        let span = may_be.then(|| self.now())?;
        span.covers(first, last).then_some((span, self.writable))
    }

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

/// Asks for what lasts, in one thread. A handler of a signal that comes meanwhile would
/// wait for what it has interrupted.
#[cold]
fn find_once() -> &'static Areas {
    let _blocked = Blocked::all();
    AREAS.get_or_init(find)
}

/// Asks for what lasts. This may be in a handler, so nothing is allocated, and no lock
/// of the C library taken.
fn find() -> Areas {
    let mut areas = Areas::new();
    let image = image();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let Ok(maps) = rustix::fs::open(c"/proc/self/maps", flags, Mode::empty()) else {
        return areas;
    };
    let mut bytes = [0; 1024];
    let mut line = [0; LINE_MAX];
    let mut length = 0;
    loop {
        let count = match rustix::io::read(&maps, &mut bytes) {
            Ok(count) if count > 0 => count,
            _ => return areas,
        };
        for &byte in &bytes[..count] {
            if byte == b'\n' {
                let text = &line[..length.min(LINE_MAX)];
                areas.note(core::str::from_utf8(text).unwrap_or_default(), &image);
                length = 0;
                continue;
            }
            if let Some(place) = line.get_mut(length) {
                *place = byte;
            }
            length += 1;
        }
    }
}

impl Areas {
    const fn new() -> Self {
        let none = Area {
            span: Span::EMPTY,
            writable: false,
            heap: false,
        };
        Self {
            list: [none; AREAS_MAX],
            len: 0,
        }
    }

    fn get(&self) -> &[Area] {
        &self.list[..self.len]
    }

    /// Adds one. What there is no room for is not known to last.
    fn add(&mut self, area: Area) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = area;
            self.len += 1;
        }
    }

    /// Adds what a line of maps says of a process whose program is loaded at these
    /// places.
    fn note(&mut self, line: &str, image: &[Span]) {
        let Some((span, protection, name)) = parse(line) else {
            return;
        };
        if !protection.starts_with('r') {
            return;
        }
        let area = |span, heap| Area {
            span,
            writable: protection.as_bytes().get(1) == Some(&b'w'),
            heap,
        };
        match name {
            "[stack]" => self.add(area(span, false)),
            "[heap]" => {
                // All but the last end where they end.
                for area in &mut self.list {
                    area.heap = false;
                }
                self.add(area(span, true));
            }
            _ => {
                for part in image {
                    let start = span.start.max(part.start);
                    let end = span.end.min(part.end);
                    if start < end {
                        self.add(area(Span { start, end }, false));
                    }
                }
            }
        }
    }
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

/// Where the program itself is loaded, in whole pages. What it has no part of is empty.
fn image() -> [Span; PARTS_MAX] {
    let mut spans = [Span::EMPTY; PARTS_MAX];
    let headers = program_headers();
    let Some(moved) = moved_by(headers) else {
        return spans;
    };
    let parts = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD);
    for (span, header) in spans.iter_mut().zip(parts) {
        let start = moved.wrapping_add(header.p_vaddr);
        let end = start.saturating_add(header.p_memsz);
        *span = Span {
            start: start - start % PAGE_SIZE,
            end: end.next_multiple_of(PAGE_SIZE),
        };
    }
    spans
}

/// The program headers of the program (`getauxval(3)`).
fn program_headers() -> &'static [libc::Elf64_Phdr] {
    // SAFETY: there is no precondition.
    let address = unsafe { libc::getauxval(libc::AT_PHDR) } as usize;
    // SAFETY: there is no precondition.
    let count = unsafe { libc::getauxval(libc::AT_PHNUM) } as usize;
    // SAFETY: there is no precondition.
    let size = unsafe { libc::getauxval(libc::AT_PHENT) } as usize;
    if address == 0 || size != size_of::<libc::Elf64_Phdr>() {
        return &[];
    }
    let headers = ptr::with_exposed_provenance(address);
    // SAFETY: the kernel says that they are there, and they stay as they are.
    unsafe { slice::from_raw_parts(headers, count) }
}

/// How far the program is loaded from where it was linked to.
fn moved_by(headers: &[libc::Elf64_Phdr]) -> Option<u64> {
    /// Where the headers lie in the file: behind the header of all of it.
    const BEHIND: u64 = size_of::<libc::Elf64_Ehdr>() as u64;
    let here = headers.as_ptr().addr() as u64;
    let own = headers.iter().find(|header| header.p_type == libc::PT_PHDR);
    if let Some(own) = own {
        return Some(here.wrapping_sub(own.p_vaddr));
    }
    // A static program may not say where they are.
    let first = headers
        .iter()
        .find(|header| header.p_type == libc::PT_LOAD && header.p_offset == 0)?;
    Some(here.wrapping_sub(BEHIND).wrapping_sub(first.p_vaddr))
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

    fn areas(maps: &str, image: &[Span]) -> Vec<Area> {
        let mut areas = Areas::new();
        maps.lines().for_each(|line| areas.note(line, image));
        areas.get().to_vec()
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
        // More than are kept.
        let stack = "1000-2000 rw-p 00000000 00:00 0 [stack]\n";
        assert_eq!(areas(&stack.repeat(100), &image).len(), AREAS_MAX);
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
        let heaps = find_once().get().iter().filter(|area| area.heap);
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
