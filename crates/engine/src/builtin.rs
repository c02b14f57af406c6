//! The operations that need no system call.

use sysbatch_abi::{BuiltIn, Width};

use crate::call::Operands;
use crate::encoding::Pseudo;
use crate::host::{Error, Host};

/// Runs the built-in of this number and returns its result.
///
/// # Errors
/// [`Error::Fault`] if an address cannot be reached, [`Error::Invalid`] if there
/// is no such built-in: nothing has happened then.
#[inline(always)]
pub(crate) fn execute<H: Host>(
    host: &mut H,
    number: i32,
    operands: &H::Operands,
) -> Result<u64, Error> {
    let (a, b, c) = (operands.get(0), operands.get(1), operands.get(2));
    Ok(match BuiltIn::from_number(number).ok_or(Error::Invalid)? {
        BuiltIn::Set => a,
        BuiltIn::Copy => {
            let word = host.load(b, Width::Eight)?;
            host.store(a, Width::Eight, word)?;
            word
        }
        BuiltIn::Load(width) => host.load(a.wrapping_add(b), width)?,
        BuiltIn::Store(width) => {
            host.store(a.wrapping_add(b), width, c)?;
            c
        }
        BuiltIn::Add => a.wrapping_add(b),
        BuiltIn::Sub => a.wrapping_sub(b),
        BuiltIn::And => a & b,
        BuiltIn::Or => a | b,
        BuiltIn::Xor => a ^ b,
        BuiltIn::Shl => shift(b).and_then(|by| a.checked_shl(by)).unwrap_or(0),
        BuiltIn::Shr => shift(b).and_then(|by| a.checked_shr(by)).unwrap_or(0),
        BuiltIn::Mul => a.wrapping_mul(b),
        BuiltIn::UserMemoryAdd => {
            let sum = host.load(a, Width::Eight)?.wrapping_add(b);
            host.store(a, Width::Eight, sum)?;
            sum
        }
    })
}

/// Runs an operation that poses as a system call.
pub(crate) fn execute_pseudo<H: Host>(host: &mut H, pseudo: Pseudo, operands: &H::Operands) -> i64 {
    let result = match pseudo {
        Pseudo::WordCopy => execute(host, BuiltIn::Copy.number(), operands).map(|_| 0),
        Pseudo::WordAdd => {
            execute(host, BuiltIn::UserMemoryAdd.number(), operands).map(u64::cast_signed)
        }
    };
    result.unwrap_or(i64::from(Error::Fault.errno()).wrapping_neg())
}

/// A shift count, if it fits the type the shift operations take.
fn shift(count: u64) -> Option<u32> {
    u32::try_from(count).ok()
}
