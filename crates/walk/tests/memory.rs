//! What a walk holds: memory that grows with directories and not with files,
//! and descriptors that are all closed in the end.
#![expect(unsafe_code, reason = "counts what the allocator hands out")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use sysbatch_walk::{Entries, Walk};
use tempfile::TempDir;

/// The system's allocator, with count of the bytes that are in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is done by the system's allocator, and as it is asked to.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: the caller's promise is that of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is that of this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most memory in use during something, beyond what was before, in bytes.
fn peak_of(what: impl FnOnce()) -> usize {
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    what();
    PEAK.load(Ordering::Relaxed) - before
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn fill(directory: &Path, files: usize) {
    fs::create_dir(directory).unwrap();
    for file in 0..files {
        fs::File::create(directory.join(format!("file{file:06}"))).unwrap();
    }
}

/// One test: what it counts is the process's.
#[test]
fn memory_and_descriptors() {
    let scratch = TempDir::new().unwrap();
    let few = scratch.path().join("few");
    let many = scratch.path().join("many");
    fill(&few, 12_000);
    fill(&many, 60_000);
    for threads in [1, 3] {
        let walk = |directory: &Path| {
            let walk = Walk::new(directory).threads(threads);
            peak_of(|| assert!(walk.into_iter().all(|entry| entry.is_ok())))
        };
        let (of_few, of_many) = (walk(&few), walk(&many));
        // With threads it depends on who is quicker, up to the reports that wait.
        let reports = if threads == 1 {
            0
        } else {
            2 * threads * of_few
        };
        assert!(
            of_many <= of_few + of_few / 8 + reports,
            "{of_few} bytes for 12,000 files and {of_many} for 60,000, {threads} threads"
        );
        assert!(of_many < threads * (12 << 20), "{of_many} bytes");
    }

    // Left at any place, a walk closes what it and its batch have open.
    let before = open_files();
    for threads in [1, 3] {
        for taken in [0, 1, 2, 3_000, 12_001, 30_000, 72_003] {
            let mut entries = Walk::new(scratch.path()).threads(threads).into_iter();
            let entry = entries.by_ref().take(taken).last();
            drop::<Entries>(entries);
            assert_eq!(open_files(), before, "{taken} entries, {threads} threads");
            // An entry outlives its walk.
            assert!(entry.is_none_or(|entry| entry.unwrap().path().starts_with(scratch.path())));
        }
    }
}
