//! How names of the Rust crate become names of the header.
//!
//! | Rust | C |
//! | --- | --- |
//! | `struct Run` | `struct sysbatch_run` |
//! | `enum Status` | `enum sysbatch_status` |
//! | `Status::OutOfFuel` | `SYSBATCH_STATUS_OUT_OF_FUEL` |
//! | `const RUN_SIZE` | `SYSBATCH_RUN_SIZE` |

/// `OutOfFuel` as `out_of_fuel`.
pub(super) fn snake(camel: &str) -> String {
    let mut text = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The tag of a structure or enumeration.
pub(super) fn tag(rust: &str) -> String {
    format!("sysbatch_{}", snake(rust))
}

/// A constant.
pub(super) fn constant(rust: &str) -> String {
    format!("SYSBATCH_{rust}")
}

/// The name of a value of an enumeration by itself: `OutOfFuel` as
/// `OUT_OF_FUEL`, and what is in capitals already as it is.
pub(super) fn capitals(name: &str) -> String {
    if name.contains(|c: char| c.is_ascii_lowercase()) {
        snake(name).to_ascii_uppercase()
    } else {
        name.to_owned()
    }
}

/// A value of an enumeration.
pub(super) fn value(enumeration: &str, name: &str) -> String {
    let name = capitals(name);
    format!(
        "SYSBATCH_{}_{name}",
        snake(enumeration).to_ascii_uppercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_table() {
        assert_eq!(tag("Run"), "sysbatch_run");
        assert_eq!(tag("PuntReason"), "sysbatch_punt_reason");
        assert_eq!(constant("RUN_SIZE"), "SYSBATCH_RUN_SIZE");
        assert_eq!(value("Status", "OutOfFuel"), "SYSBATCH_STATUS_OUT_OF_FUEL");
        assert_eq!(value("BuiltIn", "UMEM_ADD"), "SYSBATCH_BUILT_IN_UMEM_ADD");
    }
}
