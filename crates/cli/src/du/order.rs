//! In what order the names of a directory are taken.
//!
//! `du` of coreutils takes them as the directory gives them, except in a
//! directory with many names, where it goes by inode number to spare the disk.
//! The order shows in the output, and in where a file with several names is
//! counted.

use std::collections::HashMap;

use linux_raw_sys::general::{CIFS_SUPER_MAGIC, NFS_SUPER_MAGIC, TMPFS_MAGIC};
use rustix::fs::fstatfs;
use sysbatch_walk::Directory;
use sysbatch_walk::scan::Scan;

use super::contents::{Contents, Event, Rules};

/// Names are sorted if there are more than this.
const SORT_ABOVE: u64 = 10_000;

/// So many names are read, sorted and taken at a time.
const CHUNK: u64 = 100_000;

/// File systems on which names are not sorted: it would not help there.
const NOT_SORTED: [u32; 3] = [CIFS_SUPER_MAGIC, NFS_SUPER_MAGIC, TMPFS_MAGIC];

/// Puts what is in a directory in order.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Whether names are sorted, for each device that it mattered for.
    devices: HashMap<u64, bool>,
}

impl Order {
    /// Puts what is in a directory, which has just been listed, in order.
    pub(super) fn sort(
        &mut self,
        contents: &mut Contents,
        directory: &Directory,
        scan: &mut Scan<Rules>,
    ) {
        let names = contents.names;
        if names <= SORT_ABOVE || contents.events.len() < 2 {
            return;
        }
        let device = directory.id().device;
        let sorted = *self.devices.entry(device).or_insert_with(|| {
            // When in doubt they are sorted, as by coreutils.
            is_sorted_on(directory, scan).unwrap_or(true)
        });
        if sorted {
            contents.events.sort_by_key(|event| key(event, names));
        }
    }
}

/// What to sort by: the chunk, and in a chunk the inode number, but not if it
/// is the last chunk and has few names.
fn key(event: &Event, names: u64) -> (u64, u64) {
    let chunk = event.ordinal / CHUNK;
    let size = names.saturating_sub(chunk * CHUNK);
    (chunk, if size > SORT_ABOVE { event.inode } else { 0 })
}

/// Whether names are sorted on the file system of a directory; `None` if that
/// cannot be found out.
fn is_sorted_on(directory: &Directory, scan: &mut Scan<Rules>) -> Option<bool> {
    let directory = scan.open(directory).ok()?;
    scan.statistics_mut().calls += 1;
    let kind = fstatfs(&directory).ok()?.f_type;
    Some(!NOT_SORTED.iter().any(|&magic| i64::from(magic) == kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::du::contents::Found;

    fn event(ordinal: u64) -> Event {
        Event {
            inode: 7,
            ordinal,
            what: Found::File(0),
        }
    }

    #[test]
    fn chunks() {
        assert_eq!(key(&event(0), 10_001), (0, 7));
        assert_eq!(key(&event(99_999), 110_000), (0, 7));
        // The last chunk has 10,000 names, and then one more.
        assert_eq!(key(&event(100_000), 110_000), (1, 0));
        assert_eq!(key(&event(100_000), 110_001), (1, 7));
    }
}
