//! Maps a program as the kernel does (`load_elf_binary()` in `fs/binfmt_elf.c`).
#![expect(unsafe_code, reason = "memory of the new program")]

use crate::elf::{Elf, PAGE, Segment};
use crate::sys::{self, Error};

/// Where the kernel begins to look for room for a program that lies anywhere
/// (`ELF_ET_DYN_BASE`), and how far from there it goes, in pages.
const PROGRAMS: u64 = 0x5555_5555_4000;
const PROGRAM_PAGES: u64 = 1 << 28;

const ADDR_NO_RANDOMIZE: u64 = 0x0004_0000;

/// Where a program is put that lies anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where programs are.
    Program,
    /// Where libraries are.
    Library,
}

/// A program in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// What is to be added to the addresses in its file.
    pub(crate) bias: u64,
    /// Its first instruction.
    pub(crate) entry: u64,
}

/// Maps the segments of a program.
pub(crate) fn map(file: u64, elf: &Elf, place: Place) -> Result<Loaded, Error> {
    let bias = find_room(elf, place)?;
    for segment in elf.loaded() {
        map_segment(file, &segment, bias)?;
    }
    Ok(Loaded {
        bias,
        entry: elf.entry.wrapping_add(bias),
    })
}

/// Looks for room, and returns what is to be added to the addresses in the file.
fn find_room(elf: &Elf, place: Place) -> Result<u64, Error> {
    let (first, end) = elf.span().ok_or(sys::ENOEXEC)?;
    let aligned = |alignment: u64| alignment.is_power_of_two().then_some(alignment);
    let alignments = elf
        .loaded()
        .filter_map(|segment| aligned(segment.alignment));
    let alignment = alignments.max().unwrap_or(PAGE).max(PAGE);
    let size = end.checked_sub(first).ok_or(sys::ENOEXEC)?;
    if !elf.is_movable {
        let found = reserve(first, size)?;
        sys::unmap(found, size);
        return if found == first {
            Ok(0)
        } else {
            Err(sys::ENOEXEC)
        };
    }
    // As much more as it can take to begin at a multiple.
    let size = size.checked_add(alignment - PAGE).ok_or(sys::ENOEXEC)?;
    let found = match place {
        Place::Program => reserve(somewhere(), size).or_else(|_| reserve(0, size))?,
        Place::Library => reserve(0, size)?,
    };
    sys::unmap(found, size);
    let start = found.checked_add(alignment - 1).ok_or(sys::ENOEXEC)? & !(alignment - 1);
    Ok(start.wrapping_sub(first & !(alignment - 1)))
}

/// Maps memory that can't be used, at an address if it is not null.
fn reserve(at: u64, size: u64) -> Result<u64, Error> {
    let fixed = if at == 0 { 0 } else { sys::MAP_FIXED_NOREPLACE };
    let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS | fixed;
    sys::map(at, size, 0, flags, u64::MAX, 0)
}

/// A random address among those of programs.
fn somewhere() -> u64 {
    if sys::personality() & ADDR_NO_RANDOMIZE != 0 {
        PROGRAMS
    } else {
        PROGRAMS + sys::random() % PROGRAM_PAGES * PAGE
    }
}

fn map_segment(file: u64, segment: &Segment, bias: u64) -> Result<(), Error> {
    let address = segment.address.wrapping_add(bias);
    let within = address % PAGE;
    let start = address - within;
    let file_end = address + segment.file_size;
    let end = address + segment.memory_size;
    let protection = segment.protection();
    let flags = sys::MAP_PRIVATE | sys::MAP_FIXED;
    let mut mapped = start;
    if segment.file_size > 0 {
        let size = segment.file_size + within;
        let offset = segment.offset.wrapping_sub(within);
        sys::map(start, size, protection, flags, file, offset)?;
        mapped = (file_end + PAGE - 1) & !(PAGE - 1);
        if segment.memory_size > segment.file_size && protection & sys::PROT_WRITE != 0 {
            let size = (mapped - file_end) as usize;
            let rest = core::ptr::with_exposed_provenance_mut::<u8>(file_end as usize);
            // SAFETY: the rest of the last page, which was just mapped to be written.
            unsafe { rest.write_bytes(0, size) };
        }
    }
    if end > mapped {
        let flags = flags | sys::MAP_ANONYMOUS;
        let size = (end - mapped + PAGE - 1) & !(PAGE - 1);
        sys::map(mapped, size, protection, flags, u64::MAX, 0)?;
    }
    Ok(())
}
