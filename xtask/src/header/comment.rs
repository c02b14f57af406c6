//! Rust documentation as C comments.

use anyhow::{Context as _, Result, bail};

use super::names;
use super::source::Source;

/// Columns of a line, a tab counting eight.
const COLUMNS: usize = 80;

/// The documentation of `name` as a comment, indented by `tabs`.
pub(super) fn comment(source: &Source, name: &str, tabs: usize) -> Result<String> {
    let text = plain(source, name).with_context(|| format!("in the documentation of {name}"))?;
    Ok(block(&text, tabs))
}

/// A text as a comment, on one line if it fits.
pub(super) fn block(text: &str, tabs: usize) -> String {
    let indent = "\t".repeat(tabs);
    let one_line = format!("/* {text} */");
    if !text.contains('\n') && one_line.len() + 8 * tabs <= COLUMNS {
        return format!("{indent}{one_line}\n");
    }
    let mut comment = format!("{indent}/*\n");
    for (k, paragraph) in text.split('\n').enumerate() {
        if k > 0 {
            comment += &format!("{indent} *\n");
        }
        for line in wrap(paragraph, COLUMNS - 3 - 8 * tabs) {
            comment += &format!("{indent} * {line}\n");
        }
    }
    comment + &format!("{indent} */\n")
}

/// The documentation of `name` without mark-up, its links by their C names and
/// each paragraph on one line.
fn plain(source: &Source, name: &str) -> Result<String> {
    let owner = name.split("::").next().unwrap_or(name);
    let text = source.docs(name)?;
    let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
    let text = paragraphs.collect::<Vec<_>>().join("\n");
    let text = ascii(&without_markup(source, owner, &text)?)?;
    // "an Entry", but "a sysbatch_entry".
    let text = text.replace(" an sysbatch_", " a sysbatch_");
    if text.contains("*/") || text.contains("/*") {
        bail!("a C comment cannot hold {text:?}");
    }
    Ok(text)
}

/// Takes code marks, emphasis and links away.
fn without_markup(source: &Source, owner: &str, text: &str) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', '`', '*']) {
        let (before, mark) = rest.split_at(at);
        out += before;
        if let Some(link) = mark.strip_prefix("[`") {
            let (target, after) = link.split_once("`]").context("a link has no end")?;
            out += &linked(source, owner, target)?;
            rest = match after.strip_prefix('(') {
                Some(path) => path.split_once(')').context("a link's path has no end")?.1,
                None => after,
            };
        } else if let Some(code) = mark.strip_prefix('`') {
            let (code, after) = code.split_once('`').context("a code mark has no end")?;
            out += code;
            rest = after;
        } else if let Some(after) = mark.strip_prefix('*') {
            rest = after;
        } else {
            out += "[";
            rest = &mark[1..];
        }
    }
    Ok(out + rest)
}

/// What the target of a link is called in C.
fn linked(source: &Source, owner: &str, target: &str) -> Result<String> {
    let path = target.replace("Self::", &format!("{owner}::"));
    if !source.knows(&path) {
        bail!("the link to {target} leads nowhere");
    }
    let lower = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase());
    Ok(match path.split_once("::") {
        Some((item, field)) if lower(field) && item == owner => field.to_owned(),
        Some((item, field)) if lower(field) => format!("{field} of {}", names::tag(item)),
        Some((item, variant)) => names::value(item, variant),
        None if lower(&path) => format!("SYSBATCH_{}", path.to_ascii_uppercase()),
        None if path.chars().any(|c| c.is_ascii_lowercase()) => names::tag(&path),
        None => names::constant(&path),
    })
}

/// The few characters of the documentation that are not ASCII, spelled so.
fn ascii(text: &str) -> Result<String> {
    const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let mut out = String::new();
    let mut raised = false;
    for letter in text.chars() {
        let digit = SUPERSCRIPTS.chars().position(|c| c == letter);
        match (letter, digit) {
            (_, Some(digit)) => {
                if !raised {
                    out.push('^');
                }
                out += &digit.to_string();
            }
            ('−', _) => out.push('-'),
            ('…', _) => out += "..",
            (letter, _) if letter.is_ascii() => out.push(letter),
            (letter, _) => bail!("{letter:?} has no ASCII spelling here"),
        }
        raised = digit.is_some();
    }
    Ok(out)
}

/// Breaks a paragraph into lines of at most `columns`.
fn wrap(paragraph: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_in_ascii() {
        assert_eq!(ascii("−4095…−1, 2⁶⁴").unwrap(), "-4095..-1, 2^64");
        assert!(ascii("é").is_err());
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }

    #[test]
    fn a_short_text_takes_one_line() {
        assert_eq!(block("Short.", 1), "\t/* Short. */\n");
        assert!(block(&"long ".repeat(20), 0).starts_with("/*\n * long"));
    }

    #[test]
    fn links_become_c_names() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/abi/src");
        let source = super::super::source::read(&folder).unwrap();
        let plain = |text| without_markup(&source, "Run", text).unwrap();
        assert_eq!(plain("see [`Status`]"), "see sysbatch_status");
        assert_eq!(
            plain("[`Status::OutOfFuel`](crate::Status::OutOfFuel)"),
            "SYSBATCH_STATUS_OUT_OF_FUEL"
        );
        assert_eq!(
            plain("[`Run::pc`], [`Entry::nr`]"),
            "pc, nr of sysbatch_entry"
        );
        assert_eq!(plain("*n* is `a * b`"), "n is a * b");
        assert!(without_markup(&source, "Run", "[`Nothing`]").is_err());
    }
}
