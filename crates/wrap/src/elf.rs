//! The headers of an ELF program (`elf(5)`, `fs/binfmt_elf.c`).

use crate::sys::{self, ENOEXEC, Error};

/// How many bytes of segment headers are looked at.
const TABLE_SIZE: usize = 4096;

const HEADER_SIZE: usize = 64;
const SEGMENT_SIZE: usize = 56;
const MACHINE_X86_64: u16 = 62;
const TYPE_EXECUTABLE: u16 = 2;
const TYPE_SHARED: u16 = 3;

pub(crate) const SEGMENT_LOAD: u32 = 1;
pub(crate) const SEGMENT_INTERPRETER: u32 = 3;
pub(crate) const SEGMENT_HEADERS: u32 = 6;
pub(crate) const SEGMENT_STACK: u32 = 0x6474_e551;

pub(crate) const PAGE: u64 = 4096;

/// A program's headers.
#[derive(Debug)]
pub(crate) struct Elf {
    /// Whether it lies wherever it is put.
    pub(crate) is_movable: bool,
    pub(crate) entry: u64,
    /// Where the segment headers are in the file, and how many there are.
    pub(crate) table: u64,
    pub(crate) count: u16,
    bytes: [u8; TABLE_SIZE],
}

/// A segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    /// 1 to execute, 2 to write, 4 to read.
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) file_size: u64,
    pub(crate) memory_size: u64,
    pub(crate) alignment: u64,
}

impl Segment {
    /// As `mmap(2)` has it.
    pub(crate) fn protection(&self) -> u64 {
        let bit = |flag: u32, protection: u64| {
            if self.flags & flag != 0 {
                protection
            } else {
                0
            }
        };
        bit(4, sys::PROT_READ) | bit(2, sys::PROT_WRITE) | bit(1, sys::PROT_EXEC)
    }
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let found = bytes
        .get(at..at + N)
        .and_then(|bytes| bytes.try_into().ok());
    found.unwrap_or([0; N])
}

/// Where the segment headers are, from the beginning of a file; none if it is no
/// program for this processor.
fn header(head: &[u8]) -> Option<Elf> {
    let kind = u16::from_le_bytes(word(head, 16));
    let count = u16::from_le_bytes(word(head, 56));
    let is_known = head.len() >= HEADER_SIZE
        && head.starts_with(b"\x7fELF")
        // 64 bits, little-endian.
        && head.get(4..6) == Some(&[2, 1])
        && matches!(kind, TYPE_EXECUTABLE | TYPE_SHARED)
        && u16::from_le_bytes(word(head, 18)) == MACHINE_X86_64
        && usize::from(u16::from_le_bytes(word(head, 54))) == SEGMENT_SIZE
        && count > 0
        && usize::from(count) * SEGMENT_SIZE <= TABLE_SIZE;
    is_known.then(|| Elf {
        is_movable: kind == TYPE_SHARED,
        entry: u64::from_le_bytes(word(head, 24)),
        table: u64::from_le_bytes(word(head, 32)),
        count,
        bytes: [0; TABLE_SIZE],
    })
}

impl Elf {
    /// Reads the headers of a file that begins with `head`.
    ///
    /// # Errors
    /// `ENOEXEC` if it is no program.
    pub(crate) fn read(fd: u64, head: &[u8]) -> Result<Self, Error> {
        let mut elf = header(head).ok_or(ENOEXEC)?;
        let size = usize::from(elf.count) * SEGMENT_SIZE;
        let table = elf.bytes.get_mut(..size).ok_or(ENOEXEC)?;
        if sys::read_at(fd, table, elf.table)? == size {
            Ok(elf)
        } else {
            Err(ENOEXEC)
        }
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment> {
        let headers = self.bytes.as_chunks::<SEGMENT_SIZE>().0.iter();
        headers.take(self.count.into()).map(|bytes| {
            let long = |at| u64::from_le_bytes(word(bytes, at));
            Segment {
                kind: u32::from_le_bytes(word(bytes, 0)),
                flags: u32::from_le_bytes(word(bytes, 4)),
                offset: long(8),
                address: long(16),
                file_size: long(32),
                memory_size: long(40),
                alignment: long(48),
            }
        })
    }

    pub(crate) fn loaded(&self) -> impl Iterator<Item = Segment> {
        self.segments()
            .filter(|segment| segment.kind == SEGMENT_LOAD)
    }

    pub(crate) fn find(&self, kind: u32) -> Option<Segment> {
        self.segments().find(|segment| segment.kind == kind)
    }

    /// Reads the path of the dynamic linker, with the zero behind it; none if the
    /// program needs none.
    ///
    /// # Errors
    /// As the kernel has them.
    pub(crate) fn interpreter<'a>(
        &self,
        fd: u64,
        buffer: &'a mut [u8],
    ) -> Result<Option<&'a [u8]>, Error> {
        let Some(segment) = self.find(SEGMENT_INTERPRETER) else {
            return Ok(None);
        };
        let path = usize::try_from(segment.file_size)
            .ok()
            .filter(|&size| size >= 2)
            .and_then(|size| buffer.get_mut(..size))
            .ok_or(ENOEXEC)?;
        let read = sys::read_at(fd, path, segment.offset)?;
        if read == path.len() && path.last() == Some(&0) {
            Ok(Some(path))
        } else {
            Err(ENOEXEC)
        }
    }

    /// The first address of the program's pages and the end of the last one.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let first = self.loaded().map(|segment| segment.address).min()?;
        let end = |segment: Segment| segment.address.checked_add(segment.memory_size);
        let last = self.loaded().filter_map(end).max()?;
        let last = last.checked_add(PAGE - 1)?;
        Some((first & !(PAGE - 1), last & !(PAGE - 1)))
    }

    /// Where the segment headers are in memory, by the addresses in the file.
    pub(crate) fn headers_address(&self) -> u64 {
        let covers = |segment: &Segment| {
            segment.offset <= self.table && self.table < segment.offset + segment.file_size
        };
        let within = |segment: Segment| self.table - segment.offset + segment.address;
        let in_segment = self.loaded().find(covers).map(within);
        let named = self.find(SEGMENT_HEADERS).map(|segment| segment.address);
        in_segment.or(named).unwrap_or(0)
    }

    /// Whether the program wants to execute its stack: without a word about it, too.
    pub(crate) fn executes_stack(&self) -> bool {
        self.find(SEGMENT_STACK)
            .is_none_or(|segment| segment.flags & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd as _;

    fn own() -> (std::fs::File, std::vec::Vec<u8>) {
        let path = std::env::current_exe().unwrap();
        (
            std::fs::File::open(&path).unwrap(),
            std::fs::read(path).unwrap(),
        )
    }

    #[test]
    fn this_program() {
        let (file, bytes) = own();
        let fd = file.as_raw_fd().try_into().unwrap();
        let elf = Elf::read(fd, &bytes[..256]).unwrap();
        assert!(elf.loaded().count() >= 2);
        assert!(!elf.executes_stack());
        let (first, last) = elf.span().unwrap();
        assert!(first < elf.entry && elf.entry < last);
        let mut buffer = [0; 4096];
        if let Some(path) = elf.interpreter(fd, &mut buffer).unwrap() {
            assert!(path.starts_with(b"/") && path.ends_with(b"\0"));
        }
    }

    #[test]
    fn no_program() {
        let (file, mut bytes) = own();
        let fd = file.as_raw_fd().try_into().unwrap();
        for (at, value) in [(0, 0), (4, 1), (16, 9), (18, 3), (54, 1), (57, 0xff)] {
            let before = bytes[at];
            bytes[at] = value;
            assert_eq!(
                Elf::read(fd, &bytes[..256]).map(|_| ()),
                Err(ENOEXEC),
                "{at}"
            );
            bytes[at] = before;
        }
        assert_eq!(Elf::read(fd, &bytes[..63]).map(|_| ()), Err(ENOEXEC));
    }

    #[test]
    fn the_loader_lies_where_calls_are_allowed() {
        use crate::layout::{TEXT, TEXT_SIZE};
        let mut elf = header(crate::IMAGE).unwrap();
        let table = &crate::IMAGE[elf.table as usize..];
        let size = usize::from(elf.count) * SEGMENT_SIZE;
        elf.bytes[..size].copy_from_slice(&table[..size]);
        assert!(!elf.is_movable && elf.find(SEGMENT_INTERPRETER).is_none());
        let (first, last) = elf.span().unwrap();
        assert!(
            first >= TEXT && last <= TEXT + TEXT_SIZE,
            "{first:x} {last:x}"
        );
        assert!(!elf.executes_stack());
    }
}
