//! Built-in operations on numbers: they touch result slots and nothing else.

use sysbatch_abi::{BuiltIn, Width};

use super::Batch;
use super::handle::{Handle, Param};
use super::operand::{Kind, Number, Operand};
use super::params::NumberParam;

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident = $builtin:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If a number belongs to another batch.
        #[track_caller]
        pub fn $name(&mut self, a: impl Number, b: impl Number) -> Handle<i64> {
            self.number(BuiltIn::$builtin, &[a.into(), b.into()])
        }
    )*};
}

/// # Arithmetic
///
/// It is done by the interpreter, without a system call, and wraps modulo 2⁶⁴.
/// Like a call, it is skipped when a call whose result it needs has failed.
/// The result of arithmetic that was skipped is some negative number if other
/// arithmetic uses it.
impl Batch<'_> {
    binary! {
        /// `a + b`.
        add = Add;
        /// `a - b`. Its sign says how they compare.
        sub = Sub;
        /// `a * b`.
        mul = Mul;
        /// `a & b`, bit by bit.
        and = And;
        /// `a | b`, bit by bit.
        or = Or;
        /// `a ^ b`, bit by bit.
        xor = Xor;
        /// `a << b`, zero if `b` is 64 or more.
        shl = Shl;
        /// `a >> b`, without sign, zero if `b` is 64 or more.
        shr = Shr;
    }

    /// Gives a parameter a new value for the rest of this run. It is also the
    /// result.
    ///
    /// # Panics
    /// If the parameter or the number belongs to another batch.
    #[track_caller]
    pub fn assign<T: NumberParam>(&mut self, param: &Param<T>, value: impl Number) -> Handle<i64> {
        let address = Operand::of(param.batch, Kind::ParamAddress(param.index));
        let store = BuiltIn::Store(Width::Eight);
        self.number(store, &[address, Operand::ZERO, value.into()])
    }

    /// Adds to a parameter, for the rest of this run. The sum is also the
    /// result.
    ///
    /// # Panics
    /// If the parameter or the number belongs to another batch.
    #[track_caller]
    pub fn add_assign<T: NumberParam>(
        &mut self,
        param: &Param<T>,
        value: impl Number,
    ) -> Handle<i64> {
        let address = Operand::of(param.batch, Kind::ParamAddress(param.index));
        self.number(BuiltIn::UserMemoryAdd, &[address, value.into()])
    }

    /// Adds a built-in operation whose result is a number.
    #[track_caller]
    pub(super) fn number(&mut self, builtin: BuiltIn, args: &[Operand]) -> Handle<i64> {
        let handle = self.push(builtin.number(), args);
        self.calls += 1;
        handle
    }
}
