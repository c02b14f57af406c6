//! A tree of small files.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Serialize;

/// What is in each file.
const CONTENTS: &[u8] = b"a file of a tree to be walked\n";

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    directories: u32,
    files: u32,
}

/// Makes `directories` in `folder`, with `files` in all, as many in each.
///
/// # Errors
/// When something can't be made, or the files can't be divided so.
pub(crate) fn make(folder: &Path, directories: u32, files: u32) -> anyhow::Result<Made> {
    ensure!(
        directories > 0 && files.is_multiple_of(directories),
        "{files} files are not as many in each of {directories} directories"
    );
    for directory in 0..directories {
        let directory = folder.join(format!("directory-{directory:05}"));
        fs::create_dir_all(&directory)
            .with_context(|| format!("can't create {}", directory.display()))?;
        for file in 0..files / directories {
            let file = directory.join(format!("file-{file:05}"));
            File::create(&file)
                .and_then(|mut open| open.write_all(CONTENTS))
                .with_context(|| format!("can't write {}", file.display()))?;
        }
    }
    Ok(Made { directories, files })
}

#[cfg(test)]
mod tests {
    use super::make;

    #[test]
    fn trees_have_what_is_asked_for() {
        let folder = tempfile::tempdir().expect("there is a place");
        make(folder.path(), 3, 12).expect("it can be made");
        let directories = std::fs::read_dir(folder.path()).expect("it is there");
        let files = directories.map(|directory| {
            let path = directory.expect("it can be read").path();
            std::fs::read_dir(path).expect("it is there").count()
        });
        assert_eq!(files.collect::<Vec<_>>(), [4, 4, 4]);
        assert!(make(folder.path(), 3, 13).is_err());
        assert!(make(folder.path(), 0, 0).is_err());
    }
}
