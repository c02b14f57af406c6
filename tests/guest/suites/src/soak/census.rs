//! What the kernel has when nobody is at work, and whether it becomes more.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

/// Files that have the kernel's counts, or take an order.
const SLABS: &str = "/proc/slabinfo";
const SHRINK: &str = "/sys/kernel/slab";
const DROP_CACHES: &str = "/proc/sys/vm/drop_caches";
const MEMORY: &str = "/proc/meminfo";

/// How often the kernel is asked: what is given back later, by RCU or by a worker
/// of the kernel's, is gone in one of the answers.
const ASKED: u32 = 4;
const PAUSE: Duration = Duration::from_millis(150);

/// By how many objects a cache may grow from one half of the rounds to the other:
/// what lies in the lists of each processor comes and goes.
const OBJECTS: i64 = 256;
/// The same in KiB, for pages that are used.
const KIBIBYTES: i64 = 4 << 10;

/// So many of the caches that have grown most are shown.
const SHOWN: usize = 3;

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Census {
    /// Objects in use in each of the kernel's caches.
    objects: BTreeMap<String, u64>,
    /// Memory that is not free, in KiB.
    used: u64,
}

impl Census {
    /// Looks several times, and takes the least.
    pub(super) fn take() -> Self {
        let mut kernel = Kernel::open();
        let mut least = kernel.look();
        for _ in 1..ASKED {
            let next = kernel.look();
            least.used = least.used.min(next.used);
            for (name, count) in next.objects {
                least
                    .objects
                    .entry(name)
                    .and_modify(|least| *least = count.min(*least));
            }
        }
        least
    }
}

/// The kernel's files, open: to open one while it is looked would put objects into
/// the caches that are counted.
struct Kernel {
    drop_caches: File,
    /// One for each cache.
    shrink: Vec<File>,
    slabs: File,
    memory: File,
}

impl Kernel {
    fn open() -> Self {
        let write = |path: &Path| File::options().write(true).open(path);
        let caches = std::fs::read_dir(SHRINK).expect("the kernel has SLUB");
        let shrink = caches.filter_map(|cache| {
            // A cache may go meanwhile.
            write(&cache.ok()?.path().join("shrink")).ok()
        });
        Self {
            drop_caches: write(Path::new(DROP_CACHES)).expect("procfs"),
            shrink: shrink.collect(),
            slabs: File::open(SLABS).expect("the kernel tells of its caches"),
            memory: File::open(MEMORY).expect("procfs"),
        }
    }

    fn look(&mut self) -> Census {
        // The first keeps the kernel from logging the second.
        for order in [b"4", b"3"] {
            let dropped = self.drop_caches.write_all(order);
            dropped.expect("caches can be dropped");
        }
        // What was freed by then lies in the lists of a processor.
        std::thread::sleep(PAUSE);
        for cache in &mut self.shrink {
            let _ = cache.write_all(b"1");
        }
        let memory = text(&mut self.memory);
        Census {
            objects: objects(&text(&mut self.slabs)),
            used: field(&memory, "MemTotal:") - field(&memory, "MemFree:"),
        }
    }
}

/// What is in a file now.
fn text(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    read.expect("procfs");
    text
}

/// Objects in use by the names of their caches (`slabinfo(5)`).
fn objects(text: &str) -> BTreeMap<String, u64> {
    let counted = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        // In the two lines of the heading it is no number.
        Some((name.to_owned(), words.next()?.parse().ok()?))
    });
    counted.collect()
}

/// A line of `/proc/meminfo`.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("proc_meminfo(5)")
}

/// Looks at the ends of rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Growth {
    looks: Vec<Census>,
}

impl Growth {
    pub(super) fn add(&mut self, census: Census) {
        self.looks.push(census);
    }

    /// Rounds that count: what the first leaves is the kernel's to be kept.
    pub(super) fn rounds(&self) -> usize {
        self.looks.len().saturating_sub(1)
    }

    /// Shows how it went on.
    ///
    /// # Panics
    /// If the later rounds found more than the earlier ones, by more than what comes
    /// and goes, unless it `may_grow`.
    pub(super) fn check(&self, may_grow: bool) {
        let counted = self.looks.get(1..).unwrap_or_default();
        let used: Vec<u64> = counted.iter().map(|census| census.used).collect();
        let names = counted.iter().flat_map(|census| census.objects.keys());
        let names: BTreeSet<&String> = names.collect();
        let caches = names.into_iter().map(|name| {
            let count = |census: &Census| census.objects.get(name).copied().unwrap_or(0);
            let counts: Vec<u64> = counted.iter().map(count).collect();
            (growth(&counts), name, counts)
        });
        let mut caches: Vec<_> = caches.collect();
        caches.sort_unstable_by_key(|(growth, ..)| Reverse(*growth));
        println!("used memory after each round, KiB: {used:?}");
        for (growth, name, counts) in caches.iter().take(SHOWN) {
            println!("{growth:+} objects in {name}: {counts:?}");
        }
        let mut grown = Vec::new();
        if growth(&used) > KIBIBYTES {
            grown.push(format!("used memory: {used:?} KiB"));
        }
        let grown_caches = caches.iter().filter(|(growth, ..)| *growth > OBJECTS);
        grown.extend(
            grown_caches
                .map(|(_, name, counts)| format!("the number of objects in {name}: {counts:?}")),
        );
        assert!(may_grow || grown.is_empty(), "grown: {}", grown.join("; "));
    }
}

/// By how much the least of the second half is above that of the first: what is
/// lost never comes back, while other counts fall now and then.
fn growth(counts: &[u64]) -> i64 {
    let (first, last) = counts.split_at(counts.len() / 2);
    let least = |counts: &[u64]| counts.iter().min().copied().unwrap_or(0);
    least(last).cast_signed() - least(first).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::growth;

    #[test]
    fn what_is_lost_is_told_from_what_comes_and_goes() {
        assert_eq!(growth(&[1537, 1536, 1910, 1536, 1924, 1911]), 0);
        assert_eq!(growth(&[100, 130, 160, 190, 220, 250]), 90);
        assert_eq!(growth(&[]), 0);
    }
}
