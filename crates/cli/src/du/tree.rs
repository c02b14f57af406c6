//! The directories that were found and not yet added up.
//!
//! Batches list directories in whatever order is quick; the tree keeps what
//! they found until [`account`](super::account) has come by in the order of
//! `du`. Files are added up at once, unless the order matters for them.

use std::rc::Rc;

use rustix::io::Errno;

use super::anchor::{Anchor, Anchors};
use super::record::FileId;

/// A path is not made longer than this many bytes, but continued from an
/// anchor. Well below `PATH_MAX`: a long path is walked anew each time.
const PATH_MAX: usize = 1024;

/// A directory in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// What is below a directory, apart from files that were added up already.
#[derive(Debug)]
pub(super) struct Event {
    /// The inode number that the directory gives.
    pub(super) inode: u64,
    /// The how manieth name of the directory it is.
    pub(super) ordinal: u64,
    /// What it is.
    pub(super) what: What,
}

/// See [`Event`].
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
    /// The directory it is in; `None` for an operand.
    pub(super) parent: Option<NodeId>,
    /// Its name, or the operand.
    pub(super) name: Box<[u8]>,
    /// Which directory it is.
    pub(super) id: FileId,
    /// What it and the files in it take that were added up already.
    pub(super) size: u64,
    /// How many names it has.
    pub(super) names: u64,
    /// What else is in it.
    pub(super) events: Vec<Event>,
    /// Whether it has been listed.
    pub(super) listed: bool,
    /// Why it has not, if it could not be.
    pub(super) error: Option<Errno>,
    /// Where its path starts; `None` for an operand.
    anchor: Option<Rc<Anchor>>,
    /// The length of its path from there.
    path_len: usize,
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
    pub(super) fn insert(
        &mut self,
        parent: Option<NodeId>,
        name: &[u8],
        id: FileId,
        size: u64,
    ) -> NodeId {
        let node = Node {
            parent,
            name: name.into(),
            id,
            size,
            names: 0,
            events: Vec::new(),
            listed: false,
            error: None,
            anchor: None,
            path_len: 0,
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

    /// Whether this file is the directory `node` or one that it is in.
    pub(super) fn is_ancestor(&self, file: FileId, node: NodeId) -> bool {
        let mut next = Some(node);
        while let Some(id) = next {
            let node = self.node(id);
            if node.id == file {
                return true;
            }
            next = node.parent;
        }
        false
    }

    /// Settles from where the directories in `parent` are found, once it is
    /// listed.
    pub(super) fn anchor_children(&mut self, parent: NodeId, anchors: &Anchors) {
        let node = self.node(parent);
        let children: Vec<_> = node
            .events
            .iter()
            .filter_map(|event| match event.what {
                What::Directory(id) => Some(id),
                _ => None,
            })
            .collect();
        let (anchor, path_len) = (node.anchor.clone(), node.path_len);
        // Made when first needed, and shared.
        let mut here = None;
        for id in children {
            let name_len = self.node(id).name.len();
            let below = match &anchor {
                Some(anchor) if path_len + 1 + name_len <= PATH_MAX => {
                    (Rc::clone(anchor), path_len + 1 + name_len)
                }
                _ => {
                    let here = here
                        .get_or_insert_with(|| anchors.anchor(anchor.clone(), self.path(parent)));
                    (Rc::clone(here), name_len)
                }
            };
            let child = self.node_mut(id);
            (child.anchor, child.path_len) = (Some(below.0), below.1);
        }
        self.node_mut(parent).anchor = None;
    }

    /// Where the path of a directory starts; `None` for an operand.
    pub(super) fn anchor(&self, id: NodeId) -> Option<&Rc<Anchor>> {
        self.node(id).anchor.as_ref()
    }

    /// The path of a directory from its anchor.
    pub(super) fn path(&self, id: NodeId) -> Vec<u8> {
        let mut left = self.node(id).path_len;
        if left == 0 {
            return self.node(id).name.to_vec();
        }
        // From its end to its beginning.
        let mut path = vec![b'/'; left];
        let mut next = Some(id);
        while let (Some(id), true) = (next, left > 0) {
            let node = self.node(id);
            left -= node.name.len();
            path[left..left + node.name.len()].copy_from_slice(&node.name);
            left = left.saturating_sub(1);
            next = node.parent;
        }
        path
    }
}
