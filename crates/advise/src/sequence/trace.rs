//! Traces that are written down, for tests.

use std::time::Duration;

use syscalls::Sysno;

use super::{Found, Row, Sequences};
use crate::{Call, Frame, Object, Observer as _, Text, Thread};

/// The program.
pub(crate) const PROGRAM: Object = Object(0);
/// The C library.
pub(crate) const LIBRARY: Object = Object(1);

/// A call, as a test writes it.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    number: u32,
    arguments: [u64; 6],
    result: i64,
    took: Duration,
    texts: Vec<Text>,
    written: Vec<u8>,
    stack: Vec<Frame>,
    constant: [bool; 6],
}

/// A call of a wrapper of the C library that has its number as its address.
pub(crate) fn call<const N: usize>(call: Sysno, arguments: [u64; N], result: i64) -> Made {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    let wrapper = Frame {
        object: LIBRARY,
        address: 0x1000 + call as u64,
        function: 0x1000 + call as u64,
    };
    Made {
        number: call as u32,
        arguments: all,
        result,
        took: Duration::from_nanos(500),
        texts: Vec::new(),
        written: Vec::new(),
        stack: vec![wrapper],
        constant: [false; 6],
    }
}

impl Made {
    /// In these functions, the innermost first: where each begins, and where in it.
    pub(crate) fn at(mut self, functions: &[(u64, u64)]) -> Self {
        self.stack
            .extend(functions.iter().map(|(function, within)| Frame {
                object: PROGRAM,
                address: function + within,
                function: *function,
            }));
        self
    }

    /// Without a stack.
    pub(crate) fn nowhere(mut self) -> Self {
        self.stack.clear();
        self
    }

    /// In this function of the C library, called from what [`Self::at`] says next.
    pub(crate) fn in_library(mut self, function: u64) -> Self {
        self.stack.push(Frame {
            object: LIBRARY,
            address: function,
            function,
        });
        self
    }

    pub(crate) fn text(mut self, argument: usize, text: &str) -> Self {
        self.texts.push(Text {
            argument,
            bytes: text.as_bytes().to_vec(),
        });
        self
    }

    pub(crate) fn took(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }

    /// With an argument that points to memory that cannot be written.
    pub(crate) fn constant(mut self, argument: usize) -> Self {
        self.constant[argument] = true;
        self
    }

    /// Wrote two descriptors.
    pub(crate) fn written_pair(self, one: u32, other: u32) -> Self {
        let pair = [one.to_le_bytes(), other.to_le_bytes()];
        self.written(pair.concat())
    }

    /// Of a number that no call has.
    pub(crate) fn unknown(&mut self) {
        self.number = 1_000_000;
    }

    fn written(mut self, bytes: Vec<u8>) -> Self {
        self.written = bytes;
        self
    }
}

/// Where texts are that a test does not care about the place of.
const TEXT: u64 = 0x7000_0000;
const CURRENT: u64 = -100_i64 as u64;

pub(crate) fn openat(path: &str, result: i64) -> Made {
    call(Sysno::openat, [CURRENT, TEXT, 0], result).text(1, path)
}

pub(crate) fn fstat(descriptor: u64, size: u64) -> Made {
    let mut stat = vec![0; 144];
    stat[48..56].copy_from_slice(&size.to_ne_bytes());
    call(Sysno::fstat, [descriptor, 0x7fff_0000], 0).written(stat)
}

pub(crate) fn statx(path: &str) -> Made {
    let made = call(Sysno::statx, [CURRENT, TEXT, 0, 0x7ff, 0x7fff_0000], 0);
    made.text(1, path).written(vec![0; 256])
}

pub(crate) fn read(descriptor: u64, length: u64, result: i64) -> Made {
    call(Sysno::read, [descriptor, 0x6000_0000, length], result)
}

pub(crate) fn write(descriptor: u64, buffer: u64, length: u64) -> Made {
    call(Sysno::write, [descriptor, buffer, length], length as i64)
}

pub(crate) fn close(descriptor: u64) -> Made {
    call(Sysno::close, [descriptor], 0)
}

pub(crate) fn getdents(descriptor: u64, names: &[&str]) -> Made {
    let mut entries = Vec::new();
    for name in names {
        let length = (19 + name.len() + 1).next_multiple_of(8);
        let mut entry = vec![0; length];
        entry[16] = length as u8;
        entry[19..19 + name.len()].copy_from_slice(name.as_bytes());
        entries.extend(entry);
    }
    let length = entries.len() as i64;
    call(Sysno::getdents64, [descriptor, 0x5000_0000, 32768], length).written(entries)
}

/// A thread of the program.
pub(crate) fn thread(id: u32) -> Thread {
    Thread { process: 1, id }
}

/// One that has seen the objects.
pub(crate) fn begin() -> Sequences {
    let mut sequences = Sequences::new();
    sequences.object(PROGRAM, "/usr/bin/program");
    sequences.object(LIBRARY, "/lib/x86_64-linux-gnu/libc.so.6");
    sequences
}

/// A thread makes a call.
pub(crate) fn make(sequences: &mut Sequences, thread: Thread, made: &Made) {
    sequences.called(&Call {
        thread,
        number: made.number,
        arguments: made.arguments,
        result: made.result,
        began: Duration::ZERO,
        took: made.took,
        texts: &made.texts,
        written: &made.written,
        constant: made.constant,
        stack: &made.stack,
    });
}

/// What is found in the calls of one thread.
pub(crate) fn found(calls: impl IntoIterator<Item = Made>) -> Found {
    let mut sequences = begin();
    for call in calls {
        make(&mut sequences, thread(1), &call);
    }
    sequences.finish()
}

impl Row {
    /// The lengths of its sequences, and how many there are of each.
    pub(crate) fn by_length(&self) -> Vec<(usize, u64)> {
        let lengths = self.lengths.iter();
        lengths
            .map(|(calls, length)| (*calls, length.sequences))
            .collect()
    }

    pub(crate) fn shows(&self, evidence: super::Evidence) -> u64 {
        self.evidence[evidence as usize]
    }

    pub(crate) fn ended(&self, cut: super::Cut) -> u64 {
        self.cuts[cut as usize]
    }
}
