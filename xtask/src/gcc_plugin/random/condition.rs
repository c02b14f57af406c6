//! What is done with a result.

use super::numbers::Numbers;

/// What a result is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Descriptor,
    Status,
    Length,
    Offset,
}

/// Conditions under which the function leaves, with `R` for the result.
const OF_ANY: &[&str] = &["R < 0", "R == -1", "!(R >= 0)", "R <= -1"];
const OF_STATUS: &[&str] = &["R", "R != 0"];
const OF_LENGTH: &[&str] = &[
    "R <= 0",
    "R != 4",
    "R < 1",
    "R == 0",
    "(size_t)R != size",
    "R != 16",
];

/// One for a result of a kind.
pub(super) fn condition(numbers: &mut Numbers, kind: Kind, result: &str) -> String {
    let more = match kind {
        Kind::Status => OF_STATUS,
        Kind::Length => OF_LENGTH,
        Kind::Descriptor | Kind::Offset => OF_ANY,
    };
    let text = if numbers.once_in(2) {
        numbers.one(OF_ANY)
    } else {
        numbers.one(more)
    };
    text.replace('R', result)
}
