//! What can be wrong with a program, in words.

use crate::span::Span;

/// A mistake in the source text.
///
/// [`message`](Self::message) says what is wrong, [`label`](Self::label) what
/// was expected at the marked place, [`hint`](Self::hint) what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// A character that starts no token.
    UnknownCharacter(char),
    /// A string or character literal without its closing quote.
    Unterminated(&'static str),
    /// A backslash followed by something that means nothing.
    BadEscape,
    /// A character literal that does not hold one byte.
    BadCharacter,
    /// Digits that make no number.
    BadNumber,
    /// A number of more than 64 bits.
    NumberTooLarge,
    /// Something else should be here.
    Expected {
        expected: &'static str,
        found: String,
    },
    /// A name nobody defined.
    UnknownName {
        name: String,
        wanted: &'static str,
        similar: Option<String>,
    },
    /// A call that is neither a system call nor a built-in.
    UnknownCall {
        name: String,
        similar: Option<String>,
    },
    /// A structure or field that the assembler does not know.
    UnknownField { name: String, known: String },
    /// A name defined twice.
    Duplicate { name: String, first: Span },
    /// A name that already means something in the language.
    Reserved { name: String, meaning: &'static str },
    /// A constant or size needed before the line that defines it.
    UsedBeforeDefinition { name: String, definition: Span },
    /// A name of the wrong sort.
    WrongKind {
        name: String,
        is: &'static str,
        wanted: &'static str,
    },
    /// A result where its value would have to be known before the run.
    ResultInExpression { name: String },
    /// An address where a number is needed.
    NotANumber,
    /// Arithmetic that makes no sense with addresses.
    AddressArithmetic,
    /// A shift by 64 or more.
    ShiftTooFar,
    /// A number outside its range.
    OutOfRange {
        what: &'static str,
        lowest: i64,
        highest: u64,
    },
    /// An alignment that is no power of two.
    BadAlignment,
    /// More arguments than a system call has.
    TooManyArguments { given: usize, repeated: bool },
    /// A built-in with too few or too many operands.
    OperandCount {
        name: &'static str,
        takes: usize,
        given: usize,
    },
    /// Two targets for the same sign of result.
    BranchTwice { which: &'static str },
    /// A destination given twice.
    DestinationTwice,
    /// A jump farther than an entry can hold.
    JumpTooFar { offset: i64 },
    /// A loop, or a repeated call, without a bound.
    NeedsFuel { repeated: bool },
    /// A directive that may stand only once.
    Repeated { what: &'static str, first: Span },
    /// A program without an entry.
    NoEntries,
    /// A built-in with a `repeat` clause.
    BuiltInRepeated { name: &'static str },
    /// One operand for both that a `repeat` clause names.
    OperandTwice,
}

impl Mistake {
    /// A short fixed name for each kind of mistake: the tests have one program
    /// for each.
    pub(crate) const CODES: [&str; 30] = [
        "unknown-character",
        "unterminated",
        "bad-escape",
        "bad-character",
        "bad-number",
        "number-too-large",
        "expected",
        "unknown-name",
        "unknown-call",
        "unknown-field",
        "duplicate",
        "reserved",
        "used-before-definition",
        "wrong-kind",
        "result-in-expression",
        "not-a-number",
        "address-arithmetic",
        "shift-too-far",
        "out-of-range",
        "bad-alignment",
        "too-many-arguments",
        "operand-count",
        "branch-twice",
        "destination-twice",
        "jump-too-far",
        "needs-fuel",
        "repeated",
        "no-entries",
        "built-in-repeated",
        "operand-twice",
    ];

    /// The fixed name of this kind of mistake.
    pub(crate) const fn code(&self) -> &'static str {
        let index = match self {
            Self::UnknownCharacter(_) => 0,
            Self::Unterminated(_) => 1,
            Self::BadEscape => 2,
            Self::BadCharacter => 3,
            Self::BadNumber => 4,
            Self::NumberTooLarge => 5,
            Self::Expected { .. } => 6,
            Self::UnknownName { .. } => 7,
            Self::UnknownCall { .. } => 8,
            Self::UnknownField { .. } => 9,
            Self::Duplicate { .. } => 10,
            Self::Reserved { .. } => 11,
            Self::UsedBeforeDefinition { .. } => 12,
            Self::WrongKind { .. } => 13,
            Self::ResultInExpression { .. } => 14,
            Self::NotANumber => 15,
            Self::AddressArithmetic => 16,
            Self::ShiftTooFar => 17,
            Self::OutOfRange { .. } => 18,
            Self::BadAlignment => 19,
            Self::TooManyArguments { .. } => 20,
            Self::OperandCount { .. } => 21,
            Self::BranchTwice { .. } => 22,
            Self::DestinationTwice => 23,
            Self::JumpTooFar { .. } => 24,
            Self::NeedsFuel { .. } => 25,
            Self::Repeated { .. } => 26,
            Self::NoEntries => 27,
            Self::BuiltInRepeated { .. } => 28,
            Self::OperandTwice => 29,
        };
        Self::CODES[index]
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::UnknownCharacter(character) => format!("unknown character {character:?}"),
            Self::Unterminated(what) => format!("{what} has no closing quote"),
            Self::BadEscape => "unknown escape sequence".into(),
            Self::BadCharacter => "a character literal holds exactly one byte".into(),
            Self::BadNumber => "not a number".into(),
            Self::NumberTooLarge => "the number does not fit 64 bits".into(),
            Self::Expected { expected, found } => format!("expected {expected}, found {found}"),
            Self::UnknownName { name, wanted, .. } => format!("no {wanted} is named `{name}`"),
            Self::UnknownCall { name, .. } => {
                format!("no system call or built-in is named `{name}`")
            }
            Self::UnknownField { name, .. } => format!("`{name}` is not known"),
            Self::Duplicate { name, .. } => format!("`{name}` is defined twice"),
            Self::Reserved { name, meaning } => {
                format!("`{name}` cannot be a name: it is {meaning}")
            }
            Self::UsedBeforeDefinition { name, .. } => {
                format!("`{name}` is needed here but defined later")
            }
            Self::WrongKind { name, is, wanted } => {
                format!("`{name}` is {is}, but {wanted} is needed here")
            }
            Self::ResultInExpression { name } => {
                format!("the result `{name}` is known only while the batch runs")
            }
            Self::NotANumber => "an address stands where a number is needed".into(),
            Self::AddressArithmetic => "addresses cannot be combined like this".into(),
            Self::ShiftTooFar => "shift by 64 bits or more".into(),
            Self::OutOfRange { what, .. } => format!("{what} is out of range"),
            Self::BadAlignment => "an alignment is a power of two up to 4096".into(),
            Self::TooManyArguments {
                given,
                repeated: false,
            } => format!("{given} arguments, but a system call has at most 6"),
            Self::TooManyArguments {
                given,
                repeated: true,
            } => format!("{given} arguments, but a repeated system call has at most 5"),
            Self::OperandCount { name, takes, given } => format!(
                "{name} takes {takes} operand{}, but {given} {} given",
                if *takes == 1 { "" } else { "s" },
                if *given == 1 { "is" } else { "are" }
            ),
            Self::BranchTwice { which } => format!("two targets for {which} results"),
            Self::DestinationTwice => "two destinations for one result".into(),
            Self::JumpTooFar { offset } => {
                format!("the jump spans {offset} entries, more than an entry can hold")
            }
            Self::NeedsFuel { repeated: false } => {
                "a backward jump in a program without `fuel`".into()
            }
            Self::NeedsFuel { repeated: true } => {
                "a repeated call in a program without `fuel`".into()
            }
            Self::Repeated { what, .. } => format!("`{what}` is given twice"),
            Self::NoEntries => "the program has no entries".into(),
            Self::BuiltInRepeated { name } => {
                format!("{name} cannot be repeated: it is a built-in")
            }
            Self::OperandTwice => {
                "one operand cannot both point into a record and advance by the stride".into()
            }
        }
    }

    /// What was expected, to stand at the marked place.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::UnknownCharacter(_) => "starts no token",
            Self::Unterminated(_) => "opened here",
            Self::BadEscape => "not an escape",
            Self::BadCharacter => "expected one byte",
            Self::BadNumber => "expected a decimal, hexadecimal, octal or binary number",
            Self::NumberTooLarge => "expected at most 18446744073709551615",
            Self::Expected { expected, .. } => expected_label(expected),
            Self::UnknownName { .. } | Self::UnknownField { .. } => "not found",
            Self::UnknownCall { .. } => "expected the name of a call",
            Self::Duplicate { .. } | Self::Repeated { .. } => "again here",
            Self::Reserved { .. } => "expected a name of your own",
            Self::UsedBeforeDefinition { .. } => "not yet defined",
            Self::WrongKind { .. } => "wrong kind of name",
            Self::ResultInExpression { .. } => "expected constants only",
            Self::NotANumber => "expected a number",
            Self::AddressArithmetic => "expected a number",
            Self::ShiftTooFar => "expected 0 to 63",
            Self::OutOfRange { .. } => "out of range",
            Self::BadAlignment => "expected 1, 2, 4, … 4096",
            Self::TooManyArguments {
                repeated: false, ..
            } => "expected no more than 6",
            Self::TooManyArguments { repeated: true, .. } => "expected no more than 5",
            Self::OperandCount { .. } => "wrong number of operands",
            Self::BranchTwice { .. } => "second target",
            Self::DestinationTwice => "second destination",
            Self::JumpTooFar { .. } => "expected an offset of -32767 to 32767",
            Self::NeedsFuel { repeated: false } => "jumps back from here",
            Self::NeedsFuel { repeated: true } => "repeats as often as there are records",
            Self::NoEntries => "expected at least one call",
            Self::BuiltInRepeated { .. } => "expected a system call",
            Self::OperandTwice => "expected another operand",
        }
    }

    /// What to do about it, if there is more to say.
    pub(crate) fn hint(&self) -> Option<String> {
        let similar_name = |similar: &Option<String>| {
            similar
                .as_ref()
                .map(|name| format!("did you mean `{name}`?"))
        };
        Some(match self {
            Self::BadEscape => {
                r#"the escapes are \n \t \r \a \b \f \v \e \\ \" \' \xHH and up to three octal digits"#
                    .into()
            }
            Self::BadNumber => "write 420, 0x1a4, 0o644, 0644 or 0b110".into(),
            Self::Unterminated(_) => "a literal ends on its own line; write \\n for a newline".into(),
            Self::UnknownName { similar, .. } => return similar_name(similar),
            Self::UnknownCall { similar, .. } => similar_name(similar).unwrap_or_else(|| {
                "a call without a name is written `syscall_NUMBER(…)`; \
                 built-ins are in capitals, such as `ADD`"
                    .into()
            }),
            Self::UnknownField { known, .. } => format!("known are {known}"),
            Self::UsedBeforeDefinition { .. } => "move the definition up".into(),
            Self::ResultInExpression { .. } => {
                "compute it with a built-in (ADD, SUB, …) and use that result".into()
            }
            Self::AddressArithmetic => {
                "an address plus or minus a number, and the difference of two addresses \
                 of the same kind, are all there is"
                    .into()
            }
            Self::OutOfRange { lowest, highest, .. } => {
                format!("allowed is {lowest} to {highest}")
            }
            Self::JumpTooFar { .. } => "jump to a `goto` on the way".into(),
            Self::NeedsFuel { .. } => {
                "say how many steps may be made, with a line such as `fuel 100000`".into()
            }
            Self::TooManyArguments { repeated: true, .. } => {
                "the entry says in the place of the last how it is repeated".into()
            }
            Self::BuiltInRepeated { .. } => "repeat it with a branch that leads back to it".into(),
            Self::OperandTwice => {
                "with a stride of 0 any other operand can stand here, for it stays as it is".into()
            }
            Self::WrongKind { name, is, wanted } if *is == "a label" && *wanted == "a value" => {
                format!("the address of an entry is written `&{name}`")
            }
            Self::WrongKind { is, wanted, .. }
                if *is == "a result" && *wanted == "a constant address" =>
            {
                "only a constant address can be a memory operand; LOAD8 reads through a result".into()
            }
            _ => return None,
        })
    }

    /// A second place that belongs to the mistake, with its label.
    pub(crate) const fn context(&self) -> Option<(Span, &'static str)> {
        match self {
            Self::Duplicate { first, .. } => Some((*first, "first defined here")),
            Self::Repeated { first, .. } => Some((*first, "first given here")),
            Self::UsedBeforeDefinition { definition, .. } => Some((*definition, "defined here")),
            _ => None,
        }
    }
}

/// The label for [`Mistake::Expected`]: the message has said it, so it is
/// short.
fn expected_label(expected: &'static str) -> &'static str {
    if expected.len() <= 40 {
        expected
    } else {
        "unexpected"
    }
}
