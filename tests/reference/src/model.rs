//! The rules of the native encoding, written a second time.
//!
//! Numbers are wider than they need be (`i128`), so that nothing wraps unless
//! a rule says so; nothing is clever and nothing is fast.

use sysbatch_abi::{Status, Width};
use sysbatch_engine::{Call, Error, Outcome};

use crate::{Memory, Script};

/// 2⁶⁴.
const TWO_64: i128 = 1 << 64;

/// The header, field by field.
struct Header {
    program: i128,
    len: i128,
    results: i128,
    results_len: i128,
    pc: i128,
    fuel: i128,
    steps: i128,
    value: i128,
    resume: i128,
    reason: i128,
}

/// How an entry ended.
enum Ended {
    /// The batch goes on at this entry.
    Next(i128),
    /// The batch stops.
    Stop(Status),
    /// The batch stops with an error.
    Error(Status, Error),
}

/// Runs the batch whose header is at `address` by the book.
///
/// # Errors
/// Those of the rules.
///
/// # Panics
/// On a mistake in the model itself.
pub fn enter(memory: &mut Memory, script: &mut Script, address: u64) -> Result<Status, Error> {
    let mut header = read_header(memory, address)?;
    header.reason = 0;
    let (status, error) = loop {
        if header.pc == header.len {
            header.resume = 0;
            break (Status::Done, None);
        }
        if header.fuel == 0 {
            break (Status::OutOfFuel, None);
        }
        match entry(memory, script, &mut header) {
            Ended::Next(pc) => header.pc = pc,
            Ended::Stop(status) => break (status, None),
            Ended::Error(status, error) => break (status, Some(error)),
        }
        if header.pc != header.len && script.pending() {
            break (Status::Interrupted, None);
        }
    };
    let address = i128::from(address);
    let written = [
        (48, Width::Eight, header.pc),
        (56, Width::Eight, header.fuel),
        (64, Width::Eight, header.steps),
        (72, Width::Eight, header.value),
        // An aligned word lies in one page: its halves are written together.
        (80, Width::Eight, header.resume + (header.reason << 32)),
        (12, Width::Four, i128::from(status.raw())),
    ];
    for (offset, width, value) in written {
        put(memory, address + offset, width, value).ok_or(Error::Fault)?;
    }
    error.map_or(Ok(status), Err)
}

/// A word, or `None` if it cannot be read.
fn get(memory: &Memory, address: i128, width: Width) -> Option<i128> {
    let address = u64::try_from(address).ok()?;
    memory.read(address, width).map(i128::from)
}

/// Writes a word, or does nothing and returns `None` if it cannot be written.
fn put(memory: &mut Memory, address: i128, width: Width, value: i128) -> Option<()> {
    let address = u64::try_from(address).ok()?;
    let value = u64::try_from(value.rem_euclid(TWO_64)).expect("reduced modulo 2^64");
    memory.write(address, width, value)
}

fn read_header(memory: &Memory, address: u64) -> Result<Header, Error> {
    let address = i128::from(address);
    if address % 8 != 0 {
        return Err(Error::Invalid);
    }
    let word = |offset: i128| get(memory, address + offset, Width::Eight).ok_or(Error::Fault);
    let half = |offset: i128| get(memory, address + offset, Width::Four).ok_or(Error::Fault);
    // The first word is read before anything else is looked at.
    word(0)?;
    let size = half(0)?;
    if size < 96 {
        return Err(Error::Invalid);
    }
    for offset in (8..96).step_by(8) {
        word(offset)?;
    }
    if size > 4096 {
        return Err(Error::TooBig);
    }
    for offset in 96..size {
        if get(memory, address + offset, Width::One).ok_or(Error::Fault)? != 0 {
            return Err(Error::TooBig);
        }
    }
    let header = Header {
        program: word(16)?,
        len: word(24)?,
        results: word(32)?,
        results_len: word(40)?,
        pc: word(48)?,
        fuel: word(56)?,
        steps: word(64)?,
        value: word(72)?,
        resume: half(80)?,
        reason: half(84)?,
    };
    let rules = [
        half(4)? == 1,
        half(8)? == 0,
        word(88)? == 0,
        header.program % 8 == 0,
        header.results % 8 == 0,
        header.pc <= header.len,
        header.resume <= 1,
    ];
    if rules.contains(&false) {
        return Err(Error::Invalid);
    }
    Ok(header)
}

/// A field of an entry as an unsigned number.
fn bits(entry: &[i128; 8], offset: usize, width: usize) -> i128 {
    (entry[offset / 8] >> (8 * (offset % 8))) & ((1 << (8 * width)) - 1)
}

/// A field of an entry as a signed number in two's complement.
fn signed(entry: &[i128; 8], offset: usize, width: usize) -> i128 {
    let value = bits(entry, offset, width);
    let half = 1 << (8 * width - 1);
    if value < half {
        value
    } else {
        value - 2 * half
    }
}

/// Why an entry is refused, `None` if it is not, is what the first error in
/// this order says.
fn entry(memory: &mut Memory, script: &mut Script, header: &mut Header) -> Ended {
    let refused = |error| Ended::Error(Status::Refused, error);
    let mut words = [0; 8];
    for (word, k) in words.iter_mut().zip(0..) {
        match get(
            memory,
            header.program + 64 * header.pc + 8 * k,
            Width::Eight,
        ) {
            Some(value) => *word = value,
            None => return refused(Error::Fault),
        }
    }
    let modes = bits(&words, 4, 2);
    if bits(&words, 14, 2) > 1 || modes >= 0x1000 {
        return refused(Error::Invalid);
    }
    let repeats = bits(&words, 14, 2) == 1;
    let [chain, advance] = [56, 58].map(|offset| bits(&words, offset, 1));
    if repeats {
        let rules = [
            signed(&words, 0, 4) >= 0,
            modes < 0x400,
            chain < 5,
            advance < 5,
            chain != advance,
        ];
        if rules.contains(&false) {
            return refused(Error::Invalid);
        }
    }
    let slot = match bits(&words, 6, 2) {
        0xFFFF => header.pc,
        dst => dst,
    };
    if slot >= header.results_len {
        return refused(Error::Invalid);
    }
    if header.results + 8 * slot >= TWO_64 {
        return refused(Error::Fault);
    }
    let mut targets = [0; 3];
    for (target, k) in targets.iter_mut().zip(0..) {
        let offset = signed(&words, 8 + 2 * k, 2);
        *target = if offset == -32768 {
            -1
        } else {
            let target = header.pc + 1 + offset;
            if target < 0 || target > header.len {
                return refused(Error::Invalid);
            }
            target
        };
    }
    let nr = signed(&words, 0, 4);
    if nr < -19 {
        return refused(Error::Invalid);
    }
    let mut args = [0; 6];
    // Where each argument was read from.
    let mut origins = [0; 6];
    for k in 0..6 {
        let raw = words[2 + k];
        origins[k] = match (modes >> (2 * k)) & 3 {
            0 => header.program + 64 * header.pc + 16 + 8 * k as i128,
            1 if raw >= header.results_len => return refused(Error::Invalid),
            1 => header.results + 8 * raw,
            2 => raw,
            _ => return refused(Error::Invalid),
        };
        let read = match (modes >> (2 * k)) & 3 {
            0 => Some(raw),
            _ => get(memory, origins[k], Width::Eight),
        };
        match read {
            Some(value) => args[k] = value,
            None => return refused(Error::Fault),
        }
    }
    // The length of the record that a repeated call is made for.
    let mut length = None;
    let mut answer = None;
    if repeats {
        args[5] = 0;
        let record = args[chain as usize];
        let place = (record + signed(&words, 57, 1)).rem_euclid(TWO_64);
        match get(memory, place, Width::Two) {
            None => return refused(Error::Fault),
            Some(0) => answer = Some(0),
            Some(found) => length = Some(found),
        }
        let stop = bits(&words, 59, 1);
        if answer.is_none() && stop != 0 {
            match get(memory, record, Width::One) {
                None => return refused(Error::Fault),
                Some(byte) if byte == stop => answer = Some(1),
                Some(_) => {}
            }
        }
    }
    let result = if let Some(answer) = answer {
        answer
    } else if nr >= 0 {
        let call = Call {
            number: u32::try_from(nr).expect("31 bits"),
            args: args.map(|arg| u64::try_from(arg).expect("64 bits")),
            resume: if header.resume == 1 {
                sysbatch_abi::Resume::RestartBlock
            } else {
                sysbatch_abi::Resume::Fresh
            },
        };
        match script.call(&call) {
            Outcome::Returned(result) => i128::from(result),
            Outcome::Punt(reason) => {
                header.reason = i128::from(reason.raw());
                return Ended::Stop(Status::Punt);
            }
            Outcome::Interrupted(resume) => {
                header.resume = i128::from(resume.raw());
                return Ended::Stop(Status::Interrupted);
            }
            Outcome::Trapped => {
                header.resume = 0;
                return Ended::Stop(Status::Trapped);
            }
        }
    } else {
        match operation(memory, nr, &args) {
            Some(value) => {
                let wrapped = value.rem_euclid(TWO_64);
                if wrapped < TWO_64 / 2 {
                    wrapped
                } else {
                    wrapped - TWO_64
                }
            }
            None => return refused(Error::Fault),
        }
    };
    header.fuel -= 1;
    header.steps = (header.steps + 1) % TWO_64;
    header.resume = 0;
    let again = length.filter(|_| answer.is_none() && !(-4095..0).contains(&result));
    if let Some(length) = again {
        let stride = signed(&words, 60, 4);
        for (k, step) in [(chain as usize, length), (advance as usize, stride)] {
            let moved = (args[k] + step).rem_euclid(TWO_64);
            if step != 0 && put(memory, origins[k], Width::Eight, moved).is_none() {
                header.value = result;
                return Ended::Error(Status::Unstored, Error::Fault);
            }
        }
    }
    if put(memory, header.results + 8 * slot, Width::Eight, result).is_none() {
        header.value = result;
        return Ended::Error(Status::Unstored, Error::Fault);
    }
    if again.is_some() {
        return Ended::Next(header.pc);
    }
    let is_negative = if nr >= 0 {
        (-4095..0).contains(&result)
    } else {
        result < 0
    };
    let target = match (is_negative, result == 0) {
        (true, _) => targets[0],
        (false, true) => targets[1],
        (false, false) => targets[2],
    };
    if target < 0 {
        Ended::Stop(Status::Exit)
    } else {
        Ended::Next(target)
    }
}

/// The value of a built-in before it is cut to 64 bits, `None` on a fault.
fn operation(memory: &mut Memory, nr: i128, args: &[i128; 6]) -> Option<i128> {
    let [a, b, c, ..] = *args;
    let at = (a + b) % TWO_64;
    let load = |memory: &Memory, width| get(memory, at, width);
    let mut store = |width| put(memory, at, width, c).map(|()| c);
    match nr {
        -1 => Some(a),
        -2 => {
            let word = get(memory, b, Width::Eight)?;
            put(memory, a, Width::Eight, word)?;
            Some(word)
        }
        -3 => load(memory, Width::One),
        -4 => load(memory, Width::Two),
        -5 => load(memory, Width::Four),
        -6 => load(memory, Width::Eight),
        -7 => store(Width::One),
        -8 => store(Width::Two),
        -9 => store(Width::Four),
        -10 => store(Width::Eight),
        -11 => Some(a + b),
        -12 => Some(a - b),
        -13 => Some(a & b),
        -14 => Some(a | b),
        -15 => Some(a ^ b),
        // b < 64, and a is below 2^64: the product stays below 2^127 for
        // shifts up to 62; the last one is cut first.
        -16 => Some((0..b.min(64)).fold(a, |value, _| (value * 2) % TWO_64)),
        -17 => Some((0..b.min(64)).fold(a, |value, _| value / 2)),
        -18 => Some(multiply(a, b)),
        -19 => {
            let sum = get(memory, a, Width::Eight)? + b;
            put(memory, a, Width::Eight, sum)?;
            Some(sum)
        }
        _ => unreachable!("numbers below -19 are refused before"),
    }
}

/// Multiplication modulo 2⁶⁴ by adding: the full product needs 128 unsigned
/// bits.
fn multiply(a: i128, b: i128) -> i128 {
    (0..64)
        .filter(|bit| (b >> bit) & 1 == 1)
        .fold(0, |sum, bit| (sum + (a << bit) % TWO_64) % TWO_64)
}
