//! Source text to tokens.

use crate::diagnostics::Diagnostic;
use crate::literal;
use crate::mistake::Mistake;
use crate::span::Span;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or keyword.
    Name(String),
    /// A number or character literal; the text is in the source.
    Number(u64),
    /// A string literal.
    Text(Vec<u8>),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    /// The end of a line that ends a statement.
    Newline,
    /// Something that was reported already.
    Broken,
    /// The end of the source.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// The symbols, longer ones before those they begin with.
const SYMBOLS: [&str; 21] = [
    "->", "<<", ">>", "(", ")", "[", "]", ",", "=", ":", "+", "-", "*", "|", "&", "^", "~", "%",
    ".", "<", ">",
];

/// Splits the source into tokens; the last one is [`TokenKind::End`].
///
/// A line goes on in the next after a comma or an opening bracket, and before
/// a closing one.
pub(crate) fn lex(source: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer {
        source,
        position: 0,
        tokens: Vec::new(),
        diagnostics: Vec::new(),
    };
    while lexer.token() {}
    (lexer.tokens, lexer.diagnostics)
}

struct Lexer<'a> {
    source: &'a str,
    position: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer<'_> {
    /// Takes the next token; whether there may be more.
    fn token(&mut self) -> bool {
        self.skip_blanks();
        let rest = self.rest();
        let Some(character) = rest.chars().next() else {
            // The last line needs no newline of its own.
            self.push(TokenKind::Newline, 0);
            self.push(TokenKind::End, 0);
            return false;
        };
        match character {
            '\n' => self.newline(),
            '"' => self.string(),
            '\'' => self.character(),
            '0'..='9' => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = word_length(rest);
                let name = rest[..length].to_owned();
                self.push(TokenKind::Name(name), length);
            }
            _ => self.symbol(character),
        }
        true
    }

    fn rest(&self) -> &str {
        &self.source[self.position..]
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = self.take(length);
        self.tokens.push(Token { kind, span });
    }

    fn take(&mut self, length: usize) -> Span {
        let start = self.position;
        self.position += length;
        Span {
            start,
            end: self.position,
        }
    }

    fn mistake(&mut self, mistake: Mistake, span: Span) {
        self.diagnostics.push(Diagnostic { span, mistake });
        self.tokens.push(Token {
            kind: TokenKind::Broken,
            span,
        });
    }

    /// Skips spaces and a comment, which runs to the end of its line.
    fn skip_blanks(&mut self) {
        let rest = self.rest();
        let text = rest.trim_start_matches([' ', '\t', '\r']);
        let mut skipped = rest.len() - text.len();
        if text.starts_with('#') {
            skipped += text.find('\n').unwrap_or(text.len());
        }
        self.position += skipped;
    }

    fn newline(&mut self) {
        use TokenKind::{Newline, Symbol};
        let goes_on = match self.tokens.last().map(|token| &token.kind) {
            Some(Symbol("," | "(" | "[") | Newline) | None => true,
            _ => self.rest().trim_start().starts_with([')', ']']),
        };
        if goes_on {
            self.take(1);
        } else {
            self.push(Newline, 1);
        }
    }

    fn number(&mut self) {
        let length = word_length(self.rest());
        let text = &self.rest()[..length];
        match literal::number(text) {
            Ok(value) => self.push(TokenKind::Number(value), length),
            Err(mistake) => {
                let span = self.take(length);
                self.mistake(mistake, span);
            }
        }
    }

    fn symbol(&mut self, character: char) {
        let rest = self.rest();
        match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            Some(symbol) => self.push(TokenKind::Symbol(symbol), symbol.len()),
            None => {
                let span = self.take(character.len_utf8());
                self.mistake(Mistake::UnknownCharacter(character), span);
            }
        }
    }

    fn string(&mut self) {
        match self.quoted('"', "the string") {
            Ok((bytes, length)) => self.push(TokenKind::Text(bytes), length),
            Err((mistake, span)) => self.mistake(mistake, span),
        }
    }

    fn character(&mut self) {
        match self.quoted('\'', "the character") {
            Ok((bytes, length)) => match bytes[..] {
                [byte] => self.push(TokenKind::Number(byte.into()), length),
                _ => {
                    let span = self.take(length);
                    self.mistake(Mistake::BadCharacter, span);
                }
            },
            Err((mistake, span)) => self.mistake(mistake, span),
        }
    }

    /// Reads a quoted literal: its bytes and the length of its text. A bad
    /// escape is reported here and the rest of the literal read on.
    fn quoted(
        &mut self,
        quote: char,
        what: &'static str,
    ) -> Result<(Vec<u8>, usize), (Mistake, Span)> {
        let text = &self.source.as_bytes()[self.position..];
        let mut bytes = Vec::new();
        let mut at = 1;
        loop {
            match text.get(at) {
                None | Some(b'\n') => {
                    let opened = self.position;
                    self.position += at;
                    let span = Span {
                        start: opened,
                        end: opened + 1,
                    };
                    return Err((Mistake::Unterminated(what), span));
                }
                Some(b'\\') => match literal::escape(&text[at + 1..]) {
                    Some((byte, length)) => {
                        bytes.push(byte);
                        at += 1 + length;
                    }
                    None => {
                        let start = self.position + at;
                        let shown = self.source[start + 1..].chars().next();
                        let width = shown.filter(|&c| c != '\n').map_or(0, char::len_utf8);
                        self.diagnostics.push(Diagnostic {
                            span: Span {
                                start,
                                end: start + 1 + width,
                            },
                            mistake: Mistake::BadEscape,
                        });
                        at += 1 + width;
                    }
                },
                Some(&byte) if char::from(byte) == quote => return Ok((bytes, at + 1)),
                Some(&byte) => {
                    bytes.push(byte);
                    at += 1;
                }
            }
        }
    }
}

/// The length in bytes of the letters, digits and underscores at the start.
fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}
