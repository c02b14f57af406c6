//! Whether there is room for what is about to be made.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Room that something takes below a folder.
#[derive(Debug)]
pub(super) struct Room<'a> {
    pub(super) what: &'static str,
    pub(super) folder: &'a Path,
    pub(super) bytes: u64,
}

/// Fails when a file system has less room than is wanted below it; else says in
/// words what will be taken.
///
/// # Errors
/// Then, and when a file system can't be asked.
pub(super) fn check(rooms: &[Room<'_>]) -> Result<String> {
    let mut systems: Vec<(u64, u64, Vec<&Room<'_>>)> = Vec::new();
    for room in rooms.iter().filter(|room| room.bytes > 0) {
        let (system, free) = file_system(room.folder)?;
        match systems.iter_mut().find(|(known, ..)| *known == system) {
            Some((_, _, rooms)) => rooms.push(room),
            None => systems.push((system, free, vec![room])),
        }
    }
    for (_, free, rooms) in &systems {
        let wanted: u64 = rooms.iter().map(|room| room.bytes).sum();
        if *free < wanted {
            bail!(
                "there is not enough room: {} are needed and {} are free ({}).\nMake room there, \
                 and try again",
                amount(wanted),
                amount(*free),
                words(rooms.iter().copied())
            );
        }
    }
    Ok(words(rooms.iter().filter(|room| room.bytes > 0)))
}

/// What the files below a folder take, in bytes; what can't be read takes nothing.
pub(super) fn taken(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let taken = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(status) if status.is_dir() => taken(&entry.path()),
        Ok(status) => status.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(taken).sum()
}

fn words<'a>(rooms: impl Iterator<Item = &'a Room<'a>>) -> String {
    let words: Vec<String> = rooms
        .map(|room| {
            format!(
                "{} for {} below {}",
                amount(room.bytes),
                room.what,
                room.folder.display()
            )
        })
        .collect();
    words.join(", ")
}

/// Bytes in words: `1.2 GB`.
fn amount(bytes: u64) -> String {
    if bytes >= 1_000_000_000 {
        // Tenths, rounded up.
        let tenths = bytes.div_ceil(100_000_000);
        return format!("{}.{} GB", tenths / 10, tenths % 10);
    }
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// The file system that a folder, which may not be there yet, is or will be on:
/// its device number and what is free for this user, in bytes.
fn file_system(folder: &Path) -> Result<(u64, u64)> {
    let there = folder.ancestors().find(|ancestor| ancestor.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    let failed = || format!("can't ask how much is free on {}", there.display());
    let statistics = rustix::fs::statvfs(there).with_context(failed)?;
    let status = rustix::fs::stat(there).with_context(failed)?;
    Ok((
        status.st_dev,
        statistics.f_bavail.saturating_mul(statistics.f_frsize),
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Room, amount, check};

    #[test]
    fn what_does_not_fit_is_refused_with_both_figures() {
        let room = |bytes| Room {
            what: "tests",
            folder: Path::new("/tmp/does/not/exist/yet"),
            bytes,
        };
        assert_eq!(check(&[room(0)]).expect("nothing fits"), "");
        let taken = check(&[room(1_000)]).expect("a kilobyte fits");
        assert!(taken.starts_with("1 MB for tests below /tmp/"), "{taken}");
        let half = u64::MAX / 2;
        let error = check(&[room(half), room(half)]).expect_err("two halves of too much");
        assert!(error.to_string().contains("not enough room"), "{error}");
    }

    #[test]
    fn amounts_are_rounded_up() {
        assert_eq!(amount(1), "1 MB");
        assert_eq!(amount(999_000_001), "1000 MB");
        assert_eq!(amount(1_200_000_001), "1.3 GB");
    }
}
