//! The functions that rows are of.

use std::collections::BTreeMap;

use crate::sequence::Row;
use crate::{Frame, Object, Place, Symbols};

/// A function that rows are of.
#[derive(Debug, Clone, Default)]
pub(super) struct Located {
    /// What is known of it.
    pub(super) place: Place,
    /// The program or library that it is of.
    pub(super) object: Option<String>,
    /// Where in it the function begins.
    pub(super) address: Option<u64>,
}

/// Rows by the innermost function that is not of a language's own library: whoever reads a
/// file in Rust looks for the function that does that, and not for `std::fs::read`.
pub(super) fn located(rows: &[Row], symbols: &mut dyn Symbols) -> Vec<(Located, Row)> {
    let mut all: BTreeMap<Option<(Object, u64)>, (Located, Row)> = BTreeMap::new();
    let mut rows: Vec<_> = rows.iter().collect();
    // Which one gives the line does not depend on the order.
    rows.sort_by(|one, other| one.frames.cmp(&other.frames));
    for row in rows {
        let (frame, place) = place(&row.frames, symbols);
        let key = frame.map(|frame| (frame.object, frame.function));
        if let Some((_, sum)) = all.get_mut(&key) {
            sum.merge(row);
        } else {
            let located = Located {
                place,
                object: frame.map(|frame| symbols.object(frame.object).to_owned()),
                address: frame.map(|frame| frame.function),
            };
            all.insert(key, (located, row.clone()));
        }
    }
    all.into_values().collect()
}

/// The innermost of these functions that is not of a language's own library, or else the
/// innermost.
fn place(frames: &[Frame], symbols: &mut dyn Symbols) -> (Option<Frame>, Place) {
    let mut innermost = None;
    for &frame in frames {
        // Without inlined functions: those of the other calls may be others.
        let place = symbols.places(frame).pop().unwrap_or_default();
        if !is_of_language(&place) {
            return (Some(frame), place);
        }
        innermost.get_or_insert((Some(frame), place));
    }
    innermost.unwrap_or_default()
}

/// Whether a function is of the standard library of Rust or C++.
fn is_of_language(place: &Place) -> bool {
    let function = place.function.as_deref().unwrap_or_default();
    match place.file.as_deref() {
        Some(file) => file.starts_with("/rustc/") || file.starts_with("/usr/include/c++/"),
        None => [
            "std::", "core::", "alloc::", "<std::", "<core::", "<alloc::",
        ]
        .iter()
        .any(|beginning| function.starts_with(beginning)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: &str, file: Option<&str>) -> Place {
        Place {
            function: Some(function.to_owned()),
            file: file.map(str::to_owned),
            line: None,
        }
    }

    #[test]
    fn standard_libraries_are_told_by_their_files_or_names() {
        let std = "/rustc/0123/library/std/src/fs.rs";
        for (place, is) in [
            (of("std::fs::metadata", Some(std)), true),
            (of("std::fs::metadata", None), true),
            (of("<std::fs::File as std::io::Read>::read", None), true),
            (of("main", Some("/usr/include/c++/12/fstream")), true),
            (of("main", Some("src/main.rs")), false),
            (of("main", None), false),
            (Place::default(), false),
        ] {
            assert_eq!(is_of_language(&place), is, "{place:?}");
        }
    }
}
