//! A batch as its methods build it, before it is laid out as entries.

use sysbatch_abi::BuiltIn;
use syscalls::Sysno;

use super::handle::Target;
use super::operand::{Kind, Operand};

/// One call or built-in operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The number of the system call or the built-in.
    pub(crate) nr: i32,
    pub(crate) args: [Operand; 6],
    /// Where a negative result leads, if not onwards.
    pub(crate) on_error: Option<Target>,
    /// Where a zero result leads, if not onwards.
    pub(crate) on_zero: Option<Target>,
    /// Where a positive result leads, if not onwards.
    pub(crate) on_positive: Option<Target>,
    /// The operation that closes the descriptor it returns.
    pub(crate) closed_by: Option<usize>,
    /// The operation whose descriptor it closes.
    pub(crate) closes: Option<usize>,
    /// How many calls of the batch's methods came before its own.
    pub(crate) index: usize,
}

impl Operation {
    pub(crate) fn new(nr: i32, args: [Operand; 6], index: usize) -> Self {
        Self {
            nr,
            args,
            on_error: None,
            on_zero: None,
            on_positive: None,
            closed_by: None,
            closes: None,
            index,
        }
    }

    /// The operations without whose result it cannot be done.
    pub(crate) fn needs(&self) -> impl Iterator<Item = usize> {
        self.args.iter().filter_map(|arg| match arg.kind {
            Kind::Result {
                operation,
                guarded: true,
            } => Some(operation),
            _ => None,
        })
    }

    /// Where it leads other than onwards.
    pub(crate) fn targets(&self) -> impl Iterator<Item = Target> {
        [self.on_error, self.on_zero, self.on_positive]
            .into_iter()
            .flatten()
    }

    /// The name of the system call or the built-in.
    pub(crate) fn name(&self) -> &'static str {
        name(self.nr)
    }
}

/// The name of a system call or a built-in.
fn name(nr: i32) -> &'static str {
    match usize::try_from(nr) {
        Ok(number) => Sysno::new(number).map_or("unknown system call", |sysno| sysno.name()),
        Err(_) => BuiltIn::from_number(nr).map_or("unknown operation", BuiltIn::name),
    }
}
