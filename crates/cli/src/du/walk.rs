//! The walk: which directories make up the next batch, and what is done with
//! what it finds.
//!
//! Directories wait on a stack, the next one in `du`'s order on top, so that
//! few are waiting at any time and the tree is forgotten as it is added up.

use std::ffi::{CString, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Instant;

use rustix::io::Errno;
use sysbatch::Backend;

use super::account::{Account, Operand, Output};
use super::anchor::Anchors;
use super::lister::{ITEMS_MAX, Lister, Origin, Progress};
use super::operands;
use super::order::Order;
use super::program::OpenCall;
use super::record::FileStatus;
use super::records::Name;
use super::statistics::Statistics;
use super::tree::{Event, NodeId, Tree, What};

/// A walk under way.
struct Walk<'backend, O, E> {
    backend: &'backend Backend,
    apparent: bool,
    /// Whether any file may be met again, and not only one with several links.
    count_all_once: bool,
    tree: Tree,
    account: Account<O, E>,
    anchors: Anchors,
    /// Directories to be listed, the next one last.
    waiting: Vec<NodeId>,
    order: Order,
    statistics: Statistics,
}

/// Walks the operands and adds them up. Tells whether nothing was amiss.
///
/// # Errors
/// If the output cannot be written, or a batch was refused.
pub(super) fn walk<O: Write, E: Write>(
    backend: &Backend,
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
    // An argument of a process has no zero byte in it.
    let paths = names.iter().cloned().map(CString::new);
    let statuses = operands::statuses(backend, &paths.collect::<Result<Vec<_>, _>>()?)?;
    let count_all_once = names.len() > 1;
    let mut tree = Tree::default();
    let mut waiting = Vec::new();
    let mut statistics = Statistics::default();
    let operands = names
        .into_iter()
        .zip(statuses.statuses)
        .map(|(name, status)| {
            let what = match status {
                Ok(status) if status.is_directory => {
                    let node = tree.insert(None, &name, status.id, size(&status, apparent));
                    waiting.push(node);
                    What::Directory(node)
                }
                Ok(status) => {
                    statistics.files += 1;
                    What::File {
                        id: status.id,
                        size: size(&status, apparent),
                    }
                }
                Err(errno) => What::Unknown {
                    name: Box::default(),
                    errno,
                },
            };
            Operand { name, what }
        })
        .collect();
    waiting.reverse();
    let mut walk = Walk {
        backend,
        apparent,
        count_all_once,
        tree,
        account: Account::new(output, operands, count_all_once),
        anchors: Anchors::new(),
        waiting,
        order: Order::default(),
        statistics,
    };
    let mut lister = Lister::new();
    walk.account.advance(&mut walk.tree)?;
    while !walk.waiting.is_empty() {
        walk.batch(&mut lister)?;
        walk.account.advance(&mut walk.tree)?;
    }
    let mut statistics = walk.statistics;
    statistics.backend = backend.kind().name();
    statistics.sub_calls = lister.sub_calls() + statuses.steps;
    statistics.steps = lister.steps() + statuses.steps;
    statistics.batches = lister.batches() + statuses.batches;
    statistics.crossings += backend.crossings() - crossings + walk.anchors.calls();
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

/// What a file adds to the total, in bytes.
fn size(status: &FileStatus, apparent: bool) -> u64 {
    if apparent {
        status.length
    } else {
        status.blocks.saturating_mul(512)
    }
}

impl<O: Write, E: Write> Walk<'_, O, E> {
    /// Lists the directories that are next.
    fn batch(&mut self, lister: &mut Lister) -> anyhow::Result<()> {
        let nodes = self.fill(lister);
        if nodes.is_empty() {
            return Ok(());
        }
        let (mut found, mut again) = (Vec::new(), Vec::new());
        let open = lister.open_call();
        lister.run(self.backend, |index, names, progress| {
            let node = nodes[index];
            for name in names {
                self.name(node, &name);
            }
            let error = match progress {
                Progress::Partial => return Ok(()),
                // A kernel, or a sandbox, without this call.
                Progress::NotOpened(Errno::NOSYS | Errno::PERM) if open == OpenCall::Openat2 => {
                    again.push(node);
                    return Ok(());
                }
                Progress::Complete => None,
                Progress::NotOpened(errno) | Progress::NotRead(errno) => Some(errno),
            };
            self.listed(node, error, open, &mut found);
            Ok(())
        })?;
        self.waiting.extend(found.into_iter().rev());
        if !again.is_empty() {
            lister.avoid_openat2();
            self.waiting.extend(again.into_iter().rev());
        }
        Ok(())
    }

    /// Makes up a batch from the directories on top of the stack.
    fn fill(&mut self, lister: &mut Lister) -> Vec<NodeId> {
        lister.clear();
        self.anchors.begin_batch();
        let mut nodes = Vec::new();
        while lister.len() < ITEMS_MAX
            && let Some(id) = self.waiting.pop()
        {
            if self.account.is_settled(&self.tree, id) {
                self.tree.node_mut(id).listed = true;
                continue;
            }
            let origin = match self.tree.anchor(id) {
                None => Origin::Operand,
                Some(anchor) => match self.anchors.open(anchor, lister.open_call()) {
                    Ok(fd) => Origin::Anchor(fd),
                    // The batch at hand needs too many anchors at once.
                    Err(Errno::MFILE | Errno::NFILE) if lister.len() > 0 => {
                        self.waiting.push(id);
                        break;
                    }
                    Err(errno) => {
                        self.listed(id, Some(errno), lister.open_call(), &mut Vec::new());
                        continue;
                    }
                },
            };
            lister.push(origin, &self.tree.path(id));
            nodes.push(id);
        }
        nodes
    }

    /// Notes a name in a directory.
    fn name(&mut self, directory: NodeId, name: &Name<'_>) {
        let what = match name.status {
            Err(errno) => Some(What::Unknown {
                name: name.bytes.into(),
                errno,
            }),
            Ok(status) if status.is_directory => self.directory(directory, name.bytes, &status),
            Ok(status) => {
                self.statistics.files += 1;
                let size = size(&status, self.apparent);
                if self.count_all_once || status.links > 1 {
                    Some(What::File {
                        id: status.id,
                        size,
                    })
                } else {
                    self.tree.node_mut(directory).size += size;
                    None
                }
            }
        };
        let node = self.tree.node_mut(directory);
        if let Some(what) = what {
            node.events.push(Event {
                inode: name.inode,
                ordinal: node.names,
                what,
            });
        }
        node.names += 1;
    }

    /// Notes a directory in another one, unless nothing in it will count.
    fn directory(&mut self, parent: NodeId, name: &[u8], status: &FileStatus) -> Option<What> {
        // A directory is below itself only by way of a mount, which `du` leaves
        // out without a word.
        let cycle = status.may_be_mount_root && self.tree.is_ancestor(status.id, parent);
        if cycle || self.account.is_seen(status.id) {
            return None;
        }
        let size = size(status, self.apparent);
        let node = self.tree.insert(Some(parent), name, status.id, size);
        Some(What::Directory(node))
    }

    /// Notes that a directory is done with, and which ones were found in it.
    fn listed(
        &mut self,
        id: NodeId,
        error: Option<Errno>,
        open: OpenCall,
        found: &mut Vec<NodeId>,
    ) {
        self.statistics.directories += 1;
        self.order.sort(&mut self.tree, id, &self.anchors, open);
        self.tree.anchor_children(id, &self.anchors);
        let node = self.tree.node_mut(id);
        node.listed = true;
        node.error = error;
        found.extend(node.events.iter().filter_map(|event| match event.what {
            What::Directory(id) => Some(id),
            _ => None,
        }));
    }
}
