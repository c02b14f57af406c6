//! Walks a tree with this crate, with `walkdir` and with `jwalk`, each with the
//! metadata of every file, and compares what that takes by one clock.
//!
//! ```text
//! cargo run --release -p sysbatch-walk --example compare -- /usr/share
//! ```

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use sysbatch::Backend;
use sysbatch_walk::scan::{Fold, Scan, ScanOptions};
use sysbatch_walk::{Child, Directory, FileId, Walk, statuses};

/// How often each walk is made; the quickest one counts.
const ROUNDS: usize = 7;

/// Threads of the walks that have several.
const THREADS: usize = 4;

/// What a walk found: files and blocks, which must be the same for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    files: u64,
    blocks: u64,
}

/// A way to walk.
type Way = (&'static str, Box<dyn Fn(&Path) -> Sum>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args_os().nth(1).map(PathBuf::from);
    let root = root.ok_or("which directory? give its path")?;
    let backend = Arc::new(Backend::select()?);
    println!("batches run in the {}", backend.kind().name());
    let with = |threads| {
        let backend = Arc::clone(&backend);
        move |root: &Path| walk(&backend, root, threads)
    };
    let fold_with = |threads| {
        let backend = Arc::clone(&backend);
        move |root: &Path| fold(&backend, root, threads)
    };
    let ways: [Way; 7] = [
        ("walkdir + metadata()", Box::new(walkdir)),
        (
            "jwalk + metadata(), 1 thread",
            Box::new(|root| jwalk(root, 1)),
        ),
        ("sysbatch-walk, 1 thread", Box::new(with(1))),
        ("its scan, 1 thread", Box::new(fold_with(1))),
        (
            "jwalk + metadata(), 4 threads",
            Box::new(|root| jwalk(root, THREADS)),
        ),
        ("sysbatch-walk, 4 threads", Box::new(with(THREADS))),
        ("its scan, 4 threads", Box::new(fold_with(THREADS))),
    ];
    let mut best = [(Duration::MAX, Duration::MAX); 7];
    let mut sums = [Sum::default(); 7];
    // One after the other in each round, so that all have the same machine.
    for _ in 0..ROUNDS {
        for (index, (_, way)) in ways.iter().enumerate() {
            let (begin, processor) = (Instant::now(), processor_time());
            sums[index] = way(&root);
            let taken = (begin.elapsed(), processor_time() - processor);
            best[index].0 = best[index].0.min(taken.0);
            best[index].1 = best[index].1.min(taken.1);
        }
    }
    let [Sum { files, blocks }, ..] = sums;
    println!("{files} files, {blocks} blocks; time and processor time, and as part of walkdir's");
    let (time, processor) = best[0];
    for ((name, _), (&(own, own_processor), &sum)) in ways.iter().zip(best.iter().zip(&sums)) {
        println!(
            "{name:30} {:9.2} ms {:5.2}   {:9.2} ms {:5.2}",
            own.as_secs_f64() * 1e3,
            own.as_secs_f64() / time.as_secs_f64(),
            own_processor.as_secs_f64() * 1e3,
            own_processor.as_secs_f64() / processor.as_secs_f64(),
        );
        if sum != sums[0] {
            println!("{:30} found something else: {sum:?}", "");
        }
    }
    Ok(())
}

/// The processor time of this process, all its threads together.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn walkdir(root: &Path) -> Sum {
    let mut sum = Sum::default();
    for entry in walkdir::WalkDir::new(root).into_iter().flatten() {
        if let Ok(metadata) = entry.metadata() {
            sum.files += 1;
            sum.blocks += metadata.blocks();
        }
    }
    sum
}

/// Metadata are asked for in the threads that list, as `jwalk` advises.
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
    for entry in walk.into_iter().flatten() {
        // The root is in no directory that was read.
        let own = || Some(entry.metadata().ok()?.blocks());
        if let Some(blocks) = entry.client_state.or_else(own) {
            sum.files += 1;
            sum.blocks += blocks;
        }
    }
    sum
}

fn walk(backend: &Arc<Backend>, root: &Path, threads: usize) -> Sum {
    let mut sum = Sum::default();
    let walk = Walk::new(root)
        .backend(Arc::clone(backend))
        .threads(threads);
    for entry in walk.into_iter().flatten() {
        sum.files += 1;
        sum.blocks += entry.metadata().blocks();
    }
    sum
}

/// Adds up where the batch left its results.
struct Adding;

impl Fold for Adding {
    type Found = (Sum, Vec<(Vec<u8>, FileId)>);

    fn child(&self, _: &Directory, (sum, below): &mut Self::Found, child: &Child<'_>) {
        if let Ok(metadata) = child.metadata {
            sum.files += 1;
            sum.blocks += metadata.blocks();
            if metadata.is_dir() {
                below.push((child.name.to_vec(), metadata.id()));
            }
        }
    }
}

fn fold(backend: &Arc<Backend>, root: &Path, threads: usize) -> Sum {
    let mut options = ScanOptions::default();
    options.threads = threads;
    let mut scan = Scan::new(Arc::clone(backend), options, Adding);
    let path = root.as_os_str().as_encoded_bytes();
    let mut sum = Sum::default();
    let found = statuses(
        backend,
        &[path],
        options.follow,
        options.fields,
        scan.statistics_mut(),
    );
    for metadata in found.into_iter().flatten().flatten() {
        sum.files += 1;
        sum.blocks += metadata.blocks();
        scan.push(Directory::root(path, &metadata), 0);
    }
    while let Ok(Some(part)) = scan.next() {
        let (own, below) = part.found;
        sum.files += own.files;
        sum.blocks += own.blocks;
        for (name, id) in below {
            scan.push(part.directory.child(&name, id), 0);
        }
    }
    sum
}
