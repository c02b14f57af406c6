//! Adding up, in the order of `du`.
//!
//! The order decides which directory a file with several names is counted in,
//! and the order of the output: depth first, names as the directory gives
//! them, a directory after what is in it. Two rules of coreutils 9.1 go
//! with it: with more than one operand whatever was seen before, directories
//! included, is left out, not only files with several links; and a directory
//! with more than 10,000 names is taken by inode numbers, unless it is on a
//! file system where that does not help. It is up to the walk to say which.

use std::collections::HashSet;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;

use rustix::io::Errno;
use sysbatch_walk::FileId;

use super::contents::CountOnce;
use super::output::Output;
use super::tree::{File, NodeId, Tree, What};
use super::usage::Usage;

/// An operand, as `statx` saw it.
#[derive(Debug)]
pub(super) enum Operand {
    /// A directory.
    Directory(NodeId),
    /// Anything else.
    File {
        /// The operand, as it is printed.
        name: Vec<u8>,
        /// Which file it is, if it may be met again.
        id: Option<FileId>,
        /// What it adds to the total.
        usage: Usage,
    },
    /// A path about which nothing could be learned.
    Unknown {
        /// The operand, as it is printed.
        name: Vec<u8>,
        /// The error of `statx`.
        errno: Errno,
    },
    /// What can be no path, and why.
    Wrong(String),
}

/// Which lines there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    /// How deep below an operand a directory has a line of its own.
    pub(super) max_depth: u64,
    /// Whether a directory counts without those in it.
    pub(super) separate: bool,
    /// Whether there is one for all operands together.
    pub(super) total: bool,
}

/// A directory being added up.
#[derive(Debug)]
struct Frame {
    node: NodeId,
    /// What the files in it take that were come to.
    files: Usage,
    /// What is below it takes.
    below: Usage,
    /// Whether it has been seen before, so that nothing in it counts.
    muted: bool,
    /// How long the path was without it.
    path_len: usize,
}

/// The adding up.
#[derive(Debug)]
pub(super) struct Account<O, E> {
    output: Output<O, E>,
    lines: Lines,
    operands: std::vec::IntoIter<Operand>,
    count_once: CountOnce,
    seen: HashSet<FileId>,
    frames: Vec<Frame>,
    path: Vec<u8>,
    total: Usage,
}

impl<O: Write, E: Write> Account<O, E> {
    /// Nothing added up yet.
    pub(super) fn new(output: Output<O, E>, lines: Lines, count_once: CountOnce) -> Self {
        Self {
            output,
            lines,
            operands: Vec::new().into_iter(),
            count_once,
            seen: HashSet::new(),
            frames: Vec::new(),
            path: Vec::new(),
            total: Usage::default(),
        }
    }

    /// Gives it what to add up.
    pub(super) fn begin(&mut self, operands: Vec<Operand>) {
        self.operands = operands.into_iter();
    }

    /// Whether nothing in a directory that has just been found will count.
    pub(super) fn is_seen(&self, id: FileId) -> bool {
        self.count_once == CountOnce::All && self.seen.contains(&id)
    }

    /// The directory that has to be listed for it to advance.
    pub(super) fn waits_for(&self) -> Option<NodeId> {
        self.frames.last().map(|frame| frame.node)
    }

    /// Whether nothing in a directory of the tree, not listed yet, will count.
    pub(super) fn is_settled(&self, tree: &Tree, id: NodeId) -> bool {
        // The one that is waited for has been seen by being come to.
        let waited_for = self.frames.last().is_some_and(|frame| frame.node == id);
        !waited_for && self.is_seen(tree.node(id).directory.id())
    }

    /// Whether there was anything to complain about.
    pub(super) fn complained(&self) -> bool {
        self.output.complained
    }

    /// Says what is under way.
    pub(super) fn tell(&mut self, what: impl FnOnce() -> String) {
        self.output.progress.tell(what);
    }

    /// Adds up what can be added up: all that comes before the first directory
    /// that has not been listed.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(super) fn advance(&mut self, tree: &mut Tree) -> io::Result<()> {
        loop {
            let Some(frame) = self.frames.last() else {
                match self.operands.next() {
                    Some(operand) => self.operand(tree, operand)?,
                    None => return Ok(()),
                }
                continue;
            };
            let node = frame.node;
            let Some(rest) = &mut tree.node_mut(node).rest else {
                return Ok(());
            };
            match rest.order.next() {
                Some(what) => self.add(tree, node, what)?,
                None => self.leave(tree)?,
            }
        }
    }

    /// Prints what comes after all operands.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.lines.total {
            self.output.total(&self.total)?;
        }
        self.output.out.flush()
    }

    /// Adds what is in the directory at hand.
    fn add(&mut self, tree: &Tree, node: NodeId, what: What) -> io::Result<()> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if let What::Directory(child) = what {
            let muted = frame.muted;
            self.enter(tree, child, muted);
            return Ok(());
        }
        if frame.muted {
            return Ok(());
        }
        let Some(rest) = &tree.node(node).rest else {
            return Ok(());
        };
        let others = &rest.others;
        let parent_len = self.path.len();
        match what {
            What::Directory(_) => {}
            What::File(index) => {
                let File { id, usage, name } = &others.files[index];
                if id.is_some_and(|id| !self.seen.insert(id)) {
                    return Ok(());
                }
                frame.files += *usage;
                if let Some(name) = name {
                    append(&mut self.path, name.of(&others.text));
                    self.output.line(usage, &self.path)?;
                }
            }
            What::Unknown(index) => {
                let (name, errno) = others.unknown[index];
                append(&mut self.path, name.of(&others.text));
                self.output.complain("cannot access", &self.path, errno)?;
            }
        }
        self.path.truncate(parent_len);
        Ok(())
    }

    /// Begins with an operand.
    fn operand(&mut self, tree: &Tree, operand: Operand) -> io::Result<()> {
        self.path.clear();
        match operand {
            Operand::Directory(node) => self.enter(tree, node, false),
            Operand::File { name, id, usage } => {
                if id.is_none_or(|id| self.seen.insert(id)) {
                    self.total += usage;
                    self.output.line(&usage, &name)?;
                }
            }
            Operand::Unknown { name, errno } => {
                self.output.complain("cannot access", &name, errno)?;
            }
            Operand::Wrong(what) => self.output.say(&what)?,
        }
        Ok(())
    }

    /// Goes down into a directory.
    fn enter(&mut self, tree: &Tree, id: NodeId, muted: bool) {
        let directory = &tree.node(id).directory;
        let seen = self.count_once == CountOnce::All && !self.seen.insert(directory.id());
        let path_len = self.path.len();
        append(&mut self.path, directory.name().as_bytes());
        self.frames.push(Frame {
            node: id,
            files: Usage::default(),
            below: Usage::default(),
            muted: muted || seen,
            path_len,
        });
    }

    /// Comes up from a directory all of which has been added up.
    fn leave(&mut self, tree: &mut Tree) -> io::Result<()> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let node = tree.node(frame.node);
        if !frame.muted {
            if let Some(error) = node.rest.as_ref().and_then(|rest| rest.error) {
                let errno = error.errno();
                self.output
                    .complain("cannot read directory", &self.path, errno)?;
            }
            let mut own = node.usage;
            own += frame.files;
            self.total += own;
            let mut all = own;
            all += frame.below;
            if self.frames.len() as u64 <= self.lines.max_depth {
                let shown = if self.lines.separate { &own } else { &all };
                self.output.line(shown, &self.path)?;
            }
            if let Some(parent) = self.frames.last_mut() {
                parent.below += all;
            }
        }
        tree.remove(frame.node);
        self.path.truncate(frame.path_len);
        Ok(())
    }
}

/// Adds a name to a path.
fn append(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
