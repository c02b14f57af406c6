//! Trees walked by libraries, each with the metadata of every file.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use serde::Serialize;
use sysbatch::Backend;
use sysbatch_walk::scan::{Fold, Scan, ScanOptions};
use sysbatch_walk::{Child, Directory, FileId, Walk, statuses};

/// A library, and the interface of it that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Library {
    /// `walkdir`, and `metadata()` of each entry
    Walkdir,
    /// `jwalk`, and `metadata()` in the threads that list, as it advises
    Jwalk,
    /// `sysbatch_walk::Walk`
    Walk,
    /// `sysbatch_walk::scan`
    Scan,
}

/// What a walk found, the root among it: the same for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sum {
    files: u64,
    blocks: u64,
    errors: u64,
}

/// Walks a tree in so many threads.
///
/// # Errors
/// When the library has no threads, or batches can't be run.
pub(crate) fn walk(library: Library, threads: usize, root: &Path) -> anyhow::Result<Sum> {
    match library {
        Library::Walkdir => {
            ensure!(threads == 1, "walkdir walks in one thread");
            Ok(walkdir(root))
        }
        Library::Jwalk => Ok(jwalk(root, threads)),
        Library::Walk => Ok(batched(&Arc::new(Backend::select()?), root, threads)),
        Library::Scan => scanned(&Arc::new(Backend::select()?), root, threads),
    }
}

impl Sum {
    fn add(&mut self, blocks: Option<u64>) {
        match blocks {
            Some(blocks) => {
                self.files += 1;
                self.blocks += blocks;
            }
            None => self.errors += 1,
        }
    }
}

fn walkdir(root: &Path) -> Sum {
    let mut sum = Sum::default();
    for entry in walkdir::WalkDir::new(root) {
        let metadata = entry.and_then(|entry| entry.metadata());
        sum.add(metadata.ok().map(|metadata| metadata.blocks()));
    }
    sum
}

fn jwalk(root: &Path, threads: usize) -> Sum {
    let parallelism = match threads {
        1 => jwalk::Parallelism::Serial,
        threads => jwalk::Parallelism::RayonNewPool(threads),
    };
    let walk = jwalk::WalkDirGeneric::<((), Option<u64>)>::new(root)
        .skip_hidden(false)
        .parallelism(parallelism)
        .process_read_dir(|_, _, (), children| {
            for child in children.iter_mut().flatten() {
                child.client_state = child.metadata().ok().map(|metadata| metadata.blocks());
            }
        });
    let mut sum = Sum::default();
    for entry in walk {
        // The root is in no directory that was read.
        let blocks = entry.ok().and_then(|entry| {
            let own = || Some(entry.metadata().ok()?.blocks());
            entry.client_state.or_else(own)
        });
        sum.add(blocks);
    }
    sum
}

fn batched(backend: &Arc<Backend>, root: &Path, threads: usize) -> Sum {
    let mut sum = Sum::default();
    let walk = Walk::new(root)
        .backend(Arc::clone(backend))
        .threads(threads);
    for entry in walk {
        sum.add(entry.ok().map(|entry| entry.metadata().blocks()));
    }
    sum
}

/// Adds up where the batch left its results.
struct Adding;

impl Fold for Adding {
    type Found = (Sum, Vec<(Vec<u8>, FileId)>);

    fn child(&self, _: &Directory, (sum, below): &mut Self::Found, child: &Child<'_>) {
        let metadata = child.metadata.as_ref().ok();
        sum.add(metadata.map(|metadata| metadata.blocks()));
        if let Some(metadata) = metadata
            && metadata.is_dir()
        {
            below.push((child.name.to_vec(), metadata.id()));
        }
    }
}

fn scanned(backend: &Arc<Backend>, root: &Path, threads: usize) -> anyhow::Result<Sum> {
    let mut options = ScanOptions::default();
    options.threads = threads;
    let mut scan = Scan::new(Arc::clone(backend), options, Adding);
    let path = root.as_os_str().as_encoded_bytes();
    let (follow, fields) = (options.follow, options.fields);
    let mut sum = Sum::default();
    for metadata in statuses(backend, &[path], follow, fields, scan.statistics_mut())? {
        let metadata = metadata?;
        sum.add(Some(metadata.blocks()));
        scan.push(Directory::root(path, &metadata), 0);
    }
    while let Some(part) = scan.next()? {
        let (own, below) = part.found;
        sum.files += own.files;
        sum.blocks += own.blocks;
        sum.errors += own.errors + u64::from(matches!(part.end, Some(Err(_))));
        for (name, id) in below {
            scan.push(part.directory.child(&name, id), 0);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::{Library, walk};

    #[test]
    fn all_find_the_same() {
        let folder = tempfile::tempdir().expect("there is a place");
        crate::tree::make(folder.path(), 3, 12).expect("it can be made");
        let walks = [
            (Library::Walkdir, 1),
            (Library::Jwalk, 1),
            (Library::Jwalk, 3),
            (Library::Walk, 1),
            (Library::Walk, 3),
            (Library::Scan, 1),
            (Library::Scan, 3),
        ];
        for (library, threads) in walks {
            let sum = walk(library, threads, folder.path()).expect("it can be walked");
            assert_eq!((sum.files, sum.errors), (1 + 3 + 12, 0), "{library:?}");
            let walkdir = super::walkdir(folder.path());
            assert_eq!(sum, walkdir, "{library:?} in {threads} threads");
        }
        assert!(walk(Library::Walkdir, 2, folder.path()).is_err());
    }
}
