//! The order of a sorted walk: a directory, what is in it, its next sibling.

use std::collections::HashMap;

use super::Entry;
use crate::error::Error;

/// An entry, and the number of its directory if that is listed, too.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) entry: Result<Entry, Error>,
    pub(super) below: Option<usize>,
}

/// What comes next.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "an item is handed on at once, and is not worth an allocation"
)]
pub(super) enum Next {
    /// This.
    Item(Item),
    /// What is in the directory of this number, which is not known yet.
    Wait(usize),
    /// Nothing.
    End,
}

/// Entries that were found and not yet given out.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// What is left of each directory on the way, in reverse.
    frames: Vec<Vec<Item>>,
    /// Directories that were listed before it was their turn.
    listed: HashMap<usize, Vec<Item>>,
    /// The one whose turn it is.
    turn: Option<usize>,
}

impl Sorted {
    /// Begins with the roots, which stay in their order.
    pub(super) fn new(mut roots: Vec<Item>) -> Self {
        roots.reverse();
        Self {
            frames: vec![roots],
            ..Self::default()
        }
    }

    /// Takes what is in a directory.
    pub(super) fn insert(&mut self, number: usize, mut items: Vec<Item>) {
        items.reverse();
        self.listed.insert(number, items);
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> Next {
        if let Some(number) = self.turn {
            match self.listed.remove(&number) {
                Some(items) => self.frames.push(items),
                None => return Next::Wait(number),
            }
            self.turn = None;
        }
        while let Some(frame) = self.frames.last_mut() {
            if let Some(item) = frame.pop() {
                self.turn = item.below;
                return Next::Item(item);
            }
            self.frames.pop();
        }
        Next::End
    }
}
