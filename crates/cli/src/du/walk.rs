//! The walk: which directories are listed, and what is done with what is found.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt as _;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{StatxAttributes, StatxFlags};
use sysbatch::Backend;
use sysbatch_walk::scan::{Part, Scan, ScanOptions};
use sysbatch_walk::{Directory, Metadata, statuses};

use super::account::{Account, Operand, Output};
use super::contents::{Contents, Found, Rules};
use super::order::Order;
use super::statistics::Statistics;
use super::tree::{NodeId, Tree, What};

/// What the walk wants to know of each file.
const FIELDS: StatxFlags = StatxFlags::TYPE
    .union(StatxFlags::NLINK)
    .union(StatxFlags::INO)
    .union(StatxFlags::SIZE)
    .union(StatxFlags::BLOCKS);

/// A walk under way.
struct Walk<O, E> {
    scan: Scan<Rules>,
    rules: Rules,
    tree: Tree,
    account: Account<O, E>,
    order: Order,
    statistics: Statistics,
}

/// Walks the operands and adds them up. Tells whether nothing was amiss.
///
/// # Errors
/// If the output cannot be written, or a batch was refused.
pub(super) fn walk<O: Write, E: Write>(
    backend: &Arc<Backend>,
    operands: Vec<OsString>,
    apparent: bool,
    output: Output<O, E>,
) -> anyhow::Result<(bool, Statistics)> {
    let begin = Instant::now();
    let crossings = backend.crossings();
    let names: Vec<_> = operands
        .into_iter()
        .map(|operand| trimmed(operand.into_vec()))
        .collect();
    let rules = Rules {
        apparent,
        count_all_once: names.len() > 1,
    };
    let mut options = ScanOptions::default();
    options.fields = FIELDS;
    let mut scan = Scan::new(Arc::clone(backend), options, rules);
    let paths: Vec<_> = names.iter().map(Vec::as_slice).collect();
    let found = statuses(
        backend,
        &paths,
        options.follow,
        FIELDS,
        scan.statistics_mut(),
    )?;
    let mut walk = Walk {
        scan,
        rules,
        tree: Tree::default(),
        account: Account::new(output, rules.count_all_once),
        order: Order::default(),
        statistics: Statistics::default(),
    };
    let operands = names.into_iter().zip(found);
    let operands = operands.map(|(name, status)| {
        let what = match status {
            Ok(metadata) if metadata.is_dir() => {
                let directory = Directory::root(&name, &metadata);
                What::Directory(walk.directory(directory, &metadata))
            }
            Ok(metadata) => {
                walk.statistics.files += 1;
                What::File {
                    id: metadata.id(),
                    size: rules.size(&metadata),
                }
            }
            Err(errno) => What::Unknown {
                name: Box::default(),
                errno,
            },
        };
        Operand { name, what }
    });
    let operands = operands.collect();
    walk.account.begin(operands);
    walk.account.advance(&mut walk.tree)?;
    while let Some(part) = walk.scan.next()? {
        walk.listed(part);
        walk.account.advance(&mut walk.tree)?;
    }
    let took = walk.scan.statistics();
    let mut statistics = walk.statistics;
    statistics.backend = backend.kind().name();
    statistics.sub_calls = took.sub_calls;
    statistics.steps = took.steps;
    statistics.batches = took.batches;
    statistics.crossings = backend.crossings() - crossings + took.calls;
    statistics.seconds = begin.elapsed().as_secs_f64();
    Ok((!walk.account.complained(), statistics))
}

/// An operand as `du` prints it: of several slashes at its end one is left,
/// except that "//", which POSIX lets mean something of its own, stays.
fn trimmed(mut operand: Vec<u8>) -> Vec<u8> {
    if operand.len() > 2 {
        while operand.ends_with(b"//") {
            operand.pop();
        }
    }
    operand
}

impl<O: Write, E: Write> Walk<O, E> {
    /// Notes what is in a directory, and has the directories in it listed.
    fn listed(&mut self, part: Part<Contents>) {
        let mut contents = part.found;
        self.statistics.directories += 1;
        self.statistics.files += contents.files;
        self.order
            .sort(&mut contents, &part.directory, &mut self.scan);
        let rest = contents.events.into_iter();
        let rest: Vec<_> = rest
            .filter_map(|event| match event.what {
                Found::Directory(found) => self.found(&part.directory, &found.0, &found.1),
                Found::Other(what) => Some(what),
            })
            .collect();
        let node = self.tree.node_mut(NodeId(part.tag));
        node.size += contents.size;
        node.rest = Some(rest.into_iter());
        node.error = part.end.and_then(Result::err);
    }

    /// Has a directory in another one listed, unless nothing in it will count.
    fn found(&mut self, parent: &Directory, name: &[u8], metadata: &Metadata) -> Option<What> {
        let id = metadata.id();
        // A directory is below itself only by way of a mount, which `du` leaves
        // out without a word.
        let cycle = may_be_mount_root(metadata) && parent.ancestor(id).is_some();
        if cycle || self.account.is_seen(id) {
            return None;
        }
        let directory = parent.child(name, id);
        Some(What::Directory(self.directory(directory, metadata)))
    }

    /// Has a directory listed.
    fn directory(&mut self, directory: Directory, metadata: &Metadata) -> NodeId {
        let node = self
            .tree
            .insert(directory.clone(), self.rules.size(metadata));
        self.scan.push(directory, node.0);
        node
    }
}

/// Whether a directory may be the root of a mount: yes, unless the kernel denies
/// it.
fn may_be_mount_root(metadata: &Metadata) -> bool {
    let root = StatxAttributes::MOUNT_ROOT;
    !metadata.known_attributes().contains(root) || metadata.attributes().contains(root)
}
