//! Tokens to statements: a recursive-descent parser that goes on after a
//! mistake with the next line.

mod declaration;
mod entry;
mod expression;

use crate::ast::{Name, Statement};
use crate::diagnostics::Diagnostic;
use crate::lexer::{Token, TokenKind, lex};
use crate::mistake::Mistake;
use crate::span::Span;

/// A mistake was reported; the rest of the line cannot be read.
pub(crate) struct Reported;

type Parsed<T> = Result<T, Reported>;

/// Words that begin a statement, unless `=` or `(` follows.
const STATEMENTS: [&str; 13] = [
    "buffer", "const", "data", "entry", "exit", "fuel", "goto", "slot", "slots", "start", "string",
    "word", "words",
];

/// Words that cannot be names.
const RESERVED: [&str; 5] = ["end", "exit", "next", "offsetof", "sizeof"];

/// Reads the whole source.
pub(crate) fn parse(source: &str) -> (Vec<Statement>, Vec<Diagnostic>) {
    let (tokens, diagnostics) = lex(source);
    let mut parser = Parser {
        source,
        tokens,
        position: 0,
        operators: 0,
        diagnostics,
    };
    let mut statements = Vec::new();
    while parser.peek() != &TokenKind::End {
        parser.line(&mut statements);
    }
    (statements, parser.diagnostics)
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    position: usize,
    /// How many operators the expression at hand has so far.
    operators: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    /// Reads a line: labels and at most one statement.
    fn line(&mut self, statements: &mut Vec<Statement>) {
        let start = self.position;
        if self.line_contents(statements).is_err() {
            while !matches!(self.peek(), TokenKind::Newline | TokenKind::End) {
                self.position += 1;
            }
            statements.push(Statement::Broken(self.names_since(start)));
        }
        if self.peek() == &TokenKind::Newline {
            self.position += 1;
        }
    }

    fn line_contents(&mut self, statements: &mut Vec<Statement>) -> Parsed<()> {
        while let (TokenKind::Name(_), TokenKind::Symbol(":")) = (self.peek(), self.peek_second()) {
            let label = self.new_name()?;
            self.position += 1;
            statements.push(Statement::Label(label));
        }
        if self.peek() == &TokenKind::Newline {
            return Ok(());
        }
        let statement = self.statement()?;
        statements.push(statement);
        match self.peek() {
            TokenKind::Newline => Ok(()),
            TokenKind::Name(_) => {
                self.expected("`neg`, `zero`, `pos`, `goto`, `else` or the end of the line")
            }
            _ => self.expected("the end of the line"),
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let TokenKind::Name(word) = self.peek() else {
            return match self.peek() {
                TokenKind::Symbol("%") => self.expected("a statement; a slot stands after `->`"),
                _ => self.expected("a statement"),
            };
        };
        let statement = STATEMENTS
            .into_iter()
            .find(|statement| statement == word)
            .filter(|_| !matches!(self.peek_second(), TokenKind::Symbol("(" | "=")));
        match statement {
            Some(word) => self.keyword_statement(word),
            None => self.entry(),
        }
    }

    fn keyword_statement(&mut self, word: &str) -> Parsed<Statement> {
        match word {
            "const" => self.constant(),
            "buffer" | "string" | "word" | "words" | "data" => self.data(word),
            "slot" => self.slot(),
            "fuel" | "slots" => self.setting(word),
            "start" => self.start(),
            "entry" => self.raw_entry(),
            _ => self.jump(),
        }
    }

    /// The names that the tokens of a line would have defined.
    fn names_since(&self, start: usize) -> Vec<String> {
        let tokens = &self.tokens[start..self.position];
        let mut names = Vec::new();
        for pair in tokens.windows(2) {
            if let (TokenKind::Name(name), TokenKind::Symbol("=" | ":")) =
                (&pair[0].kind, &pair[1].kind)
            {
                names.push(name.clone());
            }
        }
        if let [
            Token {
                kind: TokenKind::Name(word),
                ..
            },
            Token {
                kind: TokenKind::Name(name),
                ..
            },
            ..,
        ] = tokens
            && STATEMENTS.contains(&word.as_str())
        {
            names.push(name.clone());
        }
        names
    }

    fn peek(&self) -> &TokenKind {
        &self.tokens[self.position].kind
    }

    fn peek_second(&self) -> &TokenKind {
        // The last token is `End`, where nothing looks further.
        let second = (self.position + 1).min(self.tokens.len() - 1);
        &self.tokens[second].kind
    }

    /// Where the token that comes next stands.
    fn here(&self) -> Span {
        self.tokens[self.position].span
    }

    /// Where the token taken last stands.
    fn last(&self) -> Span {
        self.tokens[self.position.saturating_sub(1)].span
    }

    /// Takes a symbol if it comes next.
    fn take(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == &TokenKind::Symbol(symbol);
        self.position += usize::from(found);
        found
    }

    /// Takes a word if it comes next.
    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Name(name) if name == word);
        self.position += usize::from(found);
        found
    }

    /// Takes a symbol that has to come next.
    fn need(&mut self, symbol: &'static str, expected: &'static str) -> Parsed<()> {
        if self.take(symbol) {
            Ok(())
        } else {
            self.expected(expected)
        }
    }

    /// Takes a name of whatever meaning.
    fn name(&mut self, expected: &'static str) -> Parsed<Name> {
        let TokenKind::Name(text) = self.peek() else {
            return self.expected(expected);
        };
        let name = Name {
            text: text.clone(),
            span: self.here(),
        };
        self.position += 1;
        Ok(name)
    }

    /// Takes a name that is being defined.
    fn new_name(&mut self) -> Parsed<Name> {
        let name = self.name("a name")?;
        if RESERVED.contains(&name.text.as_str()) {
            return self.reserved(name);
        }
        Ok(name)
    }

    fn reserved<T>(&mut self, name: Name) -> Parsed<T> {
        let mistake = Mistake::Reserved {
            name: name.text,
            meaning: "a word of the language",
        };
        self.report(mistake, name.span)
    }

    fn report<T>(&mut self, mistake: Mistake, span: Span) -> Parsed<T> {
        self.diagnostics.push(Diagnostic { span, mistake });
        Err(Reported)
    }

    /// Reports that something else should come next.
    fn expected<T>(&mut self, expected: &'static str) -> Parsed<T> {
        let mut span = self.here();
        let found = match self.peek() {
            // The lexer has said what is wrong here.
            TokenKind::Broken => return Err(Reported),
            TokenKind::Newline | TokenKind::End => {
                // The newline itself would be shown as two lines.
                span.end = span.start;
                "the end of the line".into()
            }
            _ => format!("`{}`", &self.source[span.range()]),
        };
        self.report(Mistake::Expected { expected, found }, span)
    }
}
