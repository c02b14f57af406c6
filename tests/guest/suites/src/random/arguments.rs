//! Calls with arguments that are likely to mean something.

use sysbatch::abi::{DST_OWN_INDEX, Entry};
use sysbatch_reference::random::Random;
use syscalls::Sysno;

use crate::badinput::NOWHERE;
use crate::pages::{PAGE, Pages};

/// A call that is not made with some arguments, and the reason.
type LeftOut = (Sysno, fn(&[u64; 6]) -> bool, &'static str);

/// What the kernel logs as a warning, whoever does it.
const LEFT_OUT: &[LeftOut] = &[
    (Sysno::remap_file_pages, |_| true, "deprecated"),
    (Sysno::mremap, |args| args[1] == 0, "not supported"),
    (Sysno::setitimer, |args| args[1] == 0, "deprecated"),
    (
        Sysno::flock,
        |args| args[1] & 32 != 0,
        "no longer supported",
    ),
    (
        Sysno::mount,
        |_| true,
        "a file system says what is wrong with its options",
    ),
    (Sysno::fsconfig, |_| true, "as mount"),
    (Sysno::fsmount, |_| true, "as mount"),
    (
        Sysno::fanotify_mark,
        |_| true,
        "asking before a file is opened taints the kernel",
    ),
];

/// Whether one of these says so.
fn is_left_out(entry: &Entry) -> bool {
    let mut left_out = LEFT_OUT.iter();
    left_out.any(|(call, is_left_out, _)| call.id() == entry.nr && is_left_out(&entry.args))
}

/// Any number, mostly one that a call has.
fn number(random: &mut Random) -> i32 {
    let number = match random.below(50) {
        0 => random.below(600),
        1..6 => 424 + random.below(39),
        _ => random.below(335),
    };
    i32::try_from(number).expect("small")
}

/// Memory for arguments to point to.
pub(super) struct Arena {
    pages: Pages,
}

/// So many pages.
const PAGES: usize = 8;

impl Arena {
    /// Memory with small numbers in it: times that are short, lengths and descriptors.
    pub(super) fn new(random: &mut Random) -> Self {
        let pages = Pages::new(PAGES);
        for offset in (0..PAGES * PAGE).step_by(8) {
            let word = match random.below(8) {
                0..4 => 0,
                4 | 5 => random.below(16),
                6 => pages.address() + 8 * random.below(1000),
                _ => random.word() >> random.below(64),
            };
            pages.write(offset, &word.to_le_bytes());
        }
        for (index, name) in [
            &b"file"[..],
            b"other",
            b".",
            b"/proc/self/mem",
            b"/dev/null",
        ]
        .into_iter()
        .enumerate()
        {
            pages.write(64 * index, name);
            pages.write(64 * index + name.len(), &[0]);
        }
        Self { pages }
    }

    /// The address of a name.
    fn name(&self, random: &mut Random) -> u64 {
        self.pages.address() + 64 * random.below(5)
    }

    /// The address of numbers, with some room after it.
    fn start(&self, random: &mut Random) -> u64 {
        self.pages.address() + 512 + 8 * random.below(3000)
    }
}

/// A call of any number with any arguments.
pub(super) fn call(random: &mut Random, arena: &Arena) -> Entry {
    loop {
        let is_wild = random.once_in(3);
        let first = if is_wild {
            wild(random, arena)
        } else {
            first(random, arena)
        };
        let mut args = [first, 0, 0, 0, 0, 0];
        for place in &mut args[1..] {
            *place = if is_wild {
                wild(random, arena)
            } else {
                tame(random, arena)
            };
        }
        let entry = Entry {
            nr: number(random),
            dst: DST_OWN_INDEX,
            args,
            ..Entry::default()
        };
        if !is_left_out(&entry) {
            return entry;
        }
    }
}

/// What many calls take first: a descriptor, a name, memory, or a number.
fn first(random: &mut Random, arena: &Arena) -> u64 {
    match random.below(6) {
        0 | 1 => random.below(10),
        2 => arena.name(random),
        3 => arena.start(random),
        4 => 0,
        _ => u64::MAX - random.below(2) * 99,
    }
}

/// What they take after it.
fn tame(random: &mut Random, arena: &Arena) -> u64 {
    match random.below(8) {
        0..3 => 0,
        3 => random.below(10),
        4 => random.pick(&[8, 16, 24, 64, 100, 4096]),
        5 => arena.name(random),
        _ => arena.start(random),
    }
}

/// Anything.
fn wild(random: &mut Random, arena: &Arena) -> u64 {
    match random.below(16) {
        0..3 => 0,
        3..7 => random.below(12),
        7..10 => arena.start(random),
        // The end, beyond which nothing is.
        10 => arena.pages.end() - random.below(64),
        11 => arena.name(random),
        12 => 1 << random.below(64),
        13 => random.below(5000),
        14 => random.pick(&[u64::MAX, u64::MAX - 99, 0xFFFF_FFFF, 1 << 31]),
        _ if random.once_in(2) => random.pick(&NOWHERE),
        _ => random.word(),
    }
}
