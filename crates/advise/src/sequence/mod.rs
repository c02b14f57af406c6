//! Finds sequences of calls that could be batches.
//!
//! A trace shows what a program did, not what it would have done otherwise. So this looks for
//! *evidence*: a call can be in the same batch as the calls before it if each of its
//! arguments could have been written into the batch before the first of them was made, as a
//! value, or as a result of one of them. Whether it was made at all may depend on the results
//! of the others, for batches have branches.
//!
//! # What is known of an argument
//!
//! An argument can depend on what the program has learnt only. As long as the calls of a
//! sequence have told it nothing ([`Tells`]) but that they were done, or the number of a
//! descriptor, every argument was known before the first of them
//! ([`Evidence::Untold`]). From then on there has to be something that shows it:
//!
//! - A number is what it always is at this call site ([`Evidence::Constant`]; where it is
//!   another more often than once in 8 times, it is no constant), or the result of an earlier call
//!   of the sequence ([`Evidence::Result`]), or the size of a file that one has told
//!   ([`Evidence::Size`]), or the next offset or the rest of a buffer ([`Evidence::Rest`]),
//!   or grows by the same each time ([`Evidence::Stride`]).
//! - A descriptor is one that the sequence has opened ([`Evidence::Result`]), the same as
//!   before ([`Evidence::Constant`]), or was open before ([`Evidence::Open`]).
//! - A text was an argument before ([`Evidence::Used`]), or a name of it is from the command
//!   line ([`Evidence::CommandLine`]) or from a directory, read before the sequence
//!   ([`Evidence::Directory`]) or by it ([`Evidence::Listing`]); a path is known if each of
//!   its names is. Otherwise it may be one of a list: its address is greater than that of the
//!   one before, 4 times in a row and more ([`Evidence::Table`]).
//! - Memory that a call reads was filled by a call, all of it ([`Evidence::Data`]).
//! - A text or memory that the program cannot write is as it was ([`Evidence::Constant`]).
//! - Memory that a call fills can be any: where it is does not matter.
//!
//! If nothing shows that an argument was known, the sequence ends before the call, and the
//! call begins the next one.
//!
//! # What ends a sequence besides
//!
//! - A call that waits for somebody else, or that may (`read`, `accept`) and took a millisecond
//!   and more ([`Cut::Waited`]); and one after which the thread or the memory is another
//!   ([`Cut::Ended`]). They are in no sequence.
//! - A call from elsewhere in the program ([`Cut::Elsewhere`]): there is a function that all
//!   calls of a sequence are made in, and at most 5 others between it and each call.
//! - [`LIMIT`] calls ([`Cut::Full`]): a loop over more is that many batches.
//!
//! Calls that arrange memory (`brk`, `munmap`, `mmap` of no file) are in no sequence and end
//! none, as they could be made before it or after it.
//!
//! # What it does not see
//!
//! What a thread learns by other means than its own calls (the memory of another thread, the
//! time from the vDSO) is not seen, so a call that depends on that may be taken for one that
//! could be in a batch. What a thread knows from another is not seen either, so names that one
//! thread reads and another one uses are not known.

mod evidence;
mod judge;
mod memory;
mod names;
mod open;
mod place;
mod row;
mod sites;

use std::collections::HashMap;
use std::time::Duration;

pub use evidence::{Cut, Evidence};
pub use row::{CALLERS, Calls, Found, Length, Row};
use syscalls::Sysno;

use self::judge::{Judge, Known};
use self::names::Origin;
use self::open::{Earlier, Open};
use self::place::{Chain, Objects};
use crate::signature::{self, Argument, Kind, Signature, Tells};
use crate::{Call, Object, Observer, Thread};

/// So many calls a batch has at most.
pub const LIMIT: usize = 256;
/// A call that may wait for somebody else and took so long has waited.
pub const WAITED: Duration = Duration::from_millis(1);

/// Finds sequences of calls that could be batches.
///
/// What it needs of memory depends on the number of threads and of ways through the program, not of calls.
#[derive(Debug, Default)]
pub struct Sequences {
    threads: HashMap<Thread, State>,
    objects: Objects,
    /// By the function and those that called it.
    rows: HashMap<Vec<(Object, u64)>, Row>,
    calls: u64,
    alone: u64,
}

/// A thread.
#[derive(Debug, Default)]
struct State {
    /// How many calls it has made.
    time: u64,
    known: Known,
    open: Option<Open>,
}

impl Sequences {
    /// One that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was found, when the program has ended.
    #[must_use]
    pub fn finish(mut self) -> Found {
        let threads = std::mem::take(&mut self.threads);
        for mut state in threads.into_values() {
            self.close(&mut state, Cut::Over);
        }
        Found {
            calls: self.calls,
            alone: self.alone,
            rows: self.rows.into_values().collect(),
        }
    }

    /// Ends the sequence of a thread.
    fn close(&mut self, state: &mut State, cut: Cut) {
        let Some(open) = state.open.take() else {
            return;
        };
        if open.calls.len() < 2 {
            self.alone += open.calls.len() as u64;
            return;
        }
        let frames = open.place(&self.objects);
        let is_system = frames
            .first()
            .is_some_and(|frame| self.objects.is_system(frame.object));
        let key = frames.iter().map(|frame| (frame.object, frame.function));
        let row = self.rows.entry(key.collect());
        let row = row.or_insert_with(|| Row::new(frames.clone(), is_system));
        // Which calls of the functions they are does not depend on which thread was first.
        if frames < row.frames {
            row.frames = frames;
        }
        row.add(&open, cut);
    }

    /// A call that does its work: goes on with the sequence, or begins another.
    fn work(&mut self, state: &mut State, call: &Call<'_>, signature: Option<Signature>) {
        let chain = self.objects.chain(call.number, call.stack);
        let (common, evidence) = match self.goes_on(state, call, signature, &chain) {
            Ok(fits) => fits,
            Err(cut) => {
                self.close(state, cut);
                state.open = Some(Open::new(state.time, &chain));
                (chain.frames.len(), evidence::Evidences::default())
            }
        };
        let told = tells(call, signature);
        let earlier = Earlier {
            site: chain.site,
            number: call.number,
            arguments: call.arguments,
            result: call.result,
            told: told && call.result > 0,
            size: size(call),
        };
        let Some(open) = &mut state.open else {
            return;
        };
        open.push(earlier, &chain, common, evidence);
        open.told |= told;
        follow_descriptors(open, call, signature);
        let is_full = open.calls.len() == LIMIT;
        if is_full {
            self.close(state, Cut::Full);
        }
        state.known.sites.called(chain.site, &call.arguments);
    }

    /// Whether a call can be in the sequence of its thread.
    fn goes_on(
        &self,
        state: &mut State,
        call: &Call<'_>,
        signature: Option<Signature>,
        chain: &Chain,
    ) -> Result<(usize, evidence::Evidences), Cut> {
        let open = state.open.as_ref().ok_or(Cut::Over)?;
        let common = open.reach(chain, &self.objects).ok_or(Cut::Elsewhere)?;
        let mut judge = Judge {
            open,
            known: &mut state.known,
            call,
            signature,
            site: chain.site,
        };
        Ok((common, judge.evidence()?))
    }
}

impl Observer for Sequences {
    fn object(&mut self, object: Object, path: &str) {
        self.objects.insert(object, path);
    }

    fn started(&mut self, thread: Thread, arguments: &[Vec<u8>]) {
        let state = self.threads.entry(thread).or_default();
        for argument in arguments {
            let names = &mut state.known.names;
            names.insert_path(argument, state.time, Origin::CommandLine);
        }
    }

    fn called(&mut self, call: &Call<'_>) {
        self.calls += 1;
        let mut state = self.threads.remove(&call.thread).unwrap_or_default();
        state.time += 1;
        let signature = signature::of_call(call.number, &call.arguments);
        let kind = signature.map_or(Kind::Works, |signature| signature.kind);
        match kind {
            Kind::Arranges => self.alone += 1,
            Kind::Ends => {
                self.alone += 1;
                self.close(&mut state, Cut::Ended);
            }
            Kind::Works if !has_waited(call) => {
                self.work(&mut state, call, signature);
            }
            Kind::Works | Kind::Waits => {
                self.alone += 1;
                self.close(&mut state, Cut::Waited);
            }
        }
        learn(&mut state, call, signature);
        self.threads.insert(call.thread, state);
    }

    fn ended(&mut self, thread: Thread) {
        if let Some(mut state) = self.threads.remove(&thread) {
            self.close(&mut state, Cut::Over);
        }
    }
}

/// Whether a call has waited for somebody else, or for a signal that interrupted it: then the
/// kernel makes it again.
fn has_waited(call: &Call<'_>) -> bool {
    let is_made_again = (-516..=-512).contains(&call.result);
    // What is never waited for takes long when others have the processor, or on a disk.
    is_made_again || call.took >= WAITED && signature::may_wait(call.number)
}

/// Whether a call told the program something that an argument could depend on.
fn tells(call: &Call<'_>, signature: Option<Signature>) -> bool {
    if call.result < 0 {
        // Batches have branches, and the calls on the other branch are not here.
        return false;
    }
    let Some(Signature {
        tells, arguments, ..
    }) = signature
    else {
        return true;
    };
    if pair(call).is_some() {
        return false;
    }
    let mut arguments = arguments.iter().zip(call.arguments);
    let has_written =
        arguments.any(|(argument, value)| matches!(argument, Argument::Written(1..)) && value != 0);
    has_written
        || match tells {
            Tells::Done | Tells::Descriptor => false,
            Tells::Amount(argument) => call.result as u64 != call.arguments[argument],
            Tells::Bytes => call.result > 0,
            Tells::Number => true,
        }
}

/// The size of a file that a call told of.
fn size(call: &Call<'_>) -> Option<u64> {
    let offset = signature::size_offset(call.number)?;
    let bytes = call.written.get(offset..offset + 8)?;
    let size = u64::from_ne_bytes(bytes.try_into().ok()?);
    (call.result >= 0 && size > 0).then_some(size)
}

/// The descriptors that a call wrote into memory.
fn pair(call: &Call<'_>) -> Option<[u64; 2]> {
    let makes = signature::makes_pair(call.number) && call.result >= 0;
    let bytes: [u8; 8] = call.written.try_into().ok().filter(|_| makes)?;
    let both = u64::from_le_bytes(bytes);
    Some([both & u64::from(u32::MAX), both >> 32])
}

/// Learns from a call of a sequence which descriptors are open.
fn follow_descriptors(open: &mut Open, call: &Call<'_>, signature: Option<Signature>) {
    let Some(signature) = signature else { return };
    if call.number == Sysno::close as u32 {
        let descriptor = u64::from(call.arguments[0] as u32);
        open.opened.remove(&descriptor);
        open.used.remove(&descriptor);
        return;
    }
    for (argument, value) in signature.arguments.iter().zip(call.arguments) {
        let value = u64::from(value as u32);
        if *argument == Argument::Descriptor && !open.opened.contains(&value) {
            open.used.insert(value);
        }
    }
    if signature.tells == Tells::Descriptor && call.result >= 0 {
        open.opened.insert(call.result as u64);
    }
    open.opened.extend(pair(call).into_iter().flatten());
}

/// Learns from a call of whatever kind what is known afterwards.
fn learn(state: &mut State, call: &Call<'_>, signature: Option<Signature>) {
    let Known { names, memory, .. } = &mut state.known;
    for text in call.texts {
        names.insert_path(&text.bytes, state.time, Origin::Argument);
    }
    let Some(signature) = signature else { return };
    if call.result < 0 {
        return;
    }
    if call.number == Sysno::getdents64 as u32 {
        names.insert_entries(call.written, state.time);
    }
    for (argument, value) in signature.arguments.iter().zip(call.arguments) {
        if *argument == Argument::WrittenByResult && call.result > 0 {
            memory.filled(value, call.result as u64);
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trace;
