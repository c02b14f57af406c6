//! The directories that were found and not yet added up.
//!
//! Batches list directories in whatever order is quick; the tree keeps what
//! they found until [`account`](super::account) has come by in the order of
//! `du`. Files are added up at once, unless the order matters for them.

use std::vec::IntoIter;

use rustix::io::Errno;
use sysbatch_walk::scan::ListError;
use sysbatch_walk::{Directory, FileId};

/// A directory in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// What is to be added up in the order of `du`.
#[derive(Debug)]
pub(super) enum What {
    /// A directory.
    Directory(NodeId),
    /// Something else that may be found again under another name.
    File {
        /// Which one.
        id: FileId,
        /// What it adds to the total.
        size: u64,
    },
    /// A name about which nothing could be learned.
    Unknown {
        /// The name.
        name: Box<[u8]>,
        /// The error of `statx`.
        errno: Errno,
    },
}

/// A directory.
#[derive(Debug)]
pub(super) struct Node {
    /// Which one.
    pub(super) directory: Directory,
    /// What it and the files in it take that were added up already.
    pub(super) size: u64,
    /// What else is in it, once it has been listed.
    pub(super) rest: Option<IntoIter<What>>,
    /// Why not all of that is known.
    pub(super) error: Option<ListError>,
}

/// A set of nodes, with the places of those removed to be used again.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Option<Node>>,
    free: Vec<usize>,
}

impl Tree {
    /// The node with this id, which must not have been removed.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        match &self.nodes[id.0] {
            Some(node) => node,
            None => unreachable!("a node is used after it was removed"),
        }
    }

    /// As [`Tree::node`], to change it.
    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        match &mut self.nodes[id.0] {
            Some(node) => node,
            None => unreachable!("a node is used after it was removed"),
        }
    }

    /// Adds a directory of which nothing is known yet but its own size.
    pub(super) fn insert(&mut self, directory: Directory, size: u64) -> NodeId {
        let node = Node {
            directory,
            size,
            rest: None,
            error: None,
        };
        if let Some(place) = self.free.pop() {
            self.nodes[place] = Some(node);
            NodeId(place)
        } else {
            self.nodes.push(Some(node));
            NodeId(self.nodes.len() - 1)
        }
    }

    /// Removes a node that nothing refers to any more.
    pub(super) fn remove(&mut self, id: NodeId) {
        self.nodes[id.0] = None;
        self.free.push(id.0);
    }
}
