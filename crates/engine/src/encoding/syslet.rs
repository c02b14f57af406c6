//! The encoding of syslets: a graph of atoms linked by pointers.

use sysbatch_abi::{
    SYSLET_FLAGS, SYSLET_NR_UMEM_ADD, SYSLET_SKIP_TO_NEXT_ON_STOP, SYSLET_STOP_ON_NEGATIVE,
    SYSLET_STOP_ON_NON_POSITIVE, SYSLET_STOP_ON_NONZERO, SYSLET_STOP_ON_ZERO, Width,
};

use super::pointers::{arguments, operation};
use super::{Encoding, Fetched, Next, Operation, Pseudo, Sign};
use crate::host::{Call, Error, Fault, Host};

/// Size of `struct syslet_uatom` in bytes: eleven words.
const ATOM_SIZE: u64 = 88;

/// Offset of `arg_ptr` in an atom, in bytes.
const ARG_PTR: u64 = 32;

/// A program of `struct syslet_uatom`.
///
/// The program counter is the address of an atom. It stays on the last atom
/// run when the syslet ends, for that is what the interface returns.
#[derive(Clone, Copy, Debug)]
pub struct Syslet;

/// What an atom says of its result and of what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    flags: u64,
    result: u64,
    next: u64,
    following: Option<u64>,
}

impl Encoding for Syslet {
    type Tail = Tail;

    fn is_end(&self, pc: u64) -> bool {
        pc == 0
    }

    fn fetch<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        call: &mut Call,
    ) -> Result<Fetched<Tail>, Error> {
        let [flags, number, result, next] = host.load_words(pc)?;
        if flags & !SYSLET_FLAGS != 0 {
            return Err(Error::Invalid);
        }
        arguments(host, pc.checked_add(ARG_PTR).ok_or(Fault)?, &mut call.args)?;
        let operation = if number == SYSLET_NR_UMEM_ADD {
            Operation::Pseudo(Pseudo::WordAdd)
        } else {
            operation(number, call)
        };
        Ok(Fetched {
            operation,
            tail: Tail {
                flags,
                result,
                next,
                following: pc.checked_add(ATOM_SIZE),
            },
        })
    }

    fn store<H: Host>(&self, host: &mut H, tail: Tail, result: i64) -> Result<(), Fault> {
        if tail.result == 0 {
            return Ok(());
        }
        host.store(tail.result, Width::Eight, result.cast_unsigned())
    }

    fn next(&self, tail: Tail, sign: Sign) -> Next {
        let conditions = match sign {
            Sign::Negative => {
                SYSLET_STOP_ON_NONZERO | SYSLET_STOP_ON_NEGATIVE | SYSLET_STOP_ON_NON_POSITIVE
            }
            Sign::Zero => SYSLET_STOP_ON_ZERO | SYSLET_STOP_ON_NON_POSITIVE,
            Sign::Positive => SYSLET_STOP_ON_NONZERO,
        };
        let stops = tail.flags & conditions != 0;
        match (stops, tail.following) {
            (false, _) if tail.next != 0 => Next::At(tail.next),
            (true, Some(following)) if tail.flags & SYSLET_SKIP_TO_NEXT_ON_STOP != 0 => {
                Next::At(following)
            }
            _ => Next::Exit,
        }
    }
}
