//! The directories that were found and not yet added up.
//!
//! Batches list directories in whatever order is quick; the tree keeps what
//! they found until [`account`](super::account) has come by in the order of
//! `du`. Files are added up at once, unless the order matters for them.

use std::vec::IntoIter;

use rustix::io::Errno;
use sysbatch_walk::scan::ListError;
use sysbatch_walk::{Directory, FileId};

use super::usage::Usage;

/// A directory in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// A name in the [text](Others::text) of its directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    start: usize,
    length: usize,
}

impl Name {
    /// Adds a name to a text.
    pub(super) fn add(text: &mut Vec<u8>, name: &[u8]) -> Self {
        let start = text.len();
        text.extend_from_slice(name);
        Self {
            start,
            length: name.len(),
        }
    }

    /// The name in its text.
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.start + self.length]
    }
}

/// What is to be added up in the order of `du`. It is small, for there may be
/// many waiting.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A directory.
    Directory(NodeId),
    /// One of the [files](Others::files).
    File(usize),
    /// One of those that are [unknown](Others::unknown).
    Unknown(usize),
}

/// A file, no directory, for which the order matters.
#[derive(Debug)]
pub(super) struct File {
    /// Which one, if it may be found again under another name.
    pub(super) id: Option<FileId>,
    /// What it adds to the total.
    pub(super) usage: Usage,
    /// Its name, if it has a line of its own.
    pub(super) name: Option<Name>,
}

/// What is in a directory apart from directories, as far as it was not added up.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Files.
    pub(super) files: Vec<File>,
    /// Names about which nothing could be learned, with the errors of `statx`.
    pub(super) unknown: Vec<(Name, Errno)>,
    /// The names.
    pub(super) text: Vec<u8>,
}

/// What is in a directory that has been listed and is not added up yet.
#[derive(Debug)]
pub(super) struct Rest {
    /// In order.
    pub(super) order: IntoIter<What>,
    /// What that refers to.
    pub(super) others: Others,
    /// Why not all is known.
    pub(super) error: Option<ListError>,
}

impl Rest {
    /// What is in a directory, in order.
    pub(super) fn new(mut order: Vec<What>, mut others: Others, error: Option<ListError>) -> Self {
        // It may wait for long, while others are listed.
        order.shrink_to_fit();
        others.files.shrink_to_fit();
        others.text.shrink_to_fit();
        Self {
            order: order.into_iter(),
            others,
            error,
        }
    }
}

/// A directory.
#[derive(Debug)]
pub(super) struct Node {
    /// Which one.
    pub(super) directory: Directory,
    /// What it and the files in it take that were added up already.
    pub(super) usage: Usage,
    /// What else is in it, once it has been listed.
    pub(super) rest: Option<Box<Rest>>,
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

    /// Adds a directory of which nothing is known yet but what it takes itself.
    pub(super) fn insert(&mut self, directory: Directory, usage: Usage) -> NodeId {
        let node = Node {
            directory,
            usage,
            rest: None,
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
