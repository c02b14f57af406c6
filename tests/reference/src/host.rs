//! The engine's host in tests.

use sysbatch_abi::Width;
use sysbatch_engine::{Call, Fault, Host, Outcome};

use crate::{Memory, Script};

/// An access to memory that was tried, whether it faulted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Address of its first byte.
    pub address: u64,
    /// How many bytes.
    pub len: u64,
    /// Whether it was a store.
    pub store: bool,
}

/// A bounded memory and a script, as a host.
#[derive(Clone, Debug)]
pub struct ScriptedHost {
    /// The memory.
    pub memory: Memory,
    /// The world.
    pub script: Script,
    /// Every access tried, in order.
    pub accesses: Vec<Access>,
}

impl ScriptedHost {
    /// A host that has done nothing yet.
    #[must_use]
    pub fn new(memory: Memory, script: Script) -> Self {
        Self {
            memory,
            script,
            accesses: Vec::new(),
        }
    }

    fn record(&mut self, address: u64, len: u64, store: bool) {
        self.accesses.push(Access {
            address,
            len,
            store,
        });
    }
}

impl Host for ScriptedHost {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.record(address, width.bytes(), false);
        self.memory.read(address, width).ok_or(Fault)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.record(address, width.bytes(), true);
        self.memory.write(address, width, value).ok_or(Fault)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        let mut words = [0; N];
        let mut next = Some(address);
        self.record(address, 8 * u64::try_from(N).map_err(|_| Fault)?, false);
        for word in &mut words {
            let at = next.ok_or(Fault)?;
            *word = self.memory.read(at, Width::Eight).ok_or(Fault)?;
            next = at.checked_add(8);
        }
        Ok(words)
    }

    fn call(&mut self, call: &Call) -> Outcome {
        self.script.call(call)
    }

    fn pending(&mut self) -> bool {
        self.script.pending()
    }
}
