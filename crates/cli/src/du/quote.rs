//! Names in messages.

/// A name between quotes, the way a shell would take it: what is not printable
/// is escaped, so that no name can do anything to a terminal.
pub(super) fn quoted(name: &[u8]) -> String {
    let mut text = Quoted {
        text: String::from("'"),
        style: Style::Plain,
    };
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\'' => text.add(Style::Plain, r"'\''"),
                '\n' => text.add(Style::Escaped, r"\n"),
                '\t' => text.add(Style::Escaped, r"\t"),
                letter if letter.is_control() => {
                    let mut bytes = [0; 4];
                    text.escape(letter.encode_utf8(&mut bytes).as_bytes());
                }
                letter => text.add(Style::Plain, letter.encode_utf8(&mut [0; 4])),
            }
        }
        text.escape(chunk.invalid());
    }
    text.text.push('\'');
    text.text
}

/// Between which quotes something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// As it is.
    Plain,
    /// With escapes.
    Escaped,
}

/// A name as far as it is quoted, the last quotes still open.
struct Quoted {
    text: String,
    style: Style,
}

impl Quoted {
    fn add(&mut self, style: Style, text: &str) {
        if style != self.style {
            self.text.push_str(match style {
                Style::Plain => "''",
                Style::Escaped => "'$'",
            });
            self.style = style;
        }
        self.text.push_str(text);
    }

    /// Adds bytes as octal escapes.
    fn escape(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.add(Style::Escaped, &format!(r"\{byte:03o}"));
        }
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
        assert_eq!(quoted(b"a\xff\xfeb"), r"'a'$'\377\376''b'");
        assert_eq!(quoted(b"\n"), r"''$'\n'");
        assert_eq!(quoted(b"a\n\nb\n"), r"'a'$'\n\n''b'$'\n'");
    }
}
