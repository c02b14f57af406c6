//! Random batches that take memory away come out as with memory that is copied
//! by the kernel at each access, where nothing is remembered.
#![expect(unsafe_code, reason = "batches are run on memory of the tests")]

use core::ptr;
use std::sync::{Mutex, PoisonError};

use proptest::prelude::*;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use sysbatch::Checked;
use sysbatch::abi::Format;
use syscalls::Sysno;

use super::*;

/// Where the pages lie that batches work on: what no map of ours is at.
const BASE: u64 = 0x1234_5670_0000;
/// The program has the first, the results the second; the rest is data.
const PAGES: u64 = 6;
const WORD_COPY: i16 = -2;

/// What an entry does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Copies a word from one offset to another.
    Copy(u64, u64),
    Unmap(u64, u64),
    Protect(u64, u64, u64),
    /// Maps fresh pages over what is there.
    Map(u64, u64, u64),
    /// Moves pages elsewhere, over what is there.
    Move(u64, u64),
    /// Gives the contents up, not the pages.
    Discard(u64),
    Nothing,
}

impl Step {
    fn entry(self) -> [u64; 8] {
        let at = |page: u64| BASE + page * PAGE_SIZE;
        let size = |pages: u64| pages * PAGE_SIZE;
        let fixed = (libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        let moved = (libc::MREMAP_FIXED | libc::MREMAP_MAYMOVE) as u64;
        let (number, args) = match self {
            Self::Copy(to, from) => (WORD_COPY, [BASE + to, BASE + from, 0, 0, 0, 0]),
            Self::Unmap(page, pages) => (of(Sysno::munmap), [at(page), size(pages), 0, 0, 0, 0]),
            Self::Protect(page, pages, protection) => (
                of(Sysno::mprotect),
                [at(page), size(pages), protection, 0, 0, 0],
            ),
            Self::Map(page, pages, protection) => (
                of(Sysno::mmap),
                [at(page), size(pages), protection, fixed, u64::MAX, 0],
            ),
            Self::Move(from, to) => (
                of(Sysno::mremap),
                [at(from), size(1), size(1), moved, at(to), 0],
            ),
            Self::Discard(page) => (
                of(Sysno::madvise),
                [at(page), size(1), libc::MADV_DONTNEED as u64, 0, 0, 0],
            ),
            Self::Nothing => (of(Sysno::getppid), [0; 6]),
        };
        let mut words = [u64::from(number.cast_unsigned()), 6, 0, 0, 0, 0, 0, 0];
        words[2..].copy_from_slice(&args);
        words
    }
}

fn of(sysno: Sysno) -> i16 {
    sysno as i16
}

/// Steps of which each copy is to data: the program stays as it is written.
fn step() -> impl Strategy<Value = Step> {
    // Near the borders of pages, aligned or not.
    let near = |pages: core::ops::Range<u64>| {
        (
            pages,
            prop::sample::select(vec![0, 8, 2048, 4088, 4091, 4095]),
        )
            .prop_map(|(page, offset)| page * PAGE_SIZE + offset)
    };
    let pages = || (0..PAGES).prop_flat_map(|page| (Just(page), 1..=PAGES - page));
    let protection = || prop::sample::select(vec![0_u64, 1, 3, 3]);
    prop_oneof![
        8 => (near(2..PAGES), near(1..PAGES)).prop_map(|(to, from)| Step::Copy(to, from)),
        1 => pages().prop_map(|(page, pages)| Step::Unmap(page, pages)),
        2 => (pages(), protection())
            .prop_map(|((page, pages), protection)| Step::Protect(page, pages, protection)),
        2 => ((2..PAGES).prop_flat_map(|page| (Just(page), 1..=PAGES - page)), protection())
            .prop_map(|((page, pages), protection)| Step::Map(page, pages, protection)),
        1 => (1..PAGES, 2..PAGES).prop_map(|(from, to)| Step::Move(from, to)),
        1 => (2..PAGES).prop_map(Step::Discard),
        1 => Just(Step::Nothing),
    ]
}

/// The pages as a batch finds them.
fn lay_out(steps: &[Step]) {
    let start = ptr::with_exposed_provenance_mut(BASE as usize);
    let size = (PAGES * PAGE_SIZE) as usize;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: nothing but these tests has maps there, one at a time.
    unsafe { mmap_anonymous(start, size, protection, MapFlags::PRIVATE | MapFlags::FIXED) }
        .unwrap();
    for (index, word) in (0_usize..).zip(steps.iter().flat_map(|step| step.entry())) {
        let place = start.cast::<u64>().wrapping_add(index);
        // SAFETY: within the first page, which has just been mapped.
        unsafe { place.write(word) };
    }
    for offset in (2 * PAGE_SIZE..PAGES * PAGE_SIZE).step_by(8) {
        let place = ptr::with_exposed_provenance_mut::<u64>((BASE + offset) as usize);
        // SAFETY: within the pages.
        unsafe { place.write(offset * 0x0001_0001) };
    }
}

/// All that can be seen of a batch and of the memory it leaves.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    ended: Result<Status, Errno>,
    status: u32,
    pc: u64,
    steps: u64,
    value: i64,
    memory: Vec<Option<u64>>,
}

fn outcome(
    steps: &[Step],
    run: impl FnOnce(&Backend, &mut Run) -> Result<Status, Errno>,
) -> Outcome {
    lay_out(steps);
    let len = steps.len() as u64;
    let mut header = Run {
        size: RUN_SIZE as u32,
        format: Format::SysBatch.raw(),
        program: BASE,
        len,
        results: BASE + PAGE_SIZE,
        results_len: len,
        fuel: len,
        ..Run::default()
    };
    let ended = run(&Backend::user(), &mut header);
    // SAFETY: it is read with.
    let mut memory = unsafe { Checked::new() }.unwrap();
    let near = [0, 2048, 4088].into_iter();
    let offsets = near.flat_map(|offset| (1..PAGES).map(move |page| page * PAGE_SIZE + offset));
    let results = (0..len).map(|k| PAGE_SIZE + 8 * k);
    Outcome {
        ended,
        status: header.status,
        pc: header.pc,
        steps: header.steps,
        value: header.value,
        memory: offsets
            .chain(results)
            .map(|offset| memory.load(BASE + offset, Width::Eight).ok())
            .collect(),
    }
}

/// The pages are at one place, so there is one batch at a time.
static ONE: Mutex<()> = Mutex::new(());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_is_remembered_for_too_long(steps in prop::collection::vec(step(), 1..30)) {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = outcome(&steps, |backend, run| {
            // SAFETY: the batch works on the pages, whatever becomes of them.
            let mut memory = unsafe { Checked::new() }.unwrap();
            // SAFETY: as above.
            unsafe { backend.run(run, &mut memory) }
        });
        let found = outcome(&steps, |backend, run| {
            // SAFETY: as above.
            let mut memory = unsafe { Probed::new(0..0) };
            // SAFETY: as above.
            unsafe { memory.run(backend, run) }
        });
        drop(one);
        prop_assert_eq!(found, expected);
    }
}
