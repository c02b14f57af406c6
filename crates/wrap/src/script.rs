//! The first line of a script (`fs/binfmt_script.c`).

/// How much of a file's beginning the kernel looks at, in bytes.
pub(crate) const HEAD_SIZE: usize = 256;

/// How many interpreters may be scripts themselves, the program included.
pub(crate) const DEPTH: usize = 5;

/// What the first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Script<'a> {
    pub(crate) interpreter: &'a [u8],
    pub(crate) argument: Option<&'a [u8]>,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a file begins as a script does.
pub(crate) fn is_script(head: &[u8; HEAD_SIZE]) -> bool {
    head.starts_with(b"#!")
}

/// Takes the first line apart; none if the kernel would not execute it. Behind the end
/// of a short file are zeroes.
pub(crate) fn parse(head: &[u8; HEAD_SIZE]) -> Option<Script<'_>> {
    let text = head.strip_prefix(b"#!")?;
    let line = match text.iter().position(|&byte| matches!(byte, b'\n' | 0)) {
        Some(end) if text.get(end) == Some(&b'\n') => text.get(..end)?,
        // There is no end of the line: the interpreter has to have one.
        _ => {
            let start = text.iter().position(|&byte| !is_blank(byte))?;
            let rest = text.get(start..)?;
            rest.iter().position(|&byte| is_blank(byte) || byte == 0)?;
            text.get(..text.len() - 1)?
        }
    };
    let line = line.get(line.iter().position(|&byte| !is_blank(byte))?..)?;
    let last = line.iter().rposition(|&byte| !is_blank(byte))?;
    let line = line.get(..=last)?;
    let end = line.iter().position(|&byte| is_blank(byte) || byte == 0);
    let interpreter = line.get(..end.unwrap_or(line.len()))?;
    let argument = end.and_then(|end| {
        let rest = line.get(end..)?;
        let start = rest.iter().position(|&byte| !is_blank(byte))?;
        let rest = rest.get(start..)?;
        let end = rest.iter().position(|&byte| byte == 0);
        rest.get(..end.unwrap_or(rest.len()))
            .filter(|rest| !rest.is_empty())
    });
    (!interpreter.is_empty()).then_some(Script {
        interpreter,
        argument,
    })
}

#[cfg(test)]
mod tests {
    use super::{HEAD_SIZE, Script, parse};

    fn parsed(text: &[u8]) -> Option<(std::string::String, Option<std::string::String>)> {
        let mut head = [0; HEAD_SIZE];
        let size = text.len().min(HEAD_SIZE);
        head[..size].copy_from_slice(&text[..size]);
        let string = |bytes: &[u8]| std::string::String::from_utf8(bytes.to_vec()).unwrap();
        parse(&head).map(
            |Script {
                 interpreter,
                 argument,
             }| (string(interpreter), argument.map(string)),
        )
    }

    fn is(text: &[u8], interpreter: &str, argument: Option<&str>) {
        let expected = (interpreter.into(), argument.map(Into::into));
        assert_eq!(parsed(text), Some(expected));
    }

    #[test]
    fn first_lines() {
        is(b"#!/bin/sh\nexit\n", "/bin/sh", None);
        is(b"#!  /bin/sh \t\n", "/bin/sh", None);
        is(b"#!/usr/bin/env  -S a b \n", "/usr/bin/env", Some("-S a b"));
        is(b"#!/bin/sh", "/bin/sh", None);
        is(b"#!/bin/sh -e", "/bin/sh", Some("-e"));
    }

    #[test]
    fn no_interpreters() {
        assert_eq!(parsed(b"#!"), None);
        assert_eq!(parsed(b"#!\n/bin/sh"), None);
        assert_eq!(parsed(b"#!   \n"), None);
        assert_eq!(parsed(b"echo"), None);
        assert_eq!(parsed(&[b"#!/".as_slice(), &[b'x'; 300]].concat()), None);
    }
}
