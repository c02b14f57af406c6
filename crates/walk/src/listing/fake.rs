//! File systems that do not exist: the listing batch on directories that no
//! real file system here would give.
#![expect(
    unsafe_code,
    reason = "stands in for the kernel, which writes to memory"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::mem::offset_of;

use proptest::collection::vec;
use proptest::prelude::*;
use rustix::fs::{Statx, StatxFlags};
use rustix::io::Errno;
use sysbatch::abi::{Run, Status, Width};
use sysbatch::{Direct, UserHost};
use sysbatch_engine::{Call, Fault, Host, Outcome};
use syscalls::Sysno;

use super::image::Runner;
use super::layout::{DIRENT_LENGTH, DIRENT_NAME, READ_SIZE};
use super::lister::{Lister, NAMES_SIZE, Origin, Progress};
use super::records::Records;
use crate::follow::Follow;

/// A directory: what each `getdents64` gives, and what goes wrong.
#[derive(Clone, Debug, Default)]
struct Directory {
    buffers: Vec<Vec<Vec<u8>>>,
    open_error: Option<Errno>,
    read_error: Option<Errno>,
}

/// What a lister makes of a directory.
type Seen = (Vec<(Vec<u8>, Result<u64, Errno>)>, Progress);

/// The kernel, with directories that are called by their numbers.
#[derive(Debug, Default)]
struct Fake {
    directories: Vec<Directory>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The open directory, and the buffer that comes next.
    open: Option<(usize, usize)>,
    calls: HashMap<u32, u64>,
    /// The names that `statx` was asked for, with their directories.
    asked: Vec<(usize, Vec<u8>)>,
}

/// The interpreter's host: real memory, and system calls by [`Fake`].
struct FakeHost<'fake> {
    memory: UserHost<Direct>,
    fake: &'fake Fake,
}

impl Runner for Fake {
    unsafe fn run_batch(&self, run: &mut Run) -> Result<Status, Errno> {
        let mut host = FakeHost {
            // SAFETY: the caller vouches for the only batch that it runs.
            memory: UserHost::new(unsafe { Direct::new() }),
            fake: self,
        };
        let address = std::ptr::from_mut(run).expose_provenance() as u64;
        let status = sysbatch_engine::enter(&mut host, address);
        status.map_err(|error| Errno::from_raw_os_error(error.errno()))
    }
}

impl Host for FakeHost<'_> {
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.memory.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.memory.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.memory.load_words(address)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        let result = self
            .answer(call)
            .unwrap_or_else(|errno| -i64::from(errno.raw_os_error()));
        Outcome::Returned(result)
    }

    fn pending(&mut self) -> bool {
        false
    }
}

impl FakeHost<'_> {
    fn write(&mut self, address: u64, bytes: &[u8]) {
        for (at, &byte) in (address..).zip(bytes) {
            self.store(at, Width::One, byte.into()).unwrap();
        }
    }

    fn string(&mut self, address: u64) -> Vec<u8> {
        (address..)
            .map(|at| self.load(at, Width::One).unwrap() as u8)
            .take_while(|&byte| byte != 0)
            .collect()
    }

    fn answer(&mut self, call: &Call) -> Result<i64, Errno> {
        let [a, b, c, _, e, _] = call.args;
        let mut state = self.fake.state.borrow_mut();
        *state.calls.entry(call.number).or_default() += 1;
        match Sysno::new(call.number as usize) {
            Some(Sysno::openat2) => {
                assert_eq!(state.open, None, "one directory is open at a time");
                let path = String::from_utf8(self.string(b)).unwrap();
                let index: usize = path.parse().unwrap();
                if let Some(errno) = self.fake.directories[index].open_error {
                    return Err(errno);
                }
                state.open = Some((index, 0));
                Ok(77)
            }
            Some(Sysno::getdents64) => {
                assert_eq!((a, c), (77, READ_SIZE as u64));
                let (index, next) = state.open.as_mut().unwrap();
                let directory = &self.fake.directories[*index];
                let Some(names) = directory.buffers.get(*next) else {
                    return directory.read_error.map_or(Ok(0), Err);
                };
                *next += 1;
                let bytes: Vec<u8> = names.iter().flat_map(|name| dirent(name)).collect();
                assert!(bytes.len() <= READ_SIZE);
                self.write(b, &bytes);
                Ok(bytes.len() as i64)
            }
            Some(Sysno::statx) => {
                assert_eq!(a, 77);
                let name = self.string(b);
                let (index, _) = state.open.unwrap();
                state.asked.push((index, name.clone()));
                let inode = status(&name)?;
                self.write(e, &[0; 256]);
                self.write(e + offset_of!(Statx, stx_ino) as u64, &inode.to_ne_bytes());
                Ok(0)
            }
            Some(Sysno::close) => {
                assert_eq!(a, 77);
                assert!(state.open.take().is_some());
                Ok(0)
            }
            other => panic!("{other:?} is none of the calls of the program"),
        }
    }
}

/// A directory record, its padding not zero.
fn dirent(name: &[u8]) -> Vec<u8> {
    let length = (DIRENT_NAME + name.len() + 1).next_multiple_of(8);
    let mut record = vec![0xEE; length];
    record[DIRENT_LENGTH..DIRENT_LENGTH + 2].copy_from_slice(&(length as u16).to_ne_bytes());
    record[DIRENT_NAME - 1] = 4;
    record[DIRENT_NAME..DIRENT_NAME + name.len()].copy_from_slice(name);
    record[DIRENT_NAME + name.len()] = 0;
    record
}

/// What `statx` says of a name: a number of its own, or an error.
fn status(name: &[u8]) -> Result<u64, Errno> {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    match hasher.finish() {
        hash if hash % 7 == 0 => Err(Errno::ACCESS),
        hash => Ok(hash),
    }
}

fn is_dot(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}

/// Lists the directories and gives what a lister made of each, and how many
/// calls it says there were.
fn list(fake: &Fake) -> (Vec<Seen>, u64) {
    let mut lister = Lister::new(Follow::Never, StatxFlags::INO.bits(), NAMES_SIZE);
    for index in 0..fake.directories.len() {
        lister.push(Origin::Operand, index.to_string().as_bytes());
    }
    let mut seen = vec![(Vec::new(), Progress::Partial); fake.directories.len()];
    lister.begin();
    let mut visit = |index: usize, children: &mut Records<'_>, progress| {
        for child in children {
            let inode = child.metadata.map(|metadata| metadata.id().inode);
            seen[index].0.push((child.name.to_vec(), inode));
        }
        assert_eq!(seen[index].1, Progress::Partial, "it was done already");
        seen[index].1 = progress;
    };
    while !lister.advance(fake, &mut visit).unwrap() {}
    (seen, lister.sub_calls())
}

/// Lists the directories and compares with what there is.
fn check(directories: Vec<Directory>) {
    let fake = Fake {
        directories,
        ..Fake::default()
    };
    let (seen, sub_calls) = list(&fake);
    let state = fake.state.borrow();
    assert_eq!(state.open, None);
    assert_eq!(sub_calls, state.calls.values().sum::<u64>());
    for (index, (directory, (names, progress))) in fake.directories.iter().zip(&seen).enumerate() {
        if let Some(errno) = directory.open_error {
            assert_eq!((names.len(), *progress), (0, Progress::NotOpened(errno)));
            continue;
        }
        let expected: Vec<_> = directory
            .buffers
            .iter()
            .flatten()
            .filter(|name| !is_dot(name))
            .map(|name| (name.clone(), status(name)))
            .collect();
        assert_eq!(*names, expected);
        let end = match directory.read_error {
            None | Some(Errno::NOENT) => Progress::Complete,
            Some(errno) => Progress::NotRead(errno),
        };
        assert_eq!(*progress, end);
        let asked = |&&(at, _): &&(usize, Vec<u8>)| at == index;
        assert_eq!(state.asked.iter().filter(asked).count(), names.len());
    }
}

/// A byte of a name, often a dot.
fn byte() -> impl Strategy<Value = u8> {
    let byte = (1_u8..=255).prop_map(|byte| if byte == b'/' { b'x' } else { byte });
    prop_oneof![1 => Just(b'.'), 2 => byte]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => prop::sample::select(vec![
            b".".to_vec(), b"..".to_vec(), b"...".to_vec(), b".a".to_vec(), b"..b".to_vec(),
            b"a".to_vec(), b"abcd".to_vec(), b"abcde".to_vec(),
        ]),
        3 => vec(byte(), 1..40),
        1 => vec(byte(), 200..=255),
    ]
}

fn directory() -> impl Strategy<Value = Directory> {
    let error = prop_oneof![
        6 => Just(None),
        1 => prop::sample::select(vec![Errno::ACCESS, Errno::NOENT, Errno::IO]).prop_map(Some),
    ];
    // A buffer has at least one name: none is the end.
    let buffers = vec(vec(name(), 1..30), 0..4);
    (buffers, error.clone(), error).prop_map(|(buffers, open_error, read_error)| Directory {
        buffers,
        open_error,
        read_error,
    })
}

proptest! {
    #[test]
    fn whatever_directories_say(directories in vec(directory(), 0..12)) {
        check(directories);
    }
}

#[test]
fn buffers_that_are_full() {
    // Of the shortest names there are most records, of the longest fewest.
    for length in [1, 2, 4, 5, 100, 255] {
        let size = (DIRENT_NAME + length + 1).next_multiple_of(8);
        let name = |index: usize| {
            let mut name = vec![b'x'; length];
            name[0] = b'a' + (index % 26) as u8;
            name
        };
        let full: Vec<_> = (0..READ_SIZE / size).map(name).collect();
        let directory = |buffers: usize| Directory {
            buffers: vec![full.clone(); buffers],
            ..Directory::default()
        };
        check((0..9).map(directory).collect());
    }
}
