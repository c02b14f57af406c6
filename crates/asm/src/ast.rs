//! The source text as a tree: what was written, before any of it is looked up.

use std::fmt;

use crate::span::Span;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A number known before the run, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) span: Span,
    pub(crate) kind: ExpressionKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExpressionKind {
    /// A literal, with its text as it was written.
    Number {
        value: u64,
        text: String,
    },
    /// A constant or the address of data.
    Name(String),
    /// The address of a string of its own.
    Text(Vec<u8>),
    /// The size of data or of a structure, in bytes.
    SizeOf(Name),
    /// Where a field lies in its structure, in bytes.
    OffsetOf {
        structure: Name,
        field: Name,
    },
    /// The address of data, a result slot, or an entry or one of its fields.
    AddressOf {
        name: Name,
        field: Option<Name>,
    },
    /// The address of a result slot given by number.
    AddressOfSlot(Box<Expression>),
    Unary(UnaryOperator, Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Negate,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    Xor,
    And,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
}

impl BinaryOperator {
    pub(crate) const ALL: [Self; 8] = [
        Self::Or,
        Self::Xor,
        Self::And,
        Self::ShiftLeft,
        Self::ShiftRight,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
    ];

    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "|",
            Self::Xor => "^",
            Self::And => "&",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }

    /// How tightly it binds, as in C: the higher, the tighter.
    pub(crate) const fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::Xor => 2,
            Self::And => 3,
            Self::ShiftLeft | Self::ShiftRight => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply => 6,
        }
    }
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// An expression; if it is just the name of a result, that result.
    Plain(Expression),
    /// The result slot with this number.
    Slot { number: Expression, span: Span },
    /// The 64-bit word at this address.
    Memory { address: Expression, span: Span },
}

/// Where a branch goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) span: Span,
    pub(crate) kind: TargetKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Label(String),
    /// End the batch with status `EXIT`.
    Exit,
    /// Just past the last entry: status `DONE`.
    End,
    /// The entry that follows.
    Next,
    /// The offset as it stands in the entry.
    Offset(i64),
}

/// The branches of an entry, as far as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Branches {
    pub(crate) negative: Option<Target>,
    pub(crate) zero: Option<Target>,
    pub(crate) positive: Option<Target>,
    /// For those of the three that are not given.
    pub(crate) others: Option<Target>,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A system call or a built-in.
    Call { name: Name, operands: Vec<Operand> },
    /// Nothing but its branches: `goto`, `exit`.
    Jump,
    /// Field by field.
    Raw(RawFields),
}

/// The fields of a raw entry, as far as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawFields {
    /// `nr`, `modes`, `dst`, `on_neg`, `on_zero`, `on_pos`, `flags`: the name of
    /// the field and its value.
    pub(crate) fields: Vec<(Name, Expression)>,
    pub(crate) arguments: Vec<Expression>,
}

/// How a call is repeated along a chain of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepeatClause {
    pub(crate) span: Span,
    pub(crate) chain: Expression,
    pub(crate) length: Expression,
    pub(crate) advance: Expression,
    pub(crate) stride: Expression,
    pub(crate) stop: Option<Expression>,
}

impl RepeatClause {
    /// What stands between the brackets, in this order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Expression> {
        [&self.chain, &self.length, &self.advance, &self.stride]
            .into_iter()
            .chain(&self.stop)
    }
}

/// One entry of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryStatement {
    pub(crate) span: Span,
    pub(crate) action: Action,
    /// The name of the result slot it writes.
    pub(crate) result: Option<Name>,
    /// The number of the result slot it writes.
    pub(crate) slot: Option<Expression>,
    /// Of a call.
    pub(crate) repeat: Option<RepeatClause>,
    pub(crate) branches: Branches,
}

/// What a block of data holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// This many zero bytes.
    Buffer(Expression),
    /// These bytes and a zero byte.
    Text(Vec<u8>),
    /// 64-bit words.
    Words(Vec<Expression>),
    /// Parts of any width, without padding.
    Items(Vec<Item>),
}

/// A part of a `data` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Integer {
        width: usize,
        big_endian: bool,
        value: Expression,
    },
    Bytes(Vec<u8>),
    Zero(Expression),
}

/// A directive that gives the whole program one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Fuel,
    Slots,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Constant {
        name: Name,
        value: Expression,
    },
    Data {
        name: Name,
        alignment: Option<Expression>,
        contents: Contents,
    },
    Slot {
        name: Option<Name>,
        span: Span,
        number: Option<Expression>,
        initial: Option<Expression>,
    },
    Setting {
        setting: Setting,
        span: Span,
        value: Expression,
    },
    Start {
        span: Span,
        at: Expression,
    },
    Label(Name),
    Entry(Box<EntryStatement>),
    /// A line that could not be read; the names it would have defined, so that
    /// their uses are not reported too.
    Broken(Vec<String>),
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, 0)
    }
}

impl Expression {
    /// Writes the expression as an operand of something that binds with
    /// `precedence`.
    fn write(&self, formatter: &mut fmt::Formatter<'_>, precedence: u8) -> fmt::Result {
        match &self.kind {
            ExpressionKind::Number { text, .. } => formatter.write_str(text),
            ExpressionKind::Name(name) => formatter.write_str(name),
            ExpressionKind::Text(bytes) => formatter.write_str(&crate::literal::quote(bytes)),
            ExpressionKind::SizeOf(name) => write!(formatter, "sizeof {}", name.text),
            ExpressionKind::OffsetOf { structure, field } => {
                write!(formatter, "offsetof({}, {})", structure.text, field.text)
            }
            ExpressionKind::AddressOf { name, field: None } => write!(formatter, "&{}", name.text),
            ExpressionKind::AddressOf {
                name,
                field: Some(field),
            } => write!(formatter, "&{}.{}", name.text, field.text),
            ExpressionKind::AddressOfSlot(number) => {
                formatter.write_str("&%")?;
                number.write(formatter, u8::MAX)
            }
            ExpressionKind::Unary(operator, operand) => {
                formatter.write_str(match operator {
                    UnaryOperator::Negate => "-",
                    UnaryOperator::Not => "~",
                })?;
                operand.write(formatter, u8::MAX)
            }
            ExpressionKind::Binary(operator, left, right) => {
                let own = operator.precedence();
                let bracketed = own < precedence;
                if bracketed {
                    formatter.write_str("(")?;
                }
                left.write(formatter, own)?;
                // Flags are written as strace writes them.
                match operator {
                    BinaryOperator::Or => formatter.write_str("|")?,
                    _ => write!(formatter, " {} ", operator.symbol())?,
                }
                right.write(formatter, own + 1)?;
                if bracketed {
                    formatter.write_str(")")?;
                }
                Ok(())
            }
        }
    }
}
