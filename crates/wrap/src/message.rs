//! What the loader says when it can't go on.

use crate::sys;

/// Writes a line to standard error and ends the process, as the kernel does when a
/// program turns out to be broken after the one before it has gone.
pub fn fail(why: &[u8]) -> ! {
    say(&[b"sysbatch wrap: ", why, b"\n"]);
    sys::kill()
}

/// Writes a line of several parts to standard error.
pub(crate) fn say(parts: &[&[u8]]) {
    for part in parts {
        // There is nobody to tell if it fails.
        let _ = sys::write(2, part);
    }
}

/// A number in digits, at the end of a buffer.
pub(crate) fn digits(mut number: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut first = buffer.len();
    for (index, place) in buffer.iter_mut().enumerate().rev() {
        *place = b'0' + (number % 10) as u8;
        first = index;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.get(first..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_their_digits() {
        for number in [0, 7, 10, 4095, u64::MAX] {
            let digits = super::digits(number, &mut [0; 20]).to_vec();
            assert_eq!(
                std::string::String::from_utf8(digits).unwrap(),
                std::format!("{number}")
            );
        }
    }
}
