//! The walk: which directories are listed, and what is done with what is found.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::StatxAttributes;
use sysbatch::Backend;
use sysbatch_walk::scan::{Part, Scan, ScanOptions};
use sysbatch_walk::{BatchError, Directory, Follow, Metadata, statuses};

use super::account::{Account, Lines, Operand};
use super::contents::{Contents, Found, Rules};
use super::order::Order;
use super::output::Output;
use super::statistics::Statistics;
use super::tree::{NodeId, Others, Rest, Tree, What};

/// A walk under way.
struct Walk<O, E> {
    scan: Scan<Rules>,
    rules: Rules,
    tree: Tree,
    account: Account<O, E>,
    order: Order,
    statistics: Statistics,
}

/// Walks the operands, which are paths or what is wrong with what should be
/// one, and adds them up. Tells whether nothing was amiss.
///
/// # Errors
/// If the output cannot be written, or a batch was refused.
pub(super) fn walk<O: Write, E: Write>(
    backend: &Arc<Backend>,
    threads: usize,
    operands: Vec<Result<Vec<u8>, String>>,
    rules: Rules,
    lines: Lines,
    output: Output<O, E>,
) -> anyhow::Result<(bool, Statistics)> {
    let begin = Instant::now();
    let crossings = backend.crossings();
    let mut options = ScanOptions::default();
    options.follow = rules.follow;
    options.fields = rules.fields();
    options.threads = threads;
    let mut walk = Walk {
        scan: Scan::new(Arc::clone(backend), options, rules.clone()),
        tree: Tree::default(),
        account: Account::new(output, lines, rules.count_once),
        order: Order::default(),
        statistics: Statistics::default(),
        rules,
    };
    walk.begin(backend, operands)?;
    walk.account.advance(&mut walk.tree)?;
    while let Some(part) = walk.next()? {
        walk.listed(part);
        let Statistics {
            directories, files, ..
        } = walk.statistics;
        walk.account
            .tell(|| format!("{directories} directories and {files} files so far"));
        walk.account.advance(&mut walk.tree)?;
    }
    // The last ones may have been settled.
    walk.account.advance(&mut walk.tree)?;
    walk.account.finish()?;
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

/// Whether a directory need not be listed, since nothing in it will count; it
/// then passes for empty.
fn settle<O: Write, E: Write>(account: &Account<O, E>, tree: &mut Tree, id: NodeId) -> bool {
    let settled = account.is_settled(tree, id);
    if settled {
        let rest = Rest::new(Vec::new(), Others::default(), None);
        tree.node_mut(id).rest = Some(Box::new(rest));
    }
    settled
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
    /// Begins with the operands.
    fn begin(
        &mut self,
        backend: &Backend,
        operands: Vec<Result<Vec<u8>, String>>,
    ) -> anyhow::Result<()> {
        let operands = operands.into_iter().map(|operand| operand.map(trimmed));
        let operands: Vec<_> = operands
            .filter(|operand| {
                let path = operand.as_ref().ok();
                path.is_none_or(|path| !self.rules.exclude.matches(path))
            })
            .collect();
        let paths: Vec<_> = operands.iter().flatten().map(Vec::as_slice).collect();
        let statistics = self.scan.statistics_mut();
        let (follow, fields) = (self.rules.follow, self.rules.fields());
        let mut found = statuses(backend, &paths, follow, fields, statistics)?.into_iter();
        let operands = operands.into_iter().filter_map(|operand| {
            Some(match operand {
                Ok(name) => self.operand(name, found.next()?),
                Err(what) => Operand::Wrong(what),
            })
        });
        let operands = operands.collect();
        self.account.begin(operands);
        Ok(())
    }

    /// What was found next.
    fn next(&mut self) -> Result<Option<Part<Contents>>, BatchError> {
        let (account, tree) = (&self.account, &mut self.tree);
        // What was listed before its turn takes memory until then.
        if let Some(NodeId(tag)) = account.waits_for() {
            self.scan.hurry(tag);
        }
        self.scan
            .next_unless(|tag| settle(account, tree, NodeId(tag)))
    }

    /// Notes what an operand is.
    fn operand(&mut self, name: Vec<u8>, status: rustix::io::Result<Metadata>) -> Operand {
        match status {
            Ok(metadata) if metadata.is_dir() => {
                let directory = Directory::root(&name, &metadata);
                Operand::Directory(self.directory(directory, &metadata))
            }
            Ok(metadata) => {
                self.statistics.files += 1;
                let id = self.rules.counts_once(&metadata).then(|| metadata.id());
                let usage = self.rules.usage(&metadata);
                Operand::File { name, id, usage }
            }
            Err(errno) => Operand::Unknown { name, errno },
        }
    }

    /// Notes what is in a directory, and has the directories in it listed.
    fn listed(&mut self, part: Part<Contents>) {
        let mut contents = part.found;
        self.statistics.directories += 1;
        self.statistics.files += contents.files;
        self.order
            .sort(&mut contents, &part.directory, &mut self.scan);
        let events = contents.events.into_iter();
        let order = events
            .filter_map(|event| match event.what {
                Found::Directory(found) => self.found(&part.directory, &found.0, &found.1),
                Found::File(index) => Some(What::File(index)),
                Found::Unknown(index) => Some(What::Unknown(index)),
            })
            .collect();
        let error = part.end.and_then(Result::err);
        let node = self.tree.node_mut(NodeId(part.tag));
        node.usage += contents.usage;
        node.rest = Some(Box::new(Rest::new(order, contents.others, error)));
    }

    /// Has a directory in another one listed, unless nothing in it will count.
    fn found(&mut self, parent: &Directory, name: &[u8], metadata: &Metadata) -> Option<What> {
        let id = metadata.id();
        // A directory is below itself only by way of a link or of a mount, which
        // `du` leaves out without a word.
        let may_be = self.rules.follow == Follow::Always || may_be_mount_root(metadata);
        let cycle = may_be && parent.ancestor(id).is_some();
        if cycle || self.account.is_seen(id) {
            return None;
        }
        let directory = parent.child(name, id);
        Some(What::Directory(self.directory(directory, metadata)))
    }

    /// Has a directory listed.
    fn directory(&mut self, directory: Directory, metadata: &Metadata) -> NodeId {
        let usage = self.rules.usage(metadata);
        let node = self.tree.insert(directory.clone(), usage);
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
