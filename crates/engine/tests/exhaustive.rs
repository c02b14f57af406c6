//! Every program of up to three entries from a small alphabet.
//!
//! The alphabet is every combination of 17 operations with their operands,
//! two destinations and five triples of jumps: 170 entries, hence
//! 170 + 170² + 170³ = 4,942,070 programs. Each is run
//!
//! - whole, and must do exactly what the model does: outcome, all of memory
//!   with header and results, calls made;
//! - step by step, entering once for each step, and must end the same.
//!
//! Besides, each must halt within its fuel, conserve steps and fuel, leave the
//! program counter in the program, and touch nothing but the header, its own
//! entries, its result slots and the operand addresses of the alphabet; of an
//! entry only what the alphabet names, or follows, is written.

use sysbatch_abi::{BuiltIn, Entry, JUMP_EXIT, PuntReason, Repeat, Resume, Run, Status, Width};
use sysbatch_engine::{Error, Outcome, enter};
use sysbatch_reference::compare::compare;
use sysbatch_reference::{
    Access, EntryExt, Image, Operand, Script, ScriptedHost, built_in, call, encode,
};

/// Most entries of a program; there is one result slot for each.
const LEN: usize = 3;
/// Fuel for a program: enough to go through it and around a few times.
const FUEL: u64 = 7;
/// An address that is never in reach.
const NOWHERE: u64 = 0xDEAD_0000;

fn alphabet(image: &Image) -> Vec<Entry> {
    let imm = Operand::Immediate;
    let slot = Operand::Result;
    let minus_one = imm(u64::MAX);
    // The low bytes of a result become the jumps of entry 1 …
    let jumps_of_entry_1 = image.program + 64 + 8;
    // … or a result becomes the first argument of entry 2.
    let argument_of_entry_2 = image.program + 128 + 16;
    let store = |width, address| built_in(BuiltIn::Store(width), &[imm(address), imm(0), slot(0)]);
    let operations = [
        built_in(BuiltIn::Set, &[imm(0)]),
        built_in(BuiltIn::Set, &[imm(2)]),
        built_in(BuiltIn::Set, &[minus_one]),
        built_in(BuiltIn::Set, &[slot(1)]),
        built_in(BuiltIn::Set, &[slot(3)]),
        built_in(BuiltIn::Set, &[Operand::Memory(image.data)]),
        built_in(BuiltIn::Add, &[slot(0), minus_one]),
        built_in(BuiltIn::Shl, &[slot(2), imm(62)]),
        built_in(BuiltIn::Load(Width::Four), &[imm(image.results), imm(4)]),
        built_in(BuiltIn::Load(Width::One), &[imm(NOWHERE), imm(7)]),
        built_in(BuiltIn::Copy, &[imm(argument_of_entry_2), imm(image.data)]),
        built_in(BuiltIn::UserMemoryAdd, &[imm(image.data), minus_one]),
        store(Width::Eight, image.results + 8),
        store(Width::Two, jumps_of_entry_1),
        call(1, &[slot(0), Operand::Memory(image.data)]),
        call(i32::MAX.cast_unsigned(), &[Operand::Memory(NOWHERE)]),
        // One record of one byte, and the end behind it.
        call(2, &[slot(0), imm(image.data)]).repeated(Repeat {
            chain: 1,
            advance: 0,
            stride: -1,
            ..Repeat::default()
        }),
    ];
    let jumps = [
        (0, 0, 0),
        (-1, -1, -1),
        (1, 0, -2),
        (-2, JUMP_EXIT, 0),
        (JUMP_EXIT, 1, 0),
    ];
    let mut entries = Vec::new();
    for operation in operations {
        for (on_neg, on_zero, on_pos) in jumps {
            let entry = operation.jumps(on_neg, on_zero, on_pos);
            entries.extend([entry, entry.to_slot(0)]);
        }
    }
    entries
}

/// What the calls of every program come to, in turn.
fn script() -> Script {
    let outcomes = vec![
        Outcome::Returned(-4095),
        Outcome::Returned(0),
        Outcome::Punt(PuntReason::Watched),
        Outcome::Returned(-4096),
        Outcome::Interrupted(Resume::RestartBlock),
        Outcome::Returned(3),
        Outcome::Trapped,
    ];
    Script::new(outcomes, vec![false])
}

#[test]
fn every_small_program_does_what_the_model_does() {
    let blank = [Entry::default(); LEN];
    let image = Image::new(&blank).with_data(0, 1).with_script(script());
    let entries = alphabet(&image);
    let alphabet: Vec<_> = entries.iter().map(encode).collect();
    assert_eq!(alphabet.len(), 170);
    let mut check = Check::new(image);
    for len in 1..=LEN {
        check.set_len(u64::try_from(len).expect("3"));
        let mut indices = [0; LEN];
        loop {
            for (k, &index) in indices[..len].iter().enumerate() {
                check.set_entry(k, &alphabet[index]);
            }
            if let Err(why) = check.program() {
                let entries: Vec<_> = indices[..len].iter().map(|&k| entries[k]).collect();
                panic!("{why}\n{entries:#?}");
            }
            if !advance(&mut indices[..len], alphabet.len()) {
                break;
            }
        }
    }
    println!("{} programs; statuses {:?}", check.programs, check.seen);
    assert_eq!(check.programs, 170 + 170 * 170 + 170 * 170 * 170);
    assert!(
        [&check.seen[1..7], &check.seen[8..]]
            .concat()
            .iter()
            .all(|&count| count > 1000),
        "every status is reached"
    );
}

/// Counts up; false after the last.
fn advance(indices: &mut [usize], base: usize) -> bool {
    for index in indices.iter_mut() {
        *index += 1;
        if *index < base {
            return true;
        }
        *index = 0;
    }
    false
}

/// One program after another in the same image.
#[derive(Debug)]
struct Check {
    image: Image,
    header: Run,
    accesses: Vec<Access>,
    programs: u64,
    seen: [u64; 9],
}

impl Check {
    fn new(image: Image) -> Self {
        Self {
            header: image.read_header(),
            image,
            accesses: Vec::new(),
            programs: 0,
            seen: [0; 9],
        }
    }

    fn set_len(&mut self, len: u64) {
        self.header.len = len;
        self.header.fuel = FUEL;
        self.image.set_header(&self.header);
    }

    fn set_entry(&mut self, index: usize, bytes: &[u8; 64]) {
        let offset = 64 * u64::try_from(index).expect("small");
        self.image
            .memory
            .set_bytes(self.image.program + offset, bytes);
    }

    /// Runs the program in the image and checks all there is to check.
    fn program(&mut self) -> Result<(), String> {
        self.programs += 1;
        let accesses = std::mem::take(&mut self.accesses);
        let agreed = compare(&self.image, accesses).map_err(|difference| difference.to_string())?;
        let after = self.header_in(&agreed.host);
        self.invariants(&after, agreed.outcome, &agreed.host)?;
        let step_by_step = self.step_by_step()?;
        let whole = self.run_on(agreed.host.clone(), agreed.outcome)?;
        if step_by_step.memory != whole.memory || step_by_step.script.made() != whole.script.made()
        {
            return Err("step by step it ends differently".to_owned());
        }
        self.accesses = agreed.host.accesses;
        Ok(())
    }

    fn header_in(&self, host: &ScriptedHost) -> Run {
        sysbatch_reference::decode_header(&host.memory, self.image.header)
    }

    fn invariants(
        &self,
        after: &Run,
        outcome: Result<Status, Error>,
        host: &ScriptedHost,
    ) -> Result<(), String> {
        let error_status = [Status::Refused.raw(), Status::Unstored.raw()];
        let said = match outcome {
            Ok(status) => after.status == status.raw() && !error_status.contains(&after.status),
            Err(_) => error_status.contains(&after.status),
        };
        let rules = [
            (said, "status and outcome say the same"),
            (after.steps <= FUEL, "it halts within its fuel"),
            (
                after.steps + after.fuel == FUEL,
                "steps and fuel are conserved",
            ),
            (after.pc <= self.header.len, "pc is in the program"),
            (
                (after.status == Status::Done.raw()) == (after.pc == self.header.len),
                "done is the end",
            ),
            (
                host.accesses.iter().all(|access| self.allows(access)),
                "it stays in bounds",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err((*rule).to_owned()),
            None => Ok(()),
        }
    }

    /// Whether a program may touch this: the header, its own entries, its
    /// result slots, an operand address of the alphabet, or what is out of
    /// reach of the memory anyway.
    fn allows(&self, access: &Access) -> bool {
        let image = &self.image;
        if !(image.header - 64..image.data + 192).contains(&access.address) {
            return true;
        }
        let end = access.address + access.len;
        let within = |base: u64, len: u64| access.address >= base && end <= base + len;
        let whole_entry = access
            .address
            .wrapping_sub(image.program)
            .is_multiple_of(64)
            && access.len == 64
            && within(image.program, 64 * self.header.len);
        let jumps_of_entry_1 = within(image.program + 64 + 8, 2);
        let argument_of_entry_2 = within(image.program + 128 + 16, 8);
        let followed = (0..self.header.len).any(|pc| within(image.program + 64 * pc + 24, 8));
        within(image.header, 96)
            || within(image.results, 24)
            || within(image.data, 8)
            || whole_entry
            || (access.store && (jumps_of_entry_1 || argument_of_entry_2 || followed))
    }

    /// Enters again after a punt, an interruption or a trap until the batch is over.
    fn run_on(
        &mut self,
        mut host: ScriptedHost,
        mut outcome: Result<Status, Error>,
    ) -> Result<ScriptedHost, String> {
        // Each entering makes a step or a call that is not returned from; of
        // those there are never two in a row in the script.
        for _ in 0..2 * FUEL {
            let status = self.header_in(&host).status;
            self.seen[usize::try_from(status).expect("small")] += 1;
            match outcome {
                Ok(Status::Punt | Status::Interrupted | Status::Trapped) => {
                    outcome = enter(&mut host, self.image.header);
                }
                _ => return Ok(host),
            }
        }
        Err("it is never over".to_owned())
    }

    /// Enters with fuel for one step at a time.
    fn step_by_step(&self) -> Result<ScriptedHost, String> {
        let mut host = ScriptedHost::new(self.image.memory.clone(), self.image.script.clone());
        let fuel = self.image.header + 56;
        let mut left = FUEL;
        for _ in 0..3 * FUEL {
            host.memory.set_word(fuel, left.min(1));
            let outcome = enter(&mut host, self.image.header);
            left -= left.min(1) - host.memory.word(fuel);
            match outcome {
                Ok(Status::Punt | Status::Interrupted | Status::Trapped) => {}
                Ok(Status::OutOfFuel) if left > 0 => {}
                _ => {
                    host.memory.set_word(fuel, left);
                    return Ok(host);
                }
            }
        }
        Err("step by step it is never over".to_owned())
    }
}
