//! Listing many directories with one batch: what the host does around the
//! [program](super::program).
#![expect(unsafe_code, reason = "runs a batch on memory that it owns")]

use std::os::fd::{AsRawFd as _, RawFd};

use anyhow::{Context as _, ensure};
use rustix::fs::{CWD, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::image::{Image, Runner, expose};
use super::layout::{self, At, DIRENT_MIN, Item, NAME_TO_END, READ_SIZE, Slot};
use super::program::{OpenCall, program};
use super::record::{STATX_FLAGS, STATX_MASK, STATX_SIZE};
use super::records::Records;

/// How many directories a batch lists at most.
pub(super) const ITEMS_MAX: usize = 256;

/// The size of the arena for names, in bytes. The batch comes back when less
/// than [`READ_SIZE`] is left, so this is some three thousand names, enough for
/// what the crossing costs to vanish among them.
const NAMES_SIZE: usize = 128 << 10;

/// The size of the arena for `statx` records: a name never takes less than
/// [`DIRENT_MIN`] bytes, so that it cannot be full before the other one.
const RECORDS_SIZE: usize = NAMES_SIZE / DIRENT_MIN * STATX_SIZE;

/// Steps that a directory and a name take at most, system calls that fail
/// included. Only a bound: fuel that is left over costs nothing.
const STEPS_PER_ITEM: u64 = 64;
const STEPS_PER_NAME: u64 = 16;

/// How a directory is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// By a path that the user gave.
    Operand,
    /// By a path below this descriptor, with no symbolic link on the way.
    Anchor(RawFd),
}

/// What became of a directory of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is more to come.
    Partial,
    /// It was read to its end.
    Complete,
    /// It could not be opened.
    NotOpened(Errno),
    /// It could not be read to its end.
    NotRead(Errno),
}

/// The memory of a listing batch.
#[derive(Debug)]
pub(super) struct Lister {
    image: Image,
    open: OpenCall,
    items: Vec<Item>,
    paths: Vec<u8>,
    /// Two of `struct open_how`: for operands, and for what is below them.
    how: [[u64; 3]; 2],
    names: Vec<u8>,
    records: Vec<u8>,
    /// The item at hand.
    current: usize,
    /// Whether it is open already.
    opened: bool,
    /// Whether some of its names were seen already.
    begun: bool,
    sub_calls: u64,
}

impl Lister {
    /// A lister with no directories to list.
    pub(super) fn new() -> Self {
        let flags = OFlags::RDONLY
            | OFlags::DIRECTORY
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        let flags = flags.bits().into();
        Self {
            image: Image::new(
                program(OpenCall::Openat2, STATX_FLAGS, STATX_MASK),
                Slot::COUNT,
            ),
            open: OpenCall::Openat2,
            items: Vec::new(),
            paths: Vec::new(),
            how: [[flags, 0, 0], [flags, 0, ResolveFlags::NO_SYMLINKS.bits()]],
            names: vec![0; NAMES_SIZE],
            records: vec![0; RECORDS_SIZE],
            current: 0,
            opened: false,
            begun: false,
            sub_calls: 0,
        }
    }

    /// How it opens directories.
    pub(super) fn open_call(&self) -> OpenCall {
        self.open
    }

    /// Has it do without `openat2` from now on: to be called between batches.
    pub(super) fn avoid_openat2(&mut self) {
        self.open = OpenCall::Openat;
        self.image
            .set_program(program(OpenCall::Openat, STATX_FLAGS, STATX_MASK));
    }

    /// The system calls that the batches made so far, whoever made them.
    pub(super) fn sub_calls(&self) -> u64 {
        self.sub_calls
    }

    /// The steps that the batches made so far.
    pub(super) fn steps(&self) -> u64 {
        self.image.steps()
    }

    /// How many times a batch was run.
    pub(super) fn batches(&self) -> u64 {
        self.image.entered()
    }

    /// Begins a new batch, with no directories yet.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.paths.clear();
        self.current = 0;
        self.opened = false;
        self.begun = false;
    }

    /// Adds a directory to the batch. The path has no zero byte in it.
    pub(super) fn push(&mut self, origin: Origin, path: &[u8]) {
        let (anchor, how) = match origin {
            Origin::Operand => (CWD.as_raw_fd(), 0),
            Origin::Anchor(fd) => (fd, 1),
        };
        self.items.push(Item {
            anchor: anchor.into(),
            // Offsets for now: the path buffer may move until the batch runs.
            path: self.paths.len() as u64,
            how,
            ..Item::default()
        });
        self.paths.extend_from_slice(path);
        self.paths.push(0);
    }

    /// How many directories the batch has.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Runs the batch to its end, and gives what it finds to `visit` as it
    /// comes: which directory of the batch, names with their `statx` results,
    /// and what became of the directory. The directories come in their order,
    /// those with many names in several parts.
    ///
    /// # Errors
    /// If the batch was refused, or the directory data make no sense.
    pub(super) fn run(
        &mut self,
        runner: &impl Runner,
        mut visit: impl FnMut(usize, &mut Records<'_>, Progress) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let paths = expose(&mut self.paths);
        let hows = self.how.each_mut().map(|how| match self.open {
            OpenCall::Openat2 => expose(how),
            OpenCall::Openat => how[0],
        });
        for item in &mut self.items {
            item.path += paths;
            item.how = hows[item.how as usize];
        }
        self.items.push(Item::default());
        let items = expose(&mut self.items);
        self.image
            .set_slot(Slot::Item as usize, items.cast_signed());
        self.image.set_pc(At::NextItem as u64);
        loop {
            // Anew for each run, since `drain` has used them in between.
            let names = expose(&mut self.names);
            expose(&mut self.items);
            let limit = names + (NAMES_SIZE - READ_SIZE - DIRENT_MIN) as u64;
            let slots = [
                (Slot::Name, names - NAME_TO_END as u64),
                (Slot::Limit, limit),
                (Slot::Statx, expose(&mut self.records)),
            ];
            for (slot, address) in slots {
                self.image.set_slot(slot as usize, address.cast_signed());
            }
            let fuel = self.items.len() as u64 * STEPS_PER_ITEM
                + (NAMES_SIZE / DIRENT_MIN) as u64 * STEPS_PER_NAME;
            // SAFETY: the program is `program()`. It reads the items and what
            // they point to, `paths` and `how`, writes to the items, and fills
            // `names` as far as LIMIT lets it, a read and its mark beyond;
            // `records` then has room for a record for each name. All are
            // fields of this lister, which is borrowed, and are not touched
            // until the batch is back. It opens directories, and closes what
            // it opened.
            let done = unsafe { self.image.run(runner, fuel) }?;
            self.drain(items, names, &mut visit)?;
            if done {
                return Ok(());
            }
            let resume = layout::resume(self.image.pc())
                .with_context(|| format!("the listing batch left at entry {}", self.image.pc()))?;
            self.image.set_pc(resume as u64);
        }
    }

    /// Hands out what one run of the batch left in the arenas.
    fn drain(
        &mut self,
        items: u64,
        names: u64,
        visit: &mut impl FnMut(usize, &mut Records<'_>, Progress) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // NAME is behind the record or the mark that was passed last.
        let offset = |name: u64| (name + NAME_TO_END as u64).wrapping_sub(names) as usize;
        let slot = |slot: Slot| self.image.slot(slot as usize).cast_unsigned();
        let here = (slot(Slot::Item) - items) as usize / size_of::<Item>();
        let (mut begin, last) = (0, offset(slot(Slot::Name)));
        let mut records = &self.records[..];
        while self.current <= here {
            let item = self.items[self.current];
            if item.path == 0 {
                break;
            }
            let partial = self.current == here;
            let (end, progress) = if partial {
                (last, Progress::Partial)
            } else {
                (offset(item.end), progress(&item))
            };
            let names = self
                .names
                .get(begin..end)
                .context("the listing batch left its arena")?;
            let mut part = Records::new(names, records, !self.begun);
            visit(self.current, &mut part, progress)?;
            ensure!(
                part.at_end(),
                "directory data were not understood to their end"
            );
            records = part.rest();
            self.sub_calls += part.calls() + calls(progress, self.opened);
            self.begun = partial && (self.begun || !names.is_empty());
            self.opened = partial;
            if partial {
                break;
            }
            self.current += 1;
            begin = end;
        }
        Ok(())
    }
}

/// What became of a directory that the batch is done with.
fn progress(item: &Item) -> Progress {
    let errno = |error: i64| Errno::from_raw_os_error(-error as i32);
    match (item.open_error, item.read_error) {
        (0, 0) => Progress::Complete,
        // It was removed while it was open, and so it is empty: `readdir(3)`
        // says the same.
        (0, error) if errno(error) == Errno::NOENT => Progress::Complete,
        (0, error) => Progress::NotRead(errno(error)),
        (error, _) => Progress::NotOpened(errno(error)),
    }
}

/// The system calls for a directory in one part, besides those for its names:
/// `openat2` first, the `getdents64` that gave no more and `close` last.
fn calls(progress: Progress, opened: bool) -> u64 {
    let last = match progress {
        Progress::Partial | Progress::NotOpened(_) => 0,
        Progress::Complete | Progress::NotRead(_) => 2,
    };
    u64::from(!opened) + last
}
