//! A host on which no system call is made: what is left is the interpreter.

use sysbatch::abi::Width;
use sysbatch::{Direct, UserHost};
use sysbatch_engine::{Call, Fault, Head, Host, Made, Outcome};

/// The user-space host, but each call returns zero without being made.
#[derive(Debug)]
pub(super) struct EmptyHost(UserHost<Direct>);

impl EmptyHost {
    pub(super) fn new(memory: Direct) -> Self {
        Self(UserHost::new(memory))
    }
}

impl Host for EmptyHost {
    type Operands = [u64; 6];

    #[inline(always)]
    fn operands(&mut self) -> [u64; 6] {
        self.0.operands()
    }

    #[inline(always)]
    fn load(&mut self, address: u64, width: Width) -> Result<u64, Fault> {
        self.0.load(address, width)
    }

    #[inline(always)]
    fn store(&mut self, address: u64, width: Width, value: u64) -> Result<(), Fault> {
        self.0.store(address, width, value)
    }

    #[inline(always)]
    fn load_words<const N: usize>(&mut self, address: u64) -> Result<[u64; N], Fault> {
        self.0.load_words(address)
    }

    #[inline(always)]
    fn call(&mut self, _: &Call) -> Outcome {
        Outcome::Returned(0)
    }

    #[inline(always)]
    fn pending(&mut self) -> bool {
        false
    }

    #[inline(always)]
    fn turn<const HEAD: usize>(
        &mut self,
        made: Option<Made>,
        entry: u64,
        operands: &mut [u64; 6],
    ) -> Head {
        self.0.turn::<HEAD>(made, entry, operands)
    }

    #[inline(always)]
    fn is_clear(&mut self) -> bool {
        self.0.is_clear()
    }
}
