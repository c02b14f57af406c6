//! Expressions, operands and the targets of branches.

use super::{Parsed, Parser, RESERVED};
use crate::ast::{
    BinaryOperator, Expression, ExpressionKind, Name, Operand, Target, TargetKind, UnaryOperator,
};
use crate::lexer::TokenKind;
use crate::mistake::Mistake;
use crate::span::Span;

/// How many operators and brackets an expression may have: with more it is
/// refused, before it is too deep for the stack.
const OPERATORS_MAX: usize = 250;

impl Parser<'_> {
    /// Reads an expression.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.operators = 0;
        self.binary(0)
    }

    /// Counts an operator or a bracket.
    fn count_operator(&mut self) -> Parsed<()> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return self.expected("a simpler expression");
        }
        Ok(())
    }

    /// Reads operators that bind at least as tightly as `lowest`.
    fn binary(&mut self, lowest: u8) -> Parsed<Expression> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator(lowest) {
            self.count_operator()?;
            self.position += 1;
            let right = self.binary(operator.precedence() + 1)?;
            left = Expression {
                span: left.span.to(right.span),
                kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)),
            };
        }
        Ok(left)
    }

    fn operator(&self, lowest: u8) -> Option<BinaryOperator> {
        let TokenKind::Symbol(symbol) = self.peek() else {
            return None;
        };
        BinaryOperator::ALL
            .into_iter()
            .find(|operator| operator.symbol() == *symbol && operator.precedence() >= lowest)
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let operator = match self.peek() {
            TokenKind::Symbol("-") => UnaryOperator::Negate,
            TokenKind::Symbol("~") => UnaryOperator::Not,
            TokenKind::Symbol("+") => {
                return self.expected("a number, a constant, a name or a string");
            }
            _ => return self.atom(),
        };
        self.count_operator()?;
        self.position += 1;
        let operand = self.unary()?;
        Ok(Expression {
            span: start.to(operand.span),
            kind: ExpressionKind::Unary(operator, Box::new(operand)),
        })
    }

    fn atom(&mut self) -> Parsed<Expression> {
        let start = self.here();
        let kind = match self.peek().clone() {
            TokenKind::Number(value) => {
                self.position += 1;
                let text = self.source[start.range()].to_owned();
                ExpressionKind::Number { value, text }
            }
            TokenKind::Text(bytes) => {
                self.position += 1;
                ExpressionKind::Text(bytes)
            }
            TokenKind::Symbol("(") => {
                self.count_operator()?;
                self.position += 1;
                let inner = self.binary(0)?;
                self.need(")", "`)`")?;
                inner.kind
            }
            TokenKind::Symbol("&") => {
                self.position += 1;
                self.address_of()?
            }
            TokenKind::Name(word) if word == "sizeof" => {
                self.position += 1;
                self.size_of()?
            }
            TokenKind::Name(word) if word == "offsetof" => {
                self.position += 1;
                self.offset_of()?
            }
            TokenKind::Name(text) if RESERVED.contains(&text.as_str()) => {
                return self.reserved(Name { text, span: start });
            }
            TokenKind::Name(name) => {
                self.position += 1;
                ExpressionKind::Name(name)
            }
            _ => return self.expected("a number, a constant, a name or a string"),
        };
        Ok(Expression {
            span: start.to(self.last()),
            kind,
        })
    }

    fn address_of(&mut self) -> Parsed<ExpressionKind> {
        if self.take("%") {
            self.count_operator()?;
            let number = self.unary()?;
            return Ok(ExpressionKind::AddressOfSlot(Box::new(number)));
        }
        let name = self.name("a name or `%` and the number of a slot")?;
        let field = if self.take(".") {
            Some(self.name("a field of an entry, such as `arg0`")?)
        } else {
            None
        };
        Ok(ExpressionKind::AddressOf { name, field })
    }

    fn size_of(&mut self) -> Parsed<ExpressionKind> {
        let expected = "the name of data or of a structure";
        let bracketed = self.take("(");
        let name = self.name(expected)?;
        if bracketed {
            self.need(")", "`)`")?;
        }
        Ok(ExpressionKind::SizeOf(name))
    }

    fn offset_of(&mut self) -> Parsed<ExpressionKind> {
        self.need("(", "`(`: offsetof(structure, field)")?;
        let structure = self.name("the name of a structure")?;
        self.need(",", "`,`")?;
        let field = self.name("the name of a field")?;
        self.need(")", "`)`")?;
        Ok(ExpressionKind::OffsetOf { structure, field })
    }

    /// Reads an argument of a call.
    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        let start = self.here();
        if self.take("%") {
            let number = self.unary()?;
            let span = start.to(self.last());
            return Ok(Operand::Slot { number, span });
        }
        if self.take("[") {
            let address = if self.peek() == &TokenKind::Symbol("%") {
                return self.slot_as_address();
            } else {
                self.expression()?
            };
            self.need("]", "`]`")?;
            let span = start.to(self.last());
            return Ok(Operand::Memory { address, span });
        }
        Ok(Operand::Plain(self.expression()?))
    }

    /// Reports `[%3]`: there is no such mode.
    fn slot_as_address(&mut self) -> Parsed<Operand> {
        let start = self.here();
        self.position += 1;
        let number = self.unary()?;
        let span = start.to(number.span);
        let mistake = Mistake::WrongKind {
            name: self.source[span.range()].to_owned(),
            is: "a result",
            wanted: "a constant address",
        };
        self.report(mistake, span)
    }

    /// Reads the target of a branch.
    pub(super) fn target(&mut self) -> Parsed<Target> {
        let start = self.here();
        let expected = "a label, `exit`, `end`, `next` or an offset such as `+2`";
        let kind = match self.peek().clone() {
            TokenKind::Symbol(sign @ ("+" | "-")) => {
                self.position += 1;
                let magnitude = match self.peek() {
                    TokenKind::Number(value) => i64::try_from(*value).ok(),
                    _ => return self.expected("the number of an offset"),
                };
                self.position += 1;
                let offset = magnitude.map(|value| if sign == "-" { -value } else { value });
                let lowest = i64::from(i16::MIN) + 1;
                let highest = i64::from(i16::MAX);
                match offset.filter(|offset| (lowest..=highest).contains(offset)) {
                    Some(offset) => TargetKind::Offset(offset),
                    None => {
                        let span = start.to(self.last());
                        return self.report(offset_out_of_range(), span);
                    }
                }
            }
            TokenKind::Name(_) => self.named_target(expected)?,
            _ => return self.expected(expected),
        };
        let span: Span = start.to(self.last());
        Ok(Target { span, kind })
    }

    fn named_target(&mut self, expected: &'static str) -> Parsed<TargetKind> {
        let Name { text, .. } = self.name(expected)?;
        Ok(match text.as_str() {
            "exit" => TargetKind::Exit,
            "end" => TargetKind::End,
            "next" => TargetKind::Next,
            word if RESERVED.contains(&word) => {
                self.position -= 1;
                return self.expected(expected);
            }
            _ => TargetKind::Label(text),
        })
    }
}

fn offset_out_of_range() -> Mistake {
    Mistake::OutOfRange {
        what: "the offset of a branch",
        lowest: -32767,
        highest: 32767,
    }
}
