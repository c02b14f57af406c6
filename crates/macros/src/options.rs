//! Options, and what is to be seen of a function's type.

use crate::pure::identifiers;
use syn::parse::ParseStream;
use syn::{Error, GenericArgument, Ident, PathArguments, ReturnType, Token, Type};

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// A batch that is split is an error.
    pub(crate) deny_split: bool,
    /// What is combined is told when it is compiled.
    pub(crate) explain: bool,
}

impl Options {
    /// Those in the parentheses of the attribute.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let words = input.parse_terminated(<Ident as syn::ext::IdentExt>::parse_any, Token![,])?;
        for word in words {
            options.set(&word)?;
        }
        Ok(options)
    }

    /// Those at the beginning of a block, like `#![explain]`.
    pub(crate) fn inner(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        for attribute in input.call(syn::Attribute::parse_inner)? {
            options.set(attribute.meta.path().require_ident()?)?;
        }
        Ok(options)
    }

    fn set(&mut self, word: &Ident) -> syn::Result<()> {
        let option = match word.to_string().as_str() {
            "deny_split" => &mut self.deny_split,
            "explain" => &mut self.explain,
            other => {
                return Err(Error::new(
                    word.span(),
                    format!(
                        "`{other}` is no option of `combine`; it has `deny_split` and `explain`"
                    ),
                ));
            }
        };
        if std::mem::replace(option, true) {
            return Err(Error::new(word.span(), format!("`{word}` is there twice")));
        }
        Ok(())
    }
}

/// Whether the error that a function returns is one into which `?` makes a number without
/// any effect: `Errno`, or `std::io::Error`.
pub(crate) fn is_plain_error(output: &ReturnType) -> bool {
    let ReturnType::Type(_, of) = output else {
        return false;
    };
    let Some((names, arguments)) = path(of) else {
        return false;
    };
    // It could not be named where it is checked.
    if identifiers(of).contains("impl") {
        return false;
    }
    let name = |at: usize| names.iter().rev().nth(at).map(String::as_str);
    if name(0) != Some("Result") {
        return false;
    }
    let mut types = arguments.into_iter();
    match (types.next(), types.next()) {
        (Some(_), None) => name(1) == Some("io"),
        (Some(_), Some(error)) => path(error).is_some_and(|(names, _)| {
            let names: Vec<&str> = names.iter().rev().map(String::as_str).collect();
            matches!(names[..], ["Errno", ..] | ["Error", "io", ..])
        }),
        _ => false,
    }
}

/// The names of a path, and the types in the brackets after it.
fn path(of: &Type) -> Option<(Vec<String>, Vec<&Type>)> {
    let Type::Path(path) = of else {
        return None;
    };
    let segments = &path.path.segments;
    let names = segments.iter().map(|segment| segment.ident.to_string());
    let types = match &segments.last()?.arguments {
        PathArguments::AngleBracketed(brackets) => {
            let types = brackets.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(of) => Some(of),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    };
    Some((names.collect(), types))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_without_effects_are_known() {
        let plain = |text: &str| is_plain_error(&syn::parse_str(text).unwrap());
        for text in [
            "-> io::Result<()>",
            "-> std::io::Result<usize>",
            "-> rustix::io::Result<()>",
            "-> Result<(), Errno>",
            "-> Result<u8, rustix::io::Errno>",
            "-> Result<(), std::io::Error>",
        ] {
            assert!(plain(text), "{text}");
        }
        for text in [
            "",
            "-> u8",
            "-> Result<()>",
            "-> anyhow::Result<()>",
            "-> Result<(), Error>",
            "-> io::Result<impl Read>",
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}
