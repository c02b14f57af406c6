//! Batches laid out as entries do what their operations say: compared with an
//! interpreter of operations, which skips by looking at each result.
#![expect(unsafe_code, reason = "the interpreter works on the batch's memory")]

use std::mem::ManuallyDrop;
use std::os::fd::OwnedFd;

use proptest::prelude::*;
use sysbatch_abi::{BuiltIn, Resume, Run, Status, Width, is_errno};
use sysbatch_engine::{Call, Fault, Host, Outcome};

use super::flow::{Place, place};
use super::handle::{Handle, Target};
use super::operand::{Kind, Operand};
use super::program::{GONE, NOT_EXECUTED, SKIPPED, is_executed};
use super::{Batch, Label};
use crate::{Direct, Memory};

/// The number of the first system call: each operation has one of its own.
const FIRST: u32 = 1000;
/// How many steps a batch may take.
const FUEL: u64 = 2000;

/// What to add to a batch. Numbers choose among what there is by then.
#[derive(Clone, Debug)]
enum Step {
    /// A call that needs the results of these, and looks at that of `plain`.
    Call { needs: Vec<usize>, plain: usize },
    /// A call whose result is a descriptor.
    Open { needs: Vec<usize> },
    /// Closes one that is not closed yet.
    Close(usize),
    /// `a - b`.
    Sub(usize, usize),
    /// Places a label.
    Place(usize),
    /// Leads the result of a call with this sign to a label, or out.
    Branch {
        of: usize,
        sign: u8,
        to: Option<usize>,
    },
    /// Jumps.
    Jump(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let needs = || prop::collection::vec(0..100_usize, 0..3);
    prop_oneof![
        4 => (needs(), 0..100_usize).prop_map(|(needs, plain)| Step::Call { needs, plain }),
        2 => needs().prop_map(|needs| Step::Open { needs }),
        2 => (0..100_usize).prop_map(Step::Close),
        1 => (0..100_usize, 0..100_usize).prop_map(|(a, b)| Step::Sub(a, b)),
        1 => (0..100_usize).prop_map(Step::Place),
        2 => (0..100_usize, 0..3_u8, prop::option::of(0..100_usize))
            .prop_map(|(of, sign, to)| Step::Branch { of, sign, to }),
        1 => (0..100_usize).prop_map(Step::Jump),
    ]
}

/// Builds a batch with forward branches only, or any.
fn build(steps: &[Step], backward: bool) -> Batch<'static> {
    let mut batch = Batch::new();
    let labels: Vec<Label> = (0..4).map(|_| batch.label()).collect();
    let mut placed = [false; 4];
    let mut plain: Vec<Handle<i64>> = vec![batch.test(5_i64)];
    let mut needed: Vec<Operand> = Vec::new();
    let mut open: Vec<Handle<OwnedFd>> = Vec::new();
    let mut all: Vec<Handle<()>> = vec![plain[0].same_call()];
    for step in steps {
        let nr = FIRST + batch.operations.len() as u32;
        let choose = |needs: &[usize], needed: &[Operand]| -> Vec<Operand> {
            needs
                .iter()
                .filter_map(|&need| needed.get(need % needed.len().max(1)).copied())
                .collect()
        };
        match step {
            Step::Call { needs, plain: look } => {
                let mut args = [Operand::ZERO; 6];
                for (arg, need) in args.iter_mut().zip(choose(needs, &needed)) {
                    *arg = need;
                }
                args[5] = (&plain[look % plain.len()]).into();
                // SAFETY: no call of this batch is ever made.
                let handle = unsafe { batch.syscall(nr, args) };
                needed.push(Operand::guarded(batch.id, handle.value));
                plain.push(handle);
                all.push(handle.same_call());
            }
            Step::Open { needs } => {
                let handle = batch.push(nr as i32, &choose(needs, &needed));
                needed.push((&handle).into());
                all.push(handle.same_call());
                open.push(handle);
            }
            Step::Close(which) if !open.is_empty() => {
                let fd = open.remove(which % open.len());
                let opened = fd.value;
                // As `close` does, with a number of its own.
                let handle: Handle<()> = batch.push(nr as i32, &[(&fd).into()]);
                batch.closes(&handle, opened);
                all.push(handle);
                // Nothing that is added from here on needs it.
                needed.retain(|operand| {
                    !matches!(operand.kind, Kind::Result { operation, .. } if operation == opened)
                });
            }
            Step::Sub(a, b) => {
                let [a, b] = [a, b].map(|of| &plain[of % plain.len()]);
                let handle = batch.sub(a, b);
                plain.push(handle);
                all.push(handle.same_call());
            }
            Step::Place(which) if !placed[which % 4] => {
                placed[which % 4] = true;
                batch.place(labels[which % 4]);
            }
            Step::Branch { of, sign, to } => {
                let to = to.map(|to| to % 4).filter(|&to| backward || !placed[to]);
                let target = to.map_or(Target::Exit, |to| labels[to].into());
                let handle = all[of % all.len()];
                match sign {
                    0 => batch.on_error(&handle, target),
                    1 => batch.on_zero(&handle, target),
                    _ => batch.on_positive(&handle, target),
                }
            }
            Step::Jump(to) if backward || !placed[to % 4] => batch.jump(labels[to % 4]),
            Step::Close(_) | Step::Place(_) | Step::Jump(_) => {}
        }
    }
    for (label, placed) in labels.into_iter().zip(placed) {
        if !placed {
            batch.place(label);
        }
    }
    batch.fuel(FUEL);
    batch
}

/// What calls return: the same for the same call in a row of calls.
fn answer(nr: u32, ordinal: usize, seed: u64) -> i64 {
    let hash = (seed ^ u64::from(nr) << 32 ^ ordinal as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    match (hash >> 33) % 8 {
        0 | 1 => -((hash >> 40) as i64 % 4095 + 1),
        2 => 0,
        _ => (hash >> 40) as i64 % 1000 + 1,
    }
}

/// A call that was made, with its arguments.
type Made = (u32, [u64; 6]);

/// A host that makes no calls, but notes them.
struct Noting {
    memory: Direct,
    made: Vec<Made>,
    seed: u64,
}

impl Host for Noting {
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
        assert_eq!(call.resume, Resume::Fresh);
        let result = answer(call.number, self.made.len(), self.seed);
        self.made.push((call.number, call.args));
        Outcome::Returned(result)
    }

    fn pending(&mut self) -> bool {
        false
    }
}

/// What the operations of a batch do, one by one.
#[derive(Default)]
struct Interpreted {
    /// The calls made.
    made: Vec<Made>,
    /// The results.
    slots: Vec<i64>,
    /// The operation that led past each, if one did.
    led_past: Vec<Option<usize>>,
    /// Whether it came to an end.
    ended: bool,
}

impl Interpreted {
    /// All operations whose failure may be the reason.
    fn causes(&self, batch: &Batch<'_>, operation: usize) -> Vec<usize> {
        if batch.operations[operation].nr >= 0 && is_errno(self.slots[operation]) {
            return vec![operation];
        }
        if is_executed(self.slots[operation]) {
            return Vec::new();
        }
        let needs = batch.operations[operation].needs();
        let earlier = needs.chain(self.led_past[operation]);
        earlier.flat_map(|at| self.causes(batch, at)).collect()
    }
}

fn interpret(batch: &Batch<'_>, loops: bool, seed: u64) -> Interpreted {
    let mut interpreted = Interpreted {
        slots: vec![NOT_EXECUTED; batch.operations.len()],
        led_past: vec![None; batch.operations.len()],
        ..Interpreted::default()
    };
    let Interpreted {
        made,
        slots,
        led_past,
        ended,
    } = &mut interpreted;
    let mut left = vec![None; batch.operations.len()];
    let mut at = 0;
    for _ in 0..10 * FUEL {
        let Some(operation) = batch.operations.get(at) else {
            *ended = true;
            break;
        };
        let target = if operation.needs().any(|needed| slots[needed] < 0) {
            slots[at] = if loops { SKIPPED } else { NOT_EXECUTED };
            operation.on_error
        } else {
            let args = operation.args.map(|operand| match operand.kind {
                Kind::Immediate(value) => value,
                Kind::Result { operation, .. } => slots[operation].cast_unsigned(),
                other => panic!("{other:?} is not used here"),
            });
            if let (Some(opened), true) = (operation.closes, loops) {
                slots[opened] = GONE;
            }
            slots[at] = match u32::try_from(operation.nr) {
                Ok(nr) => {
                    made.push((nr, args));
                    answer(nr, made.len() - 1, seed)
                }
                Err(_) if operation.nr == BuiltIn::Set.number() => args[0].cast_signed(),
                Err(_) => args[0].wrapping_sub(args[1]).cast_signed(),
            };
            match slots[at] {
                i64::MIN..0 => operation.on_error,
                0 => operation.on_zero,
                1.. => operation.on_positive,
            }
        };
        let to = match target.map(|target| place(target, &batch.labels).unwrap()) {
            None => at + 1,
            Some(Place::Before(to)) => to,
            Some(Place::Exit) => slots.len(),
        };
        for past in led_past.iter_mut().take(to).skip(at + 1) {
            *past = Some(at);
        }
        // Results say where an operation led the last time if it failed, or left the batch.
        let failed = slots[at] == SKIPPED || (operation.nr >= 0 && is_errno(slots[at]));
        left[at] = (failed || target == Some(Target::Exit)).then_some(to);
        at = to;
    }
    if loops {
        *led_past = (0..led_past.len())
            .map(|past| (0..past).rfind(|&at| left[at].is_some_and(|to| to > past)))
            .collect();
    }
    interpreted
}

fn compare(steps: &[Step], backward: bool, seed: u64) {
    let mut batch = build(steps, backward);
    batch.lay_out().unwrap();
    let mut run: Run = batch.header();
    // SAFETY: what is read and written are the entries and results of the batch.
    let memory = unsafe { Direct::new() };
    let mut host = Noting {
        memory,
        made: Vec::new(),
        seed,
    };
    let address = (&raw mut run).expose_provenance() as u64;
    let status = sysbatch_engine::enter(&mut host, address).unwrap();
    let program = batch.program.as_ref().unwrap();
    let interpreted = interpret(&batch, program.loops, seed);
    let Interpreted { made, slots, .. } = &interpreted;
    if status == Status::OutOfFuel {
        assert!(program.loops, "without loops the fuel is enough");
        assert_eq!(host.made, made[..host.made.len()]);
        return;
    }
    assert!(interpreted.ended);
    assert_eq!(host.made, *made);
    for (operation, &slot) in slots.iter().enumerate() {
        assert_eq!(
            batch.results[program.main[operation]], slot,
            "operation {operation}"
        );
    }
    if !program.loops {
        assert!(run.steps <= program.entries.len() as u64);
    }
    compare_causes(batch, &run, status, &interpreted);
}

/// Each call that was not executed names one that failed, if any is the reason.
fn compare_causes(mut batch: Batch<'_>, run: &Run, status: Status, interpreted: &Interpreted) {
    // Its descriptors are none, and must not be closed.
    let results = ManuallyDrop::new(batch.finish(run, Ok(status)).unwrap());
    for operation in 0..interpreted.slots.len() {
        let causes = interpreted.causes(results.batch, operation);
        match results.cause(operation) {
            None => assert_eq!(causes, [], "operation {operation}"),
            Some(cause) => assert!(causes.contains(&cause), "operation {operation}: {cause}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn forward(steps in prop::collection::vec(step(), 0..25), seed: u64) {
        compare(&steps, false, seed);
    }

    #[test]
    fn with_loops(steps in prop::collection::vec(step(), 0..25), seed: u64) {
        compare(&steps, true, seed);
    }
}
