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

/// Runs an image through both. `accesses` is used for the record of the
/// engine's accesses to memory and is given back in the host, so that a loop
/// over millions of images does not allocate it each time.
///
/// # Errors
/// The first difference.
pub fn compare(image: &Image, accesses: Vec<Access>) -> Result<Agreed, Difference> {
    let mut host = ScriptedHost {
        memory: image.memory.clone(),
        script: image.script.clone(),
        accesses,
    };
    host.accesses.clear();
    let outcome = enter(&mut host, image.header);
    let mut memory = image.memory.clone();
    let mut script = image.script.clone();
    let expected = model::enter(&mut memory, &mut script, image.header);
    if outcome != expected {
        return Err(Difference::Outcome(outcome, expected));
    }
    if host.script != script {
        return Err(Difference::World);
    }
    let pairs = host.memory.bytes().iter().zip(memory.bytes());
    for (at, (&engine, &model)) in pairs.enumerate() {
        if engine != model {
            return Err(Difference::Memory(at, engine, model));
        }
    }
    Ok(Agreed { outcome, host })
}
