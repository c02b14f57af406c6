//! Directories and the types of files.

use core::mem::MaybeUninit;

use rustix::fs::FileType;

use super::Memory;

/// How a record is aligned.
const ALIGNMENT: usize = align_of::<linux_raw_sys::general::linux_dirent64>();

/// Memory for records, as `RawDir::new` takes it.
pub fn records(memory: &mut [MaybeUninit<u8>]) -> Memory<'_> {
    let skipped = memory.as_ptr().align_offset(ALIGNMENT);
    let memory = memory.get_mut(skipped..).unwrap_or_default();
    Memory::new(memory.as_mut_ptr().cast(), memory.len())
}

/// The type that a number stands for in a record of a directory.
#[must_use]
pub fn file_type(number: i64) -> FileType {
    match number {
        1 => FileType::Fifo,
        2 => FileType::CharacterDevice,
        4 => FileType::Directory,
        6 => FileType::BlockDevice,
        8 => FileType::RegularFile,
        10 => FileType::Symlink,
        12 => FileType::Socket,
        _ => FileType::Unknown,
    }
}

/// A bit for each type, by its number; none for `Unknown`.
#[must_use]
pub fn type_bit(of: FileType) -> u64 {
    match of {
        FileType::Unknown => 0,
        // The modes have the numbers of the records.
        known => 1 << (known.as_raw_mode() >> 12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_their_numbers() {
        for number in 0..64 {
            let known = file_type(number);
            let bit = if known == FileType::Unknown {
                0
            } else {
                1 << number
            };
            assert_eq!(type_bit(known), bit);
            let mode = FileType::from_raw_mode((number as u32) << 12);
            if number < 16 {
                assert_eq!(mode, known);
            }
        }
    }

    #[test]
    fn memory_is_aligned_as_rustix_does() {
        let mut buffer = [MaybeUninit::<u8>::uninit(); 64];
        for skipped in 0..64 {
            let part = &mut buffer[skipped..];
            let offset = part.as_ptr().align_offset(8);
            let (start, length) = (part.as_ptr() as u64, part.len());
            let memory = records(part);
            if offset < length {
                assert_eq!(memory.address(), start + offset as u64);
                assert_eq!(memory.length(), (length - offset) as u64);
            } else {
                assert_eq!(memory.length(), 0);
            }
        }
    }
}
