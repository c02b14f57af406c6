//! The engine against the model.

use std::fmt;

use sysbatch_abi::Status;
use sysbatch_engine::{Error, enter};

use crate::{Access, Image, ScriptedHost, model};

/// What the engine did with an image, as far as it agrees with the model.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// What `enter` returned.
    pub outcome: Result<Status, Error>,
    /// The host as the engine left it.
    pub host: ScriptedHost,
}

/// Engine and model differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In what `enter` returned: engine, model.
    Outcome(Result<Status, Error>, Result<Status, Error>),
    /// In memory, first at this offset: engine, model.
    Memory(usize, u8, u8),
    /// In the calls made or in how often a signal was asked for.
    World,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome(engine, model) => {
                write!(f, "the engine returned {engine:?}, the model {model:?}")
            }
            Self::Memory(at, engine, model) => write!(
                f,
                "memory differs at offset {at:#x}: the engine left {engine:#04x}, the model {model:#04x}"
            ),
            Self::World => f.write_str("the engine and the model made different calls"),
        }
    }
}

/// Runs an image through both: the model once, the engine on a host with the
/// short ways and on one without. The latter is given back, with `accesses`
/// used for the record of its accesses to memory, so that a loop over millions
/// of images does not allocate it each time.
///
/// # Errors
/// The first difference.
pub fn compare(image: &Image, accesses: Vec<Access>) -> Result<Agreed, Difference> {
    let mut memory = image.memory.clone();
    let mut script = image.script.clone();
    let expected = model::enter(&mut memory, &mut script, image.header);
    let run = |short, mut accesses: Vec<Access>| {
        accesses.clear();
        let mut host = ScriptedHost {
            memory: image.memory.clone(),
            script: image.script.clone(),
            accesses,
            short,
        };
        let outcome = enter(&mut host, image.header);
        if outcome != expected {
            return Err(Difference::Outcome(outcome, expected));
        }
        if host.script != script {
            return Err(Difference::World);
        }
        if host.memory.bytes() != memory.bytes() {
            return Err(first_difference(host.memory.bytes(), memory.bytes()));
        }
        Ok(Agreed { outcome, host })
    };
    let with_short_ways = run(true, accesses)?;
    run(false, with_short_ways.host.accesses)
}

/// Where two memories of the same length differ first.
fn first_difference(engine: &[u8], model: &[u8]) -> Difference {
    let differ = |(_, (engine, model)): &(usize, (&u8, &u8))| engine != model;
    let (at, (&engine, &model)) = engine
        .iter()
        .zip(model)
        .enumerate()
        .find(differ)
        .expect("they differ");
    Difference::Memory(at, engine, model)
}
