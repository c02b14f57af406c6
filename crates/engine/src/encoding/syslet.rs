//! The encoding of syslets: a graph of atoms linked by pointers.

use sysbatch_abi::{
    SYSLET_ASYNC, SYSLET_FLAGS, SYSLET_NR_UMEM_ADD, SYSLET_SKIP_TO_NEXT_ON_STOP,
    SYSLET_STOP_ON_NEGATIVE, SYSLET_STOP_ON_NON_POSITIVE, SYSLET_STOP_ON_NONZERO,
    SYSLET_STOP_ON_ZERO, SYSLET_SYNC, Width,
};

use super::pointers::operation;
use super::{Decoded, Encoding, Next, Operation, Pseudo, Sign};
use crate::host::{Error, Fault, Host};
use crate::turn::{Made, Turn};

/// Size of `struct syslet_uatom` in bytes: eleven words.
const ATOM_SIZE: u64 = 88;

/// Offset of `next` in an atom, in bytes.
const NEXT: u64 = 24;

/// A program of `struct syslet_uatom`.
///
/// The program counter is the address of an atom. It stays on the last atom
/// run when the syslet ends, for that is what the interface returns.
#[derive(Clone, Copy, Debug)]
pub struct Syslet;

/// What an atom says except for its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Atom {
    /// When the syslet stops, and where it goes on then.
    pub flags: u64,
    /// The number of the call.
    pub number: u64,
    /// The address of the result, if not zero.
    pub result: u64,
    /// The address of the atom that follows.
    pub next: u64,
}

impl Atom {
    /// Reads the atom at an address, each word once. Its arguments become the
    /// operands.
    ///
    /// # Errors
    /// [`Error::Fault`] if any byte that is looked at cannot be read,
    /// [`Error::Invalid`] if there are flags that do not exist.
    #[inline(always)]
    pub(crate) fn read<H: Host + ?Sized>(
        host: &mut H,
        address: u64,
        operands: &mut H::Operands,
    ) -> Result<Self, Error> {
        let [flags, number, result] = host.load_words(address)?;
        if flags & !SYSLET_FLAGS != 0 {
            return Err(Error::Invalid);
        }
        // `next` lies before the pointers to the arguments.
        let next = host.gather(address.checked_add(NEXT).ok_or(Fault)?, operands)?;
        Ok(Self {
            flags,
            number,
            result,
            next,
        })
    }
}

impl Encoding for Syslet {
    type Entry = Atom;

    #[inline(always)]
    fn is_end(&self, pc: u64) -> bool {
        pc == 0
    }

    #[inline(always)]
    fn says_where<H: Host>(&self, host: &mut H, pc: u64) -> bool {
        let flags = host.load(pc, Width::Eight);
        flags.is_ok_and(|flags| flags & (SYSLET_ASYNC | SYSLET_SYNC) != 0)
    }

    #[inline(always)]
    fn read<H: Host>(
        &self,
        host: &mut H,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Result<Atom, Error> {
        Atom::read(host, pc, operands)
    }

    #[inline(always)]
    fn decode<H: Host>(
        &self,
        _: &mut H,
        _: u64,
        atom: Atom,
        operands: &mut H::Operands,
    ) -> Result<Decoded, Error> {
        Ok(Decoded {
            operation: if atom.number == SYSLET_NR_UMEM_ADD {
                Operation::Pseudo(Pseudo::WordAdd)
            } else {
                operation::<H>(atom.number, operands)
            },
            slot: atom.result,
            loaded: false,
        })
    }

    #[inline(always)]
    fn store<H: Host>(&self, host: &mut H, slot: u64, result: i64) -> Result<(), Fault> {
        if slot == 0 {
            return Ok(());
        }
        host.store(slot, Width::Eight, result.cast_unsigned())
    }

    #[inline(always)]
    fn next(&self, pc: u64, atom: Atom, sign: impl FnOnce() -> Sign) -> Next {
        let conditions = match sign() {
            Sign::Negative => {
                SYSLET_STOP_ON_NONZERO | SYSLET_STOP_ON_NEGATIVE | SYSLET_STOP_ON_NON_POSITIVE
            }
            Sign::Zero => SYSLET_STOP_ON_ZERO | SYSLET_STOP_ON_NON_POSITIVE,
            Sign::Positive => SYSLET_STOP_ON_NONZERO,
        };
        let stops = atom.flags & conditions != 0;
        match (stops, pc.checked_add(ATOM_SIZE)) {
            (false, _) if atom.next != 0 => Next::At(atom.next),
            (true, Some(following)) if atom.flags & SYSLET_SKIP_TO_NEXT_ON_STOP != 0 => {
                Next::At(following)
            }
            _ => Next::Exit,
        }
    }

    #[inline(always)]
    fn turn<H: Host>(
        &self,
        host: &mut H,
        made: Option<Made>,
        pc: u64,
        operands: &mut H::Operands,
    ) -> Turn<Atom> {
        match made {
            Some(made) if !self.is_end(pc) => host.turn_to_atom(made, pc, operands),
            _ => Turn::NotStored,
        }
    }
}
