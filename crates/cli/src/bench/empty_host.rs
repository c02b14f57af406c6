//! A host on which no system call is made: what is left is the interpreter.

use sysbatch::abi::Width;
use sysbatch::{Direct, UserHost};
use sysbatch_engine::{Call, Fault, Host, Outcome};

/// The user-space host, but each call returns zero without being made.
#[derive(Debug)]
pub(super) struct EmptyHost(UserHost<Direct>);

impl EmptyHost {
    pub(super) fn new(memory: Direct) -> Self {
        Self(UserHost::new(memory))
    }
}

impl Host for EmptyHost {
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.0.load(address, width)
    }

    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.0.store(address, width, value)
    }

    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.0.load_words(address)
    }

    fn call(&mut self, _: &Call) -> Outcome {
        Outcome::Returned(0)
    }

    fn pending(&mut self) -> bool {
        false
    }
}
