//! The names and other texts that a program has had to do with.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use lru::LruCache;

use super::evidence::Evidence;

/// So many names are remembered; then those that were not met for the longest time are
/// forgotten.
const LIMIT: usize = 1 << 15;

/// Where a name was met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// As an argument of a call.
    Argument,
    /// On the command line.
    CommandLine,
    /// In a directory.
    Directory,
}

/// Names, and when they were met.
#[derive(Debug)]
pub(super) struct Names {
    /// By a hash of the name.
    names: LruCache<u64, (u64, Origin)>,
}

impl Default for Names {
    fn default() -> Self {
        // A cache with a limit takes its memory at once; most threads have few names.
        Self {
            names: LruCache::unbounded(),
        }
    }
}

impl Names {
    /// Remembers a name that was met at this time, unless it is known already.
    pub(super) fn insert(&mut self, name: &[u8], time: u64, origin: Origin) {
        self.names.get_or_insert(hash(name), || (time, origin));
        if self.names.len() > LIMIT {
            self.names.pop_lru();
        }
    }

    /// Remembers an argument, and the names in it.
    pub(super) fn insert_path(&mut self, path: &[u8], time: u64, origin: Origin) {
        for name in components(path) {
            self.insert(name, time, origin);
        }
        self.insert(path, time, origin);
    }

    /// Remembers the names of directory entries, as `getdents64(2)` gives them.
    pub(super) fn insert_entries(&mut self, mut entries: &[u8], time: u64) {
        // Inode, offset, length of the entry, type: 8, 8, 2 and 1 bytes; then the name.
        const NAME: usize = 19;
        while let Some(&[low, high]) = entries.get(16..18) {
            let length = usize::from(u16::from_ne_bytes([low, high]));
            let Some(name) = entries.get(NAME..length) else {
                return;
            };
            let end = name.iter().position(|byte| *byte == 0);
            self.insert(&name[..end.unwrap_or(name.len())], time, Origin::Directory);
            entries = &entries[length..];
        }
    }

    /// What shows that a text was known at `start`, or is from a directory that was read
    /// since; `None` if nothing does.
    pub(super) fn evidence(&mut self, text: &[u8], start: u64) -> Option<Evidence> {
        if text.is_empty() {
            return Some(Evidence::Constant);
        }
        let mut of = |name: &[u8]| {
            let (time, origin) = *self.names.get(&hash(name))?;
            Some(match origin {
                Origin::Argument => Evidence::Used,
                Origin::CommandLine => Evidence::CommandLine,
                Origin::Directory if time < start => Evidence::Directory,
                Origin::Directory => Evidence::Listing,
            })
        };
        of(text).or_else(|| {
            let mut all = None;
            for name in components(text) {
                all = all.max(Some(of(name)?));
            }
            all
        })
    }
}

/// The names that a path is made of.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let names = path.split(|byte| *byte == b'/');
    names.filter(|name| !name.is_empty())
}

/// Stands for a name.
fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_and_least_of_the_names_of_a_path_counts() {
        let mut names = Names::default();
        names.insert_path(b"d/a", 1, Origin::Argument);
        names.insert(b"f1", 2, Origin::Directory);
        names.insert(b"f2", 5, Origin::Directory);
        for (text, start, evidence) in [
            (&b"d/a"[..], 3, Some(Evidence::Used)),
            (b"", 3, Some(Evidence::Constant)),
            (b"f1", 3, Some(Evidence::Directory)),
            (b"d/a/f1", 3, Some(Evidence::Directory)),
            (b"d/a/f2", 3, Some(Evidence::Listing)),
            (b"d/a/f2", 6, Some(Evidence::Directory)),
            (b"/d//a/f1/", 3, Some(Evidence::Directory)),
            (b"f3", 6, None),
            (b"d/f3", 6, None),
        ] {
            assert_eq!(names.evidence(text, start), evidence, "{text:?} {start}");
        }
    }

    #[test]
    fn the_oldest_names_are_forgotten() {
        let mut names = Names::default();
        names.insert(b"old", 0, Origin::Directory);
        names.insert(b"used", 0, Origin::Directory);
        for number in 0..LIMIT as u64 {
            assert!(names.evidence(b"used", 1).is_some());
            names.insert(&number.to_ne_bytes(), 0, Origin::Directory);
        }
        assert_eq!(names.evidence(b"old", 1), None);
        assert!(names.names.len() <= LIMIT);
    }

    #[test]
    fn entries_that_are_cut_off_are_as_far_as_they_go() {
        let mut entries = [0; 24];
        entries[16] = 24;
        entries[19] = b'x';
        let mut names = Names::default();
        names.insert_entries(&[&entries[..], &entries[..10]].concat(), 0);
        names.insert_entries(&[0; 32], 0);
        assert_eq!(names.evidence(b"x", 1), Some(Evidence::Directory));
    }
}
