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

use super::quote::quoted;
use super::size::Unit;
use super::tree::{NodeId, Tree, What};

/// An operand, as `statx` saw it.
#[derive(Debug)]
pub(super) struct Operand {
    /// The operand, as it is printed.
    pub(super) name: Vec<u8>,
    /// What it is.
    pub(super) what: What,
}

/// A directory being added up.
#[derive(Debug)]
struct Frame {
    node: NodeId,
    size: u64,
    /// Whether it has been seen before, so that nothing in it counts.
    muted: bool,
    /// How long the path was without it.
    path_len: usize,
}

/// Where sizes and complaints go.
#[derive(Debug)]
pub(super) struct Output<O, E> {
    /// Takes the lines with sizes.
    pub(super) out: O,
    /// Takes the complaints.
    pub(super) err: E,
    /// How sizes are printed.
    pub(super) unit: Unit,
    /// How deep below an operand a directory has a line of its own.
    pub(super) max_depth: u64,
}

/// The adding up.
#[derive(Debug)]
pub(super) struct Account<O, E> {
    output: Output<O, E>,
    operands: std::vec::IntoIter<Operand>,
    /// Whether anything counts only once, whatever its number of links.
    count_all_once: bool,
    seen: HashSet<FileId>,
    frames: Vec<Frame>,
    path: Vec<u8>,
    complained: bool,
}

impl<O: Write, E: Write> Account<O, E> {
    /// Nothing added up yet.
    pub(super) fn new(output: Output<O, E>, count_all_once: bool) -> Self {
        Self {
            output,
            operands: Vec::new().into_iter(),
            count_all_once,
            seen: HashSet::new(),
            frames: Vec::new(),
            path: Vec::new(),
            complained: false,
        }
    }

    /// Gives it what to add up.
    pub(super) fn begin(&mut self, operands: Vec<Operand>) {
        self.operands = operands.into_iter();
    }

    /// Whether nothing in a directory that has just been found will count.
    pub(super) fn is_seen(&self, id: FileId) -> bool {
        self.count_all_once && self.seen.contains(&id)
    }

    /// Whether there was anything to complain about.
    pub(super) fn complained(&self) -> bool {
        self.complained
    }

    /// Adds up what can be added up: all that comes before the first directory
    /// that has not been listed.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(super) fn advance(&mut self, tree: &mut Tree) -> io::Result<()> {
        loop {
            let Some(frame) = self.frames.last_mut() else {
                match self.operands.next() {
                    Some(operand) => self.operand(tree, operand)?,
                    None => return self.output.out.flush(),
                }
                continue;
            };
            let Some(rest) = &mut tree.node_mut(frame.node).rest else {
                return Ok(());
            };
            let Some(what) = rest.next() else {
                self.leave(tree)?;
                continue;
            };
            let muted = frame.muted;
            match what {
                What::Directory(child) => self.enter(tree, child, muted),
                What::File { id, size } => {
                    if !muted && self.seen.insert(id) {
                        frame.size += size;
                    }
                }
                What::Unknown { name, errno } => {
                    if !muted {
                        let parent_len = self.path.len();
                        append(&mut self.path, &name);
                        self.complain("cannot access", errno)?;
                        self.path.truncate(parent_len);
                    }
                }
            }
        }
    }

    /// Begins with an operand.
    fn operand(&mut self, tree: &Tree, operand: Operand) -> io::Result<()> {
        self.path.clear();
        match operand.what {
            What::Directory(node) => {
                self.enter(tree, node, false);
                Ok(())
            }
            What::File { id, size } => {
                self.path = operand.name;
                if !self.seen.insert(id) {
                    return Ok(());
                }
                self.print(size)
            }
            What::Unknown { errno, .. } => {
                self.path = operand.name;
                if self.path.is_empty() {
                    self.complained = true;
                    self.output.out.flush()?;
                    return self
                        .output
                        .err
                        .write_all(b"sysbatch du: a path may not be empty\n");
                }
                self.complain("cannot access", errno)
            }
        }
    }

    /// Goes down into a directory.
    fn enter(&mut self, tree: &Tree, id: NodeId, muted: bool) {
        let node = tree.node(id);
        let muted = muted || (self.count_all_once && !self.seen.insert(node.directory.id()));
        let path_len = self.path.len();
        append(&mut self.path, node.directory.name().as_bytes());
        self.frames.push(Frame {
            node: id,
            size: 0,
            muted,
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
            if let Some(error) = node.error {
                self.complain("cannot read directory", error.errno())?;
            }
            let size = frame.size + node.size;
            if self.frames.len() as u64 <= self.output.max_depth {
                self.print(size)?;
            }
            if let Some(parent) = self.frames.last_mut() {
                parent.size += size;
            }
        }
        tree.remove(frame.node);
        self.path.truncate(frame.path_len);
        Ok(())
    }

    /// Prints a size for the path at hand.
    fn print(&mut self, size: u64) -> io::Result<()> {
        let out = &mut self.output.out;
        write!(out, "{}\t", self.output.unit.display(size))?;
        out.write_all(&self.path)?;
        out.write_all(b"\n")
    }

    /// Says what is wrong with the path at hand.
    fn complain(&mut self, what: &str, errno: Errno) -> io::Result<()> {
        self.complained = true;
        self.output.out.flush()?;
        let reason = io::Error::from(errno);
        // "Permission denied (os error 13)" is more than a person needs.
        let reason = reason.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        let path = quoted(&self.path);
        let line = format!("sysbatch du: {what} {path}: {reason}\n");
        // In one piece: standard error has no buffer.
        self.output.err.write_all(line.as_bytes())
    }
}

/// Adds a name to a path.
fn append(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
