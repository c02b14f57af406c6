//! Names in messages.

/// A name between quotes, the way a shell would take it: what is not printable
/// is escaped, so that no name can do anything to a terminal.
pub(super) fn quoted(name: &[u8]) -> String {
    let mut text = String::from("'");
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\'' => text.push_str(r"'\''"),
                '\n' => text.push_str(r"'$'\n''"),
                '\t' => text.push_str(r"'$'\t''"),
                letter if letter.is_control() => {
                    let mut bytes = [0; 4];
                    escape(&mut text, letter.encode_utf8(&mut bytes).as_bytes());
                }
                letter => text.push(letter),
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text.push('\'');
    text
}

/// Bytes as octal escapes, which end the quotes and begin them again.
fn escape(text: &mut String, bytes: &[u8]) {
    if !bytes.is_empty() {
        text.push_str("'$'");
        for byte in bytes {
            text.push_str(&format!(r"\{byte:03o}"));
        }
        text.push_str("''");
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names() {
        assert_eq!(quoted(b"plain name"), "'plain name'");
        assert_eq!(quoted("größe".as_bytes()), "'größe'");
        assert_eq!(quoted(b"it's"), r"'it'\''s'");
        assert_eq!(quoted(b"a\nb"), r"'a'$'\n''b'");
        assert_eq!(quoted(b"a\x1b[31m"), r"'a'$'\033''[31m'");
        assert_eq!(quoted(b"a\xff\xfeb"), r"'a'$'\377'''$'\376''b'");
    }
}
