//! Numbers that a call reads from memory, stored each time before it is made.

use sysbatch_abi::{BuiltIn, Width};

use crate::batch::{Batch, Operand};

impl Batch<'_> {
    /// Stores a number at `to`, before the next call.
    #[track_caller]
    pub(super) fn store(&mut self, to: u64, number: Operand, width: Width) {
        let store = BuiltIn::Store(width).number();
        let _ = self.push::<i64>(store, &[to.into(), Operand::ZERO, number]);
    }

    /// As [`store`](Self::store); returns `address` as an operand that has the call skipped
    /// if the number is the result of one that failed.
    #[track_caller]
    pub(super) fn stored(
        &mut self,
        address: Operand,
        to: u64,
        number: Operand,
        width: Width,
    ) -> Operand {
        self.store(to, number, width);
        // The number again, so that this is skipped with it.
        let address = self.push::<u64>(BuiltIn::Set.number(), &[address, number]);
        (&address).into()
    }
}
