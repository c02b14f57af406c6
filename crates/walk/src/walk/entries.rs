//! The iterator.

use std::collections::VecDeque;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use rustix::fs::{FileType, StatxFlags};
use sysbatch::Backend;

use super::collect::Collect;
use super::descent::Descent;
use super::sorted::{Item, Next, Sorted};
use super::{Entry, Walk};
use crate::error::Error;
use crate::scan::{Part, Scan, ScanOptions};
use crate::statistics::Statistics;
use crate::status::statuses;

/// What a walk needs to know of each file, whatever it is asked for.
const NEEDED: StatxFlags = StatxFlags::TYPE.union(StatxFlags::INO);

/// The entries of a [`Walk`]: an iterator.
///
/// An error about an entry does not end it. Dropping it ends the walk, and its
/// threads.
#[derive(Debug)]
pub struct Entries {
    min_depth: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    Walking(Box<Walking>),
    /// There is no more but perhaps an error.
    Ended(Option<Error>),
}

/// A walk under way.
#[derive(Debug)]
struct Walking {
    scan: Scan<Collect>,
    descent: Descent,
    order: Order,
    /// The number of the directory that was pushed last.
    number: usize,
}

/// Entries that were found and not yet given out.
#[derive(Debug)]
enum Order {
    Found(VecDeque<Result<Entry, Error>>),
    Sorted(Sorted),
}

impl Entries {
    pub(super) fn new(walk: Walk) -> Self {
        let min_depth = walk.min_depth;
        let state = match Walking::new(walk) {
            Ok(walking) => State::Walking(Box::new(walking)),
            Err(error) => State::Ended(Some(error)),
        };
        Self { min_depth, state }
    }

    /// What the walk took until now; nothing if it has ended by an error.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        match &self.state {
            State::Walking(walking) => walking.scan.statistics(),
            State::Ended(_) => Statistics::default(),
        }
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Result<Entry, Error>> {
        loop {
            let next = match &mut self.state {
                State::Walking(walking) => walking.next(),
                State::Ended(error) => return error.take().map(Err),
            };
            match next {
                Ok(Some(Ok(entry))) if entry.depth() < self.min_depth => {}
                Ok(next) => return next,
                Err(error) => self.state = State::Ended(Some(error)),
            }
        }
    }
}

impl Walking {
    /// Begins with the roots.
    fn new(walk: Walk) -> Result<Self, Error> {
        let descent = Descent::new(&walk);
        let backend = match walk.backend {
            Some(backend) => backend,
            None => Arc::new(Backend::select().map_err(Error::backend)?),
        };
        let options = ScanOptions {
            follow: walk.follow,
            fields: walk.fields | NEEDED,
            threads: walk.threads,
        };
        let collect = Collect {
            in_parts: !walk.sorted,
        };
        let mut scan = Scan::new(Arc::clone(&backend), options, collect);
        let roots: Vec<_> = walk
            .roots
            .iter()
            .map(|root| root.as_os_str().as_bytes())
            .collect();
        let found = statuses(
            &backend,
            &roots,
            options.follow,
            options.fields,
            scan.statistics_mut(),
        )
        .map_err(Error::batch)?;
        let entries = roots.into_iter().zip(found).map(|(root, metadata)| {
            let metadata = metadata.map_err(|errno| Error::metadata(None, root, errno))?;
            Ok(Entry {
                parent: None,
                name: root.into(),
                kind: FileType::Unknown,
                metadata,
            })
        });
        let mut walking = Self {
            scan,
            descent,
            order: Order::Found(VecDeque::new()),
            number: 0,
        };
        let items: Vec<_> = entries.map(|entry| walking.item(entry)).collect();
        walking.order = if walk.sorted {
            Order::Sorted(Sorted::new(items))
        } else {
            Order::Found(items.into_iter().map(|item| item.entry).collect())
        };
        Ok(walking)
    }

    /// The next entry.
    ///
    /// # Errors
    /// Those that end the walk.
    fn next(&mut self) -> Result<Option<Result<Entry, Error>>, Error> {
        loop {
            match &mut self.order {
                Order::Found(found) => {
                    if let Some(entry) = found.pop_front() {
                        return Ok(Some(entry));
                    }
                }
                Order::Sorted(sorted) => match sorted.next() {
                    Next::Item(item) => return Ok(Some(item.entry)),
                    Next::Wait(number) => self.scan.hurry(number),
                    Next::End => return Ok(None),
                },
            }
            match self.scan.next().map_err(Error::batch)? {
                Some(part) => self.take(part),
                None => return Ok(None),
            }
        }
    }

    /// Takes what was found in a directory.
    fn take(&mut self, part: Part<Vec<Result<Entry, Error>>>) {
        let mut entries = part.found;
        if matches!(self.order, Order::Sorted(_)) {
            // Those without metadata have a name, too, and a place by it.
            entries.sort_by(|one, other| name(one).cmp(name(other)));
        }
        if let Some(Err(error)) = part.end {
            entries.push(Err(Error::list(&part.directory, error)));
        }
        match self.order {
            Order::Found(_) => {
                for entry in &mut entries {
                    self.descend(entry);
                }
                // It takes the place of one that is empty by now.
                self.order = Order::Found(entries.into());
            }
            Order::Sorted(_) => {
                let items = entries.into_iter().map(|entry| self.item(entry));
                let items: Vec<_> = items.collect();
                if let Order::Sorted(sorted) = &mut self.order {
                    sorted.insert(part.tag, items);
                }
            }
        }
    }

    /// An entry with the number of its directory, if that is to be listed.
    fn item(&mut self, mut entry: Result<Entry, Error>) -> Item {
        let below = self.descend(&mut entry);
        Item { entry, below }
    }

    /// Has an entry listed if it is a directory to be walked, and tells under
    /// which number. One that would lead in a circle becomes an error.
    fn descend(&mut self, entry: &mut Result<Entry, Error>) -> Option<usize> {
        let descent = self.descent.of(entry.as_ref().ok()?);
        match descent {
            Ok(directory) => {
                let directory = directory?;
                self.number += 1;
                self.scan.push(directory, self.number);
                Some(self.number)
            }
            Err(error) => {
                *entry = Err(error);
                None
            }
        }
    }
}

/// The name by which an entry is sorted.
fn name(entry: &Result<Entry, Error>) -> &[u8] {
    match entry {
        Ok(entry) => &entry.name,
        Err(error) => error.name(),
    }
}
