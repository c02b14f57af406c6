//! Random programs, valid and not, on two hosts: the same program in the same
//! memory, files and descriptors must come to the same end.
//!
//! - [`calls`] lists the system calls that may be made, and what their
//!   arguments are;
//! - [`generate`] makes programs from a seed;
//! - [`native`] runs those of the native format;
//! - [`formats`] makes those of the formats that came before;
//! - [`filtered`] and [`signalled`] run them under filters and signals;
//! - [`arena`] is the memory they run in, at fixed addresses;
//! - [`world`] is the files and descriptors that they work on;
//! - [`shrink`] makes a program that differs smaller.

mod arena;
mod calls;
mod filtered;
mod formats;
mod generate;
mod native;
mod shrink;
mod signalled;
mod text;
mod world;

use rustix::io::Errno;
use sysbatch::abi::{Run, Status};
use sysbatch_reference::random::Random;

use crate::harness::{Case, Host, Options};
use crate::lab::{Lab, UNWRITTEN};
use arena::{Arena, Contents};
pub(crate) use world::World;

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        native::cases(),
        formats::cases(),
        signalled::cases(),
        filtered::cases(),
    ];
    cases.concat()
}

/// All that a program can change and all that it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    outcome: Result<Status, Errno>,
    header: Run,
    memory: Contents,
    world: world::Snapshot,
}

/// How a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In one go.
    Whole,
    /// With fuel for one step at a time.
    StepByStep,
}

/// Runs a program in a fresh world.
fn run(
    lab: &mut Lab,
    world: &mut World,
    arena: &Arena,
    program: &generate::Program,
    way: Way,
) -> End {
    arena.fill(&program.contents);
    world.reset();
    let mut header = program.header;
    let outcome = match way {
        Way::Whole => lab.run_header(&mut header),
        Way::StepByStep => step_by_step(lab, &mut header),
    };
    let world = world.snapshot();
    End {
        outcome,
        header,
        memory: arena.contents(),
        world,
    }
}

/// Gives a batch its fuel one unit at a time.
fn step_by_step(lab: &mut Lab, header: &mut Run) -> Result<Status, Errno> {
    let mut left = header.fuel;
    loop {
        let portion = left.min(1);
        header.fuel = portion;
        let outcome = lab.run_header(header);
        left -= portion - header.fuel;
        header.fuel = left;
        if outcome != Ok(Status::OutOfFuel) || left == 0 {
            return outcome;
        }
    }
}

/// The two runs of a program, which must be equal.
pub(crate) struct Pair {
    subject: Lab,
    user: Lab,
    world: World,
    arena: Arena,
}

impl Pair {
    /// A pair of the host that was asked for and user space, in this process,
    /// which is confined from now on.
    pub(crate) fn new(options: &Options) -> Self {
        let user = Lab::on(Host::User, options);
        let (world, subject) = World::new(options);
        Self {
            subject,
            user,
            arena: Arena::new(),
            world,
        }
    }

    /// Runs the program of a seed both ways while signals come. Of programs that
    /// these may change anything in nothing is made.
    ///
    /// # Panics
    /// If the ends differ.
    pub(crate) fn run_disturbed(&mut self, seed: u64) {
        let program = generate::program(&mut Random::new(seed));
        if program.can_be_interrupted() {
            return;
        }
        if let Err(ends) = self.compare(&program, Way::Whole) {
            report(self, &program, Way::Whole, seed, ends);
        }
    }

    /// Runs a program both ways: how it ended, or both ends if they differ.
    fn compare(&mut self, program: &generate::Program, way: Way) -> Result<End, Box<(End, End)>> {
        let subject = run(
            &mut self.subject,
            &mut self.world,
            &self.arena,
            program,
            way,
        );
        let user = run(
            &mut self.user,
            &mut self.world,
            &self.arena,
            program,
            Way::Whole,
        );
        if subject == user {
            Ok(user)
        } else {
            Err(Box::new((subject, user)))
        }
    }
}

/// Fails with the smallest program that shows the difference.
fn report(
    pair: &mut Pair,
    program: &generate::Program,
    way: Way,
    seed: u64,
    ends: Box<(End, End)>,
) -> ! {
    let small = shrink::shrink(program, |program| pair.compare(program, way).is_err());
    let (subject, user) = *pair.compare(&small, way).err().unwrap_or(ends);
    pair.world.give_back_output();
    let text = text::of(&small);
    panic!(
        "the hosts differ ({way:?}); again with --seed {seed} --count 1\n{text}\n\
         subject: {subject:#?}\nuser: {user:#?}"
    );
}

/// What the programs did, to see that they do something.
#[derive(Debug, Default)]
struct Tally {
    programs: u64,
    steps: u64,
    results: u64,
    errors: u64,
    /// By status; a refused header counts as 0.
    statuses: [u64; 8],
}

impl Tally {
    /// Counts how a program ended.
    fn count(&mut self, program: &generate::Program, end: &End) {
        self.programs += 1;
        self.steps += program.header.fuel - end.header.fuel;
        let status = usize::try_from(end.header.status).expect("32 bits");
        self.statuses[status] += 1;
        for result in end.memory.results() {
            self.results += u64::from(result != UNWRITTEN);
            self.errors += u64::from((-4095..0).contains(&result));
        }
    }

    /// A generator whose programs mostly end at once proves nothing.
    fn check(&self, count: u64) {
        if count >= 1000 {
            assert!(self.steps > 4 * count, "programs get some way: {self}");
            assert!(
                2 * self.errors < self.results,
                "most of what they do succeeds: {self}"
            );
            // The rarest end comes once in some hundred programs: of a few thousand,
            // by chance, there may be none.
            let seldom = self.statuses.iter().enumerate().find(|&(status, &times)| {
                // Punts and interruptions are seen to by the library.
                ![4, 5].contains(&status) && times < count / 5000
            });
            assert_eq!(seldom, None, "{self}");
        }
    }
}

impl core::fmt::Display for Tally {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            programs,
            steps,
            results,
            errors,
            statuses,
        } = self;
        write!(
            f,
            "{programs} programs made {steps} steps and left {results} results, {errors} of them \
             errors; statuses {statuses:?}"
        )
    }
}
