//! Numbers, characters and strings, read and written.

use std::fmt::Write as _;

use crate::mistake::Mistake;

/// Reads a number: decimal, `0x` hexadecimal, `0o` or leading-zero octal, `0b`
/// binary, with `_` anywhere between digits.
pub(crate) fn number(text: &str) -> Result<u64, Mistake> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Mistake::BadNumber);
    }
    u64::from_str_radix(&digits, radix).map_err(|_| Mistake::NumberTooLarge)
}

/// Reads one escape sequence, the backslash already taken, from the start of
/// `text`: its byte and how many bytes of text it takes.
pub(crate) fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let simple = |byte| Some((byte, 1));
    match *text.first()? {
        b'n' => simple(b'\n'),
        b't' => simple(b'\t'),
        b'r' => simple(b'\r'),
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'v' => simple(11),
        b'e' => simple(27),
        quote @ (b'\\' | b'"' | b'\'') => simple(quote),
        b'x' => {
            let digits = std::str::from_utf8(text.get(1..3)?).ok()?;
            let byte = digits
                .bytes()
                .all(|digit| digit.is_ascii_hexdigit())
                .then(|| u8::from_str_radix(digits, 16).ok())??;
            Some((byte, 3))
        }
        b'0'..=b'7' => {
            let length = text
                .iter()
                .take(3)
                .take_while(|digit| (b'0'..=b'7').contains(digit))
                .count();
            let digits = std::str::from_utf8(text.get(..length)?).ok()?;
            Some((u8::from_str_radix(digits, 8).ok()?, length))
        }
        _ => None,
    }
}

/// Writes bytes as a string literal that reads back as the same bytes.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            b'\\' => text.push_str("\\\\"),
            b'"' => text.push_str("\\\""),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => write!(text, "\\x{byte:02x}").unwrap_or_default(),
        }
    }
    text.push('"');
    text
}

/// Writes a byte as a number that reads back as it: a character literal, if it
/// can be seen.
#[must_use]
pub fn quote_byte(byte: u8) -> String {
    match byte {
        b'\\' | b'\'' => format!("'\\{}'", char::from(byte)),
        b' '..=b'~' => format!("'{}'", char::from(byte)),
        _ => byte.to_string(),
    }
}

/// Writes a number the way a reader takes it in best: small ones and small
/// negative ones in decimal, others in hexadecimal.
pub(crate) fn value(value: u64) -> String {
    match value.cast_signed() {
        small @ -4096..=0xF_FFFF => small.to_string(),
        _ => format!("{value:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_radix() {
        for (text, value) in [
            ("0", 0),
            ("420", 420),
            ("0x1A4", 420),
            ("0o644", 420),
            ("0644", 420),
            ("0b1_1010_0100", 420),
            ("1_000", 1000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        for text in ["0x", "08", "12a", "0b2", "0o8"] {
            assert_eq!(number(text), Err(Mistake::BadNumber), "{text}");
        }
        assert_eq!(number("18446744073709551616"), Err(Mistake::NumberTooLarge));
    }

    #[test]
    fn escapes() {
        assert_eq!(escape(b"n"), Some((b'\n', 1)));
        assert_eq!(escape(b"x41b"), Some((b'A', 3)));
        assert_eq!(escape(b"0"), Some((0, 1)));
        assert_eq!(escape(b"1018"), Some((b'A', 3)));
        for bad in [&b""[..], b"q", b"x4", b"x+4", b"777", b"8"] {
            assert_eq!(escape(bad), None, "{bad:?}");
        }
    }
}
