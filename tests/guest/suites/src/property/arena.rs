//! The memory that random programs run in, always at the same addresses, so
//! that a seed says everything.
#![expect(unsafe_code, reason = "memory at fixed addresses")]

use core::ffi::c_void;
use core::ptr;

use crate::lab::UNWRITTEN;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

/// Where the program lies, far from everything else: no sum of values that
/// programs use comes near it.
pub(super) const PROGRAM: u64 = 0x20_0000_0000;
/// Where results lie; data follow in the next pages.
pub(super) const RESULTS: u64 = 0x10_0000_0000;
/// Where data lie: two pages to write, then one to read only, then nothing.
pub(super) const DATA: u64 = RESULTS + 0x1000;
/// The page that can only be read. It holds names.
pub(super) const NAMES: u64 = DATA + 0x2000;
/// Just past the last page.
pub(super) const END: u64 = NAMES + 0x1000;
/// Where calls write what differs from run to run, such as times; nothing
/// there is compared, and nothing reads it.
pub(super) const SINK: u64 = 0x30_0000_0000;

const PAGE: usize = 4096;

/// The pages of a program that are compared.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) program: Vec<u8>,
    pub(super) results: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) names: Vec<u8>,
}

impl Contents {
    /// Pages of zeroes, and results that nothing has written.
    pub(super) fn new() -> Self {
        Self {
            program: vec![0; PAGE],
            results: UNWRITTEN.to_le_bytes().repeat(PAGE / 8),
            data: vec![0; 2 * PAGE],
            names: vec![0; PAGE],
        }
    }

    /// The result slots.
    pub(super) fn results(&self) -> Vec<i64> {
        let (words, _) = self.results.as_chunks::<8>();
        words.iter().map(|word| i64::from_le_bytes(*word)).collect()
    }
}

impl core::fmt::Debug for Contents {
    /// Only what is not zero.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut map = f.debug_map();
        for (name, bytes) in [("results", &self.results), ("data", &self.data)] {
            let (words, _) = bytes.as_chunks::<8>();
            for (index, word) in words.iter().enumerate() {
                let word = u64::from_le_bytes(*word);
                if word != 0 && word != UNWRITTEN.cast_unsigned() {
                    map.entry(&format_args!("{name}[{index}]"), &format_args!("{word:#x}"));
                }
            }
        }
        map.finish()
    }
}

/// The mapped memory.
#[derive(Debug)]
pub(super) struct Arena {
    program: *mut u8,
    results: *mut u8,
}

impl Arena {
    /// Maps it.
    pub(super) fn new() -> Self {
        let arena = Self {
            program: map(PROGRAM, 1),
            results: map(RESULTS, 4),
        };
        map(SINK, 16);
        arena
    }

    /// Sets all of it.
    pub(super) fn fill(&self, contents: &Contents) {
        let whole = MprotectFlags::READ | MprotectFlags::WRITE;
        self.protect_names(whole);
        copy(self.program, &contents.program);
        let parts = [&contents.results[..], &contents.data, &contents.names].concat();
        copy(self.results, &parts);
        self.protect_names(MprotectFlags::READ);
    }

    fn protect_names(&self, flags: MprotectFlags) {
        // SAFETY: the page of names is the fourth of this mapping.
        let names: *mut c_void = unsafe { self.results.add(3 * PAGE) }.cast();
        // SAFETY: the page is the arena's own and nothing refers into it.
        unsafe { rustix::mm::mprotect(names, PAGE, flags) }.expect("mprotect");
    }

    /// All of it as it is now.
    pub(super) fn contents(&self) -> Contents {
        let program = bytes(self.program, PAGE);
        let mut results = bytes(self.results, 4 * PAGE);
        let names = results.split_off(3 * PAGE);
        let data = results.split_off(PAGE);
        Contents {
            program,
            results,
            data,
            names,
        }
    }
}

fn map(address: u64, pages: usize) -> *mut u8 {
    let address = ptr::with_exposed_provenance_mut(usize::try_from(address).expect("64-bit"));
    let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: fails if there is a mapping already.
    let mapped = unsafe { rustix::mm::mmap_anonymous(address, pages * PAGE, protection, flags) };
    let mapped = mapped.expect("mmap").cast::<u8>();
    // Batches reach it by address.
    mapped.expose_provenance();
    mapped
}

fn copy(to: *mut u8, from: &[u8]) {
    // SAFETY: the callers pass a mapping and no more than its length; nothing
    // refers into it.
    unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
}

fn bytes(from: *const u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    // SAFETY: as in `copy`.
    unsafe { ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), len) };
    bytes
}
