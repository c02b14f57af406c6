//! The operations that need no system call.

use sysbatch_abi::{BuiltIn, Width};

use crate::encoding::Pseudo;
use crate::host::{Error, Fault, Host};

/// Runs a built-in and returns its result.
///
/// An address that cannot be reached refuses the entry: nothing has happened.
pub(crate) fn execute<H: Host>(
    host: &mut H,
    builtin: BuiltIn,
    args: &[u64; 6],
) -> Result<u64, Fault> {
    let [a, b, c, ..] = *args;
    Ok(match builtin {
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
pub(crate) fn execute_pseudo<H: Host>(host: &mut H, pseudo: Pseudo, args: &[u64; 6]) -> i64 {
    let result = match pseudo {
        Pseudo::WordCopy => execute(host, BuiltIn::Copy, args).map(|_| 0),
        Pseudo::WordAdd => execute(host, BuiltIn::UserMemoryAdd, args).map(u64::cast_signed),
    };
    result.unwrap_or(i64::from(Error::Fault.errno()).wrapping_neg())
}

/// A shift count, if it fits the type the shift operations take.
fn shift(count: u64) -> Option<u32> {
    u32::try_from(count).ok()
}
