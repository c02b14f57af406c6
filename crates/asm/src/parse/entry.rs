//! Statements that make an entry.

use super::{Parsed, Parser};
use crate::ast::{
    Action, Branches, EntryStatement, Expression, Name, RawFields, RepeatClause, Statement, Target,
};
use crate::lexer::TokenKind;
use crate::mistake::Mistake;
use crate::span::Span;

impl Parser<'_> {
    /// `[NAME =] CALL(OPERANDS) [-> SLOT] [REPEAT] [BRANCHES]`
    pub(super) fn entry(&mut self) -> Parsed<Statement> {
        let start = self.here();
        let result = if self.peek_second() == &TokenKind::Symbol("=") {
            let name = self.new_name()?;
            self.position += 1;
            Some(name)
        } else {
            None
        };
        let name = self.name("the name of a call")?;
        self.need("(", "`(` and the arguments of a call, or `=` and a call")?;
        let mut operands = Vec::new();
        if !self.take(")") {
            operands.push(self.operand()?);
            while !self.take(")") {
                self.need(",", "`,` or `)`")?;
                operands.push(self.operand()?);
            }
        }
        let span = start.to(self.last());
        let (result, slot) = self.destination(result)?;
        let repeat = self.repeat()?;
        let branches = self.branches(if repeat.is_some() {
            "`neg`, `zero`, `pos`, `goto` or `else`"
        } else {
            "`neg`, `zero`, `pos`, `goto`, `else` or `repeat`"
        })?;
        Ok(Statement::Entry(Box::new(EntryStatement {
            span,
            action: Action::Call { name, operands },
            result,
            slot,
            repeat,
            branches,
        })))
    }

    /// `-> NAME` is the same as `NAME =`; `-> %NUMBER` may stand beside it.
    fn destination(&mut self, result: Option<Name>) -> Parsed<(Option<Name>, Option<Expression>)> {
        if !self.take("->") {
            return Ok((result, None));
        }
        if self.take("%") {
            return Ok((result, Some(self.expression()?)));
        }
        if !matches!(self.peek(), TokenKind::Name(_)) {
            return self.expected("the name of a result, or `%` and the number of a slot");
        }
        let name = self.new_name()?;
        if result.is_some() {
            return self.report(Mistake::DestinationTwice, name.span);
        }
        Ok((Some(name), None))
    }

    /// `repeat(CHAIN, LENGTH, ADVANCE, STRIDE [, STOP])`
    fn repeat(&mut self) -> Parsed<Option<RepeatClause>> {
        let start = self.here();
        if !self.take_word("repeat") {
            return Ok(None);
        }
        let form = "`repeat(CHAIN, LENGTH, ADVANCE, STRIDE)`";
        self.need("(", form)?;
        let chain = self.expression()?;
        self.need(",", form)?;
        let length = self.expression()?;
        self.need(",", form)?;
        let advance = self.expression()?;
        self.need(",", form)?;
        let stride = self.expression()?;
        let stop = if self.take(",") {
            Some(self.expression()?)
        } else {
            None
        };
        let expected = match stop {
            Some(_) => "`)`",
            None => "`)`, or `,` and the byte that stops",
        };
        self.need(")", expected)?;
        Ok(Some(RepeatClause {
            span: start.to(self.last()),
            chain,
            length,
            advance,
            stride,
            stop,
        }))
    }

    /// Reads branches; `expected` says what may stand where the first would.
    fn branches(&mut self, mut expected: &'static str) -> Parsed<Branches> {
        let mut branches = Branches::default();
        if !matches!(self.peek(), TokenKind::Name(_)) {
            return Ok(branches);
        }
        loop {
            let word = self.here();
            let TokenKind::Name(which) = self.peek().clone() else {
                return self.expected(expected);
            };
            let place: fn(&mut Branches) -> (&mut Option<Target>, &'static str) =
                match which.as_str() {
                    "neg" | "else" => |branches| (&mut branches.negative, "negative"),
                    "zero" => |branches| (&mut branches.zero, "zero"),
                    "pos" => |branches| (&mut branches.positive, "positive"),
                    "goto" => |branches| (&mut branches.others, "all other"),
                    _ => return self.expected(expected),
                };
            self.position += 1;
            let target = self.target()?;
            let span = word.to(target.span);
            let (place, which) = place(&mut branches);
            if place.replace(target).is_some() {
                return self.report(Mistake::BranchTwice { which }, span);
            }
            if !self.take(",") {
                return Ok(branches);
            }
            expected = "`neg`, `zero`, `pos`, `goto` or `else`";
        }
    }

    /// `exit` and `goto TARGET`
    pub(super) fn jump(&mut self) -> Parsed<Statement> {
        let start = self.here();
        // `exit` is a target, and as a statement the whole of it.
        self.take_word("goto");
        let target = self.target()?;
        Ok(Statement::Entry(Box::new(EntryStatement {
            span: start.to(target.span),
            action: Action::Jump,
            result: None,
            slot: None,
            repeat: None,
            branches: Branches {
                others: Some(target),
                ..Branches::default()
            },
        })))
    }

    /// `entry FIELD=NUMBER … args=NUMBER,…`
    pub(super) fn raw_entry(&mut self) -> Parsed<Statement> {
        const EXPECTED: &str =
            "`nr`, `modes`, `dst`, `on_neg`, `on_zero`, `on_pos`, `flags` or `args`";
        let start = self.here();
        self.position += 1;
        let mut raw = RawFields::default();
        let mut seen: Vec<(String, Span)> = Vec::new();
        while self.peek() != &TokenKind::Newline {
            let name = self.name(EXPECTED)?;
            if let Some((_, first)) = seen.iter().find(|(text, _)| *text == name.text) {
                let mistake = Mistake::Repeated {
                    what: field_name(&name.text).unwrap_or("field"),
                    first: *first,
                };
                return self.report(mistake, name.span);
            }
            if field_name(&name.text).is_none() {
                self.position -= 1;
                return self.expected(EXPECTED);
            }
            self.need("=", "`=`")?;
            seen.push((name.text.clone(), name.span));
            if name.text == "args" {
                raw.arguments.push(self.expression()?);
                while self.take(",") {
                    raw.arguments.push(self.expression()?);
                }
            } else {
                let value = self.expression()?;
                raw.fields.push((name, value));
            }
        }
        Ok(Statement::Entry(Box::new(EntryStatement {
            span: start.to(self.last()),
            action: Action::Raw(raw),
            result: None,
            slot: None,
            repeat: None,
            branches: Branches::default(),
        })))
    }
}

/// The field of a raw entry with this name.
fn field_name(name: &str) -> Option<&'static str> {
    [
        "nr", "modes", "dst", "on_neg", "on_zero", "on_pos", "flags", "args",
    ]
    .into_iter()
    .find(|&known| known == name)
}
