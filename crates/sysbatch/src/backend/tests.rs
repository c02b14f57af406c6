//! A batch comes out of [`Backend::run`] as if each of its calls were made alone, whatever
//! the device does with them.
#![expect(unsafe_code, reason = "batches made by hand")]

use std::os::fd::{AsRawFd, OwnedFd};

use proptest::prelude::*;
use rustix::fs::{MemfdFlags, SeekFrom, memfd_create};
use rustix::io::Errno;
use sysbatch_abi::{
    BuiltIn, DST_OWN_INDEX, Entry, FORMATS, Format, JUMP_EXIT, RUN_SIZE, Resume, Run, Status, Width,
};
use sysbatch_engine::{Call, Fault, Host, Outcome};
use syscalls::Sysno;

use super::device::Device;
use super::double::{Double, Event};
use super::{Backend, Choice};
use crate::{Direct, Memory, UserHost};

fn event() -> impl Strategy<Value = Event> {
    let resume = || prop_oneof![Just(Resume::Fresh), Just(Resume::RestartBlock)];
    prop_oneof![
        6 => Just(Event::Made),
        1 => Just(Event::MadeThenSignal),
        3 => Just(Event::Punt),
        1 => Just(Event::Watched),
        1 => resume().prop_map(Event::Restarted),
        1 => resume().prop_map(Event::Left),
        2 => resume().prop_map(Event::Failed),
        2 => prop_oneof![Just(0), Just(-1), -5000..5000_i64, any::<i64>()].prop_map(Event::Trapped),
    ]
}

/// The host that the double is compared with: the calls that are to fail do,
/// and the others are made.
struct Plain {
    user: UserHost<Direct>,
    events: Vec<Event>,
}

impl Host for Plain {
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.user.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.user.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.user.load_words(address)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        match self.events.pop() {
            Some(Event::Failed(_)) => Outcome::Returned(-i64::from(Errno::INTR.raw_os_error())),
            Some(Event::Trapped(result)) => Outcome::Returned(result),
            Some(Event::Watched) => {
                // From here on the double is out of it.
                self.events.clear();
                self.user.call(call)
            }
            _ => self.user.call(call),
        }
    }

    fn pending(&mut self) -> bool {
        false
    }
}

/// How many bytes the calls of a batch may read to.
const BUFFER: usize = 64;

/// An entry: a built-in or one of a few calls, on a file and a buffer.
fn entry(len: usize) -> impl Strategy<Value = Choices> {
    let sysno = prop_oneof![
        Just(Sysno::getpid),
        Just(Sysno::lseek),
        Just(Sysno::pread64),
        Just(Sysno::fsync),
    ];
    let builtin = prop::sample::select(vec![
        BuiltIn::Set,
        BuiltIn::Add,
        BuiltIn::Sub,
        BuiltIn::And,
        BuiltIn::Mul,
        BuiltIn::UserMemoryAdd,
    ]);
    let jump = || {
        let len = len as i16;
        prop_oneof![6 => Just(0), 3 => -len..len, 1 => Just(JUMP_EXIT)]
    };
    (
        sysno,
        prop::array::uniform3(0..len as u64 + 1),
        prop::array::uniform3(any::<bool>()),
        [jump(), jump(), jump()],
        prop::option::of(builtin),
    )
}

/// A batch with all that it works on.
struct Setting {
    file: OwnedFd,
    entries: Vec<Entry>,
    results: Vec<i64>,
    buffer: Box<[u64; BUFFER / 8]>,
    fuel: u64,
}

/// What an entry is made of.
type Choices = (Sysno, [u64; 3], [bool; 3], [i16; 3], Option<BuiltIn>);

impl Setting {
    fn new(choices: &[Choices], fuel: u64) -> Self {
        let file = memfd_create("file", MemfdFlags::CLOEXEC).unwrap();
        rustix::io::pwrite(&file, &[0x5A; 100], 0).unwrap();
        let mut buffer = Box::new([0; BUFFER / 8]);
        let address = buffer.as_mut_ptr().expose_provenance() as u64;
        let fd = file.as_raw_fd() as u64;
        let entries = choices
            .iter()
            .map(|&(sysno, numbers, slots, jumps, builtin)| {
                let mut entry = Entry {
                    dst: DST_OWN_INDEX,
                    on_neg: jumps[0],
                    on_zero: jumps[1],
                    on_pos: jumps[2],
                    ..Entry::default()
                };
                // An operand that is a slot must not be an address or length.
                let modes = |first: usize| {
                    (first..3)
                        .filter(|&k| slots[k])
                        .fold(0, |modes, k| modes | sysbatch_abi::Mode::Result.bits(k))
                };
                entry.args[..3].copy_from_slice(&numbers);
                match builtin {
                    Some(BuiltIn::UserMemoryAdd) => {
                        entry.nr = BuiltIn::UserMemoryAdd.number();
                        entry.args[0] = address + numbers[0] % 8 * 8;
                        entry.modes = modes(1);
                    }
                    Some(builtin) => {
                        entry.nr = builtin.number();
                        entry.modes = modes(0);
                    }
                    None if sysno == Sysno::pread64 => {
                        entry.nr = sysno as i32;
                        entry.args = [fd, address, numbers[0], numbers[1], 0, 0];
                    }
                    None => {
                        entry.nr = sysno as i32;
                        entry.args = [fd, numbers[0], numbers[1] % 3, 0, 0, 0];
                        entry.modes = modes(1) & sysbatch_abi::Mode::Result.bits(1);
                    }
                }
                entry
            })
            .collect();
        Self {
            file,
            entries,
            results: vec![0; choices.len()],
            buffer,
            fuel,
        }
    }

    fn header(&mut self) -> Run {
        Run {
            size: RUN_SIZE as u32,
            format: Format::Native.raw(),
            program: self.entries.as_ptr().expose_provenance() as u64,
            len: self.entries.len() as u64,
            results: self.results.as_mut_ptr().expose_provenance() as u64,
            results_len: self.results.len() as u64,
            fuel: self.fuel,
            ..Run::default()
        }
    }

    /// All that can be seen of a run.
    fn outcome(
        &self,
        run: &Run,
        result: Result<Status, Errno>,
    ) -> impl PartialEq + core::fmt::Debug + use<> {
        (
            result,
            (
                run.status, run.pc, run.fuel, run.steps, run.value, run.resume, run.reason,
            ),
            self.results.clone(),
            self.buffer.clone(),
            rustix::fs::seek(&self.file, SeekFrom::Current(0)),
        )
    }
}

fn programs() -> impl Strategy<Value = Vec<Choices>> {
    (1..12_usize).prop_flat_map(|len| prop::collection::vec(entry(len), len))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_batch_comes_out_the_same(
        choices in programs(),
        fuel in 0..100_u64,
        events in prop::collection::vec(event(), 0..60),
    ) {
        // SAFETY: the calls read a file and write to the setting's buffer.
        let memory = || unsafe { Direct::new() };
        let mut plain = Setting::new(&choices, fuel);
        let mut run = plain.header();
        let mut host = Plain {
            user: UserHost::new(memory()),
            events: events.iter().rev().copied().collect(),
        };
        let address = (&raw mut run).expose_provenance() as u64;
        let result = sysbatch_engine::enter(&mut host, address)
            .map_err(|error| Errno::from_raw_os_error(error.errno()));
        let expected = plain.outcome(&run, result);

        let mut setting = Setting::new(&choices, fuel);
        let mut run = setting.header();
        let backend = Backend::new(Some(Device::Double(Double::new(&events))), Choice::Program);
        // SAFETY: as above.
        let result = unsafe { backend.run(&mut run, &mut memory()) };
        prop_assert_eq!(setting.outcome(&run, result), expected);
    }
}

#[test]
fn a_format_that_the_device_does_not_know() {
    let getpid = (Sysno::getpid, [0; 3], [false; 3], [0; 3], None);
    for (formats, crossings) in [(FORMATS, 2), (0, 1)] {
        let mut setting = Setting::new(&[getpid], 1);
        let mut run = setting.header();
        let mut double = Double::new(&[Event::Punt]);
        double.info.formats = formats;
        let backend = Backend::new(Some(Device::Double(double)), Choice::Program);
        // SAFETY: the batch asks for the process id.
        let mut memory = unsafe { Direct::new() };
        // SAFETY: as above.
        let result = unsafe { backend.run(&mut run, &mut memory) };
        assert_eq!(result, Ok(Status::Done));
        assert_eq!(setting.results, [i64::from(std::process::id())]);
        assert_eq!(backend.crossings(), crossings);
    }
}

/// What a memory is told of the calls of a batch.
struct Told {
    direct: Direct,
    told: Vec<Option<u32>>,
}

// SAFETY: it has a `Direct` in it.
unsafe impl Memory for Told {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.direct.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.direct.store(address, width, value)
    }

    fn called(&mut self, number: u32, _: &[u64; 6], _: i64) {
        self.told.push(Some(number));
    }

    fn forget(&mut self) {
        self.told.push(None);
    }
}

#[test]
fn memory_is_told_of_all_calls() {
    let getpid = (Sysno::getpid, [0; 3], [false; 3], [0; 3], None);
    let call = Some(Sysno::getpid as u32);
    let told = |device| {
        let mut setting = Setting::new(&[getpid; 4], 4);
        let mut run = setting.header();
        let backend = Backend::new(device, Choice::Program);
        let mut memory = Told {
            // SAFETY: the batch asks for the process id.
            direct: unsafe { Direct::new() },
            told: Vec::new(),
        };
        // SAFETY: as above.
        let result = unsafe { backend.run(&mut run, &mut memory) };
        assert_eq!(result, Ok(Status::Done));
        memory.told
    };
    let double = |events: &[Event]| Some(Device::Double(Double::new(events)));
    assert_eq!(told(None), [call; 4]);
    // Calls in the kernel's half may be any; where none was made there is
    // nothing to tell.
    let punted = [Event::Made, Event::Punt, Event::Punt];
    assert_eq!(told(double(&punted)), [None, call, call, None]);
    let failed = [Event::Failed(Resume::Fresh), Event::Watched];
    assert_eq!(told(double(&failed)), [None, call, call, call]);
}
