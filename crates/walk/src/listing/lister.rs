//! Listing many directories with one batch: what the host does around the
//! [program](super::program).
#![expect(unsafe_code, reason = "runs a batch on memory that it owns")]

use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};

use rustix::fs::{CWD, OFlags, ResolveFlags};
use rustix::io::Errno;
use sysbatch::abi::Status;

use super::image::{BatchError, Image, Runner, expose};
use super::layout::{self, At, DIRENT_MIN, Item, NAME_TO_END, READ_SIZE, Slot};
use super::program::{OpenCall, program};
use super::records::Records;
use crate::follow::Follow;
use crate::metadata::{Metadata, STATX_SIZE};

/// How many directories a batch lists at most.
pub(crate) const ITEMS_MAX: usize = 256;

/// The size of the arena for names, in bytes. The batch comes back when less
/// than [`READ_SIZE`] is left, so this is some three thousand names, enough for
/// what the crossing costs to vanish among them.
pub(crate) const NAMES_SIZE: usize = 128 << 10;

/// The same for one of several listers: all of them are in memory at once.
pub(crate) const NAMES_SIZE_EACH: usize = 64 << 10;

/// How many `statx` records there must be room for: a name never takes less
/// than [`DIRENT_MIN`] bytes, so that they cannot be full before the names.
const fn records_for(names_size: usize) -> usize {
    names_size / DIRENT_MIN
}

/// Steps that a directory and a name take at most, system calls that fail
/// included. Only a bound: fuel that is left over costs nothing.
const STEPS_PER_ITEM: u64 = 64;
const STEPS_PER_NAME: u64 = 16;

/// How a directory is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By a path that the user gave.
    Operand,
    /// By a path below this descriptor, with no symbolic link on the way.
    Anchor(RawFd),
}

/// What became of a directory of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
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
pub(crate) struct Lister {
    image: Image,
    open: OpenCall,
    /// How `statx` is asked, and for what.
    statx: (u32, u32),
    items: Vec<Item>,
    paths: Vec<u8>,
    /// Two of `struct open_how`: for operands, and for what is below them.
    /// On the heap, for its address to stay when the lister is moved.
    how: Vec<[u64; 3]>,
    names: Vec<u8>,
    records: Vec<Metadata>,
    /// The item at hand.
    current: usize,
    /// Whether it is open already.
    opened: bool,
    sub_calls: u64,
}

impl Lister {
    /// A lister with no directories to list, which asks for the fields of a
    /// mask and has `names_size` bytes for names, more than [`READ_SIZE`].
    pub(crate) fn new(follow: Follow, mask: u32, names_size: usize) -> Self {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let operand = if follow.follows_roots() {
            flags
        } else {
            flags | OFlags::NOFOLLOW
        };
        let (below, resolve) = match follow {
            Follow::Always => (flags, ResolveFlags::empty()),
            Follow::Never | Follow::Roots => (flags | OFlags::NOFOLLOW, ResolveFlags::NO_SYMLINKS),
        };
        let statx = (follow.statx_flags(false).bits(), mask);
        Self {
            image: Image::within(program(OpenCall::Openat2, statx.0, statx.1), At::COUNT),
            open: OpenCall::Openat2,
            statx,
            items: Vec::new(),
            paths: Vec::new(),
            how: vec![
                [operand.bits().into(), 0, 0],
                [below.bits().into(), 0, resolve.bits()],
            ],
            names: vec![0; names_size],
            records: empty_records(records_for(names_size)),
            current: 0,
            opened: false,
            sub_calls: 0,
        }
    }

    /// How it opens directories.
    pub(crate) fn open_call(&self) -> OpenCall {
        self.open
    }

    /// Has it do without `openat2` from now on: to be called between batches.
    pub(crate) fn avoid_openat2(&mut self) {
        self.open = OpenCall::Openat;
        let (flags, mask) = self.statx;
        self.image
            .set_program(program(OpenCall::Openat, flags, mask));
    }

    /// The system calls that the batches made so far, whoever made them.
    pub(crate) fn sub_calls(&self) -> u64 {
        self.sub_calls
    }

    /// The steps that the batches made so far.
    pub(crate) fn steps(&self) -> u64 {
        self.image.steps()
    }

    /// How many times a batch was run.
    pub(crate) fn batches(&self) -> u64 {
        self.image.entered()
    }

    /// Begins a new batch, with no directories yet. What an unfinished one had
    /// open is closed.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.opened) {
            let fd = self.image.argument(Slot::Fd.place()) as RawFd;
            // SAFETY: the batch opened it, left before it closed it, and will
            // not go on: nobody else knows of it.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        self.items.clear();
        self.paths.clear();
        self.current = 0;
    }

    /// Adds a directory to the batch. The path has no zero byte in it.
    pub(crate) fn push(&mut self, origin: Origin, path: &[u8]) {
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

    /// Settles which directories the batch has: no more are pushed, and it can
    /// be [advanced](Lister::advance).
    pub(crate) fn begin(&mut self) {
        let paths = expose(&mut self.paths);
        let flags = [self.how[0][0], self.how[1][0]];
        let hows = expose(&mut self.how);
        for item in &mut self.items {
            item.path += paths;
            item.how = match self.open {
                OpenCall::Openat2 => hows + item.how * size_of::<[u64; 3]>() as u64,
                OpenCall::Openat => flags[item.how as usize],
            };
        }
        self.items.push(Item::default());
        let items = expose(&mut self.items);
        self.image.set_argument(Slot::Item.place(), items);
        self.image.set_pc(At::NextItem as u64);
    }

    /// Runs the batch until its memory is full or it has come to its end, and
    /// gives what it finds to `visit`: which directory of the batch, names with
    /// their `statx` results, and what became of the directory. The directories
    /// come in their order, those with many names in several parts. Tells
    /// whether that was the end.
    ///
    /// # Errors
    /// If the batch was refused, or the directory data make no sense.
    pub(crate) fn advance(
        &mut self,
        runner: &impl Runner,
        mut visit: impl FnMut(usize, &mut Records<'_>, Progress),
    ) -> Result<bool, BatchError> {
        // Anew for each run, since `drain` has used them in between.
        let names = expose(&mut self.names);
        let items = expose(&mut self.items);
        let limit = names + (self.names.len() - READ_SIZE - DIRENT_MIN) as u64;
        let slots = [
            (Slot::Name, names - NAME_TO_END as u64),
            (Slot::Limit, limit),
            (Slot::Statx, expose(&mut self.records)),
        ];
        for (slot, address) in slots {
            self.image.set_argument(slot.place(), address);
        }
        let records = records_for(self.names.len()) as u64;
        let fuel = self.items.len() as u64 * STEPS_PER_ITEM + records * STEPS_PER_NAME;
        // SAFETY: the program is `program()`. It reads the items and what
        // they point to, `paths` and `how`, writes to the items, and fills
        // `names` as far as LIMIT lets it, a read and its mark beyond;
        // `records` then has room for a record for each name. All are
        // fields of this lister, which is borrowed, and are not touched
        // until the batch is back. It opens directories, and closes what
        // it opened.
        let done = unsafe { self.image.run(runner, fuel) }?;
        self.drain(items, names, &mut visit)?;
        if !done {
            let pc = self.image.pc();
            let resume = layout::resume(pc).ok_or(BatchError::Left {
                entry: pc,
                status: Status::Exit,
            })?;
            self.image.set_pc(resume as u64);
        }
        Ok(done)
    }

    /// Hands out what one run of the batch left in the arenas.
    fn drain(
        &mut self,
        items: u64,
        names: u64,
        visit: &mut impl FnMut(usize, &mut Records<'_>, Progress),
    ) -> Result<(), BatchError> {
        // NAME is behind the record or the mark that was passed last.
        let offset = |name: u64| (name + NAME_TO_END as u64).wrapping_sub(names) as usize;
        let slot = |slot: Slot| self.image.argument(slot.place());
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
            let names = self.names.get(begin..end).ok_or(BatchError::Memory)?;
            let mut part = Records::new(names, records);
            visit(self.current, &mut part, progress);
            if !part.at_end() {
                return Err(BatchError::Memory);
            }
            records = part.rest();
            self.sub_calls += part.calls() + calls(progress, self.opened);
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

/// Records with nothing in them, in memory that is not touched before it is
/// used: few walks need all of it.
fn empty_records(count: usize) -> Vec<Metadata> {
    const WORDS: usize = STATX_SIZE / 8;
    let mut words = ManuallyDrop::new(vec![0_u64; count * WORDS]);
    let (start, capacity) = (words.as_mut_ptr(), words.capacity() / WORDS);
    debug_assert_eq!(
        words.capacity(),
        capacity * WORDS,
        "no more than was asked for"
    );
    // SAFETY: a record is transparently an array of so many words, any of them
    // valid; there is room for `capacity` records, with nothing left over, and
    // nobody else frees the vector.
    unsafe { Vec::from_raw_parts(start.cast::<Metadata>(), count, capacity) }
}

impl Drop for Lister {
    fn drop(&mut self) {
        self.clear();
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
