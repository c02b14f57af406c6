//! Statements that make no entry.

use super::{Parsed, Parser};
use crate::ast::{Contents, Item, Setting, Statement};
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// `const NAME = EXPRESSION`
    pub(super) fn constant(&mut self) -> Parsed<Statement> {
        self.position += 1;
        let name = self.new_name()?;
        self.need("=", "`=`")?;
        let value = self.expression()?;
        Ok(Statement::Constant { name, value })
    }

    /// `buffer`, `string`, `word`, `words` and `data`.
    pub(super) fn data(&mut self, keyword: &str) -> Parsed<Statement> {
        self.position += 1;
        let name = self.new_name()?;
        let mut contents = None;
        if keyword == "buffer" {
            contents = Some(Contents::Buffer(self.expression()?));
        } else if keyword == "string" {
            let TokenKind::Text(bytes) = self.peek().clone() else {
                return self.expected("a string in double quotes");
            };
            self.position += 1;
            contents = Some(Contents::Text(bytes));
        }
        let alignment = if self.take_word("align") {
            Some(self.expression()?)
        } else {
            None
        };
        let contents = match contents {
            Some(contents) => contents,
            None => {
                self.need("=", "`=`")?;
                self.initial_contents(keyword)?
            }
        };
        Ok(Statement::Data {
            name,
            alignment,
            contents,
        })
    }

    fn initial_contents(&mut self, keyword: &str) -> Parsed<Contents> {
        if keyword == "data" {
            let mut items = vec![self.item()?];
            while self.take(",") {
                items.push(self.item()?);
            }
            return Ok(Contents::Items(items));
        }
        let mut words = vec![self.expression()?];
        while keyword == "words" && self.take(",") {
            words.push(self.expression()?);
        }
        Ok(Contents::Words(words))
    }

    fn item(&mut self) -> Parsed<Item> {
        const EXPECTED: &str =
            "`u8`, `u16`, `u32`, `u64`, `be16`, `be32`, `be64`, `zero` or a string";
        if let TokenKind::Text(bytes) = self.peek().clone() {
            self.position += 1;
            return Ok(Item::Bytes(bytes));
        }
        let TokenKind::Name(word) = self.peek().clone() else {
            return self.expected(EXPECTED);
        };
        let (width, big_endian) = match word.as_str() {
            "u8" => (1, false),
            "u16" => (2, false),
            "u32" => (4, false),
            "u64" => (8, false),
            "be16" => (2, true),
            "be32" => (4, true),
            "be64" => (8, true),
            "zero" => (0, false),
            _ => return self.expected(EXPECTED),
        };
        self.position += 1;
        let value = self.expression()?;
        Ok(if width == 0 {
            Item::Zero(value)
        } else {
            Item::Integer {
                width,
                big_endian,
                value,
            }
        })
    }

    /// `slot [NAME] [%NUMBER] [= EXPRESSION]`
    pub(super) fn slot(&mut self) -> Parsed<Statement> {
        let span = self.here();
        self.position += 1;
        let name = if matches!(self.peek(), TokenKind::Name(_)) {
            Some(self.new_name()?)
        } else {
            None
        };
        let number = if self.take("%") {
            Some(self.expression()?)
        } else if name.is_none() {
            return self.expected("a name or `%` and the number of a slot");
        } else {
            None
        };
        let initial = if self.take("=") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Statement::Slot {
            name,
            span: span.to(self.last()),
            number,
            initial,
        })
    }

    /// `fuel EXPRESSION` and `slots EXPRESSION`
    pub(super) fn setting(&mut self, keyword: &str) -> Parsed<Statement> {
        let span = self.here();
        self.position += 1;
        let value = self.expression()?;
        let setting = if keyword == "fuel" {
            Setting::Fuel
        } else {
            Setting::Slots
        };
        Ok(Statement::Setting {
            setting,
            span: span.to(value.span),
            value,
        })
    }

    /// `start LABEL` and `start EXPRESSION`
    pub(super) fn start(&mut self) -> Parsed<Statement> {
        let span = self.here();
        self.position += 1;
        let at = self.expression()?;
        Ok(Statement::Start {
            span: span.to(at.span),
            at,
        })
    }
}
