//! The engine's host in tests.

use sysbatch_abi::Width;
use sysbatch_engine::{Call, Fault, Head, Host, Made, Outcome};

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
    /// Whether it has the short ways that a host may have.
    pub short: bool,
}

impl ScriptedHost {
    /// A host that has done nothing yet, without the short ways.
    #[must_use]
    pub fn new(memory: Memory, script: Script) -> Self {
        Self {
            memory,
            script,
            accesses: Vec::new(),
            short: false,
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
    type Operands = [u64; 6];

    fn operands(&mut self) -> [u64; 6] {
        [0; 6]
    }

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

    fn turn<const HEAD: usize>(
        &mut self,
        made: Option<Made>,
        entry: u64,
        operands: &mut [u64; 6],
    ) -> Head {
        if !self.short {
            return Head::NOT_STORED;
        }
        if let Some(Made { slot, result }) = made {
            if let Err(Fault) = self.store(slot, Width::Eight, result.cast_unsigned()) {
                return Head::NOT_STORED;
            }
            if self.script.would_be_pending() {
                return Head::STORED;
            }
        }
        match self.read_entry::<HEAD>(entry, operands) {
            // What is taken for no entry is gone through the long way.
            Err(Fault) => Head::STORED,
            Ok(head) if head.is_no_entry() => Head::STORED,
            Ok(head) => {
                if made.is_some() {
                    self.script.pending();
                }
                head
            }
        }
    }

    fn is_clear(&mut self) -> bool {
        self.short
    }
}
