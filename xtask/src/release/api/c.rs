//! The API of the C library: its headers without comments and bodies of functions,
//! and the symbols of the shared library.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// The headers that are installed.
const HEADERS: [&str; 2] = ["crates/capi/include", "include"];
/// The exported symbols and their versions.
const MAP: &str = "crates/capi/libsysbatch.map";

/// Each declaration of the headers and each symbol, a line each.
pub(super) fn api(root: &Path) -> Result<String> {
    let mut text = "# The public API of the C library, by `cargo xtask api --update`: its \
                    headers\n# without comments and bodies of functions, and what the shared \
                    library exports.\n"
        .to_owned();
    for folder in HEADERS {
        let folder = root.join(folder);
        for header in headers(&folder)? {
            let name = header.strip_prefix(&folder).unwrap_or(&header);
            let lines = declarations(&process::text(&header)?)
                .with_context(|| format!("in {}", header.display()))?;
            text += &format!("\n# {}\n\n{}", name.display(), lines.join("\n"));
            text.push('\n');
        }
    }
    text += &format!(
        "\n# libsysbatch.so\n\n{}",
        symbols(&process::text(&root.join(MAP))?)
    );
    Ok(text)
}

/// The headers in a folder and below.
fn headers(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(headers(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "h") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// A header's declarations and directives, each in one line.
fn declarations(header: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut in_body = false;
    for part in without_comments(header)?.lines() {
        // As the headers are laid out: a function's braces begin lines.
        if in_body || part == "{" {
            in_body = part != "}";
            if let Some(rest) = (!line.is_empty()).then(|| std::mem::take(&mut line)) {
                lines.push(rest + ";");
            }
            continue;
        }
        let (words, continued) = match part.strip_suffix('\\') {
            Some(start) => (start, true),
            None => (part, false),
        };
        for word in words.split_whitespace() {
            if !(line.is_empty() || line.ends_with('(')) {
                line.push(' ');
            }
            line += word;
        }
        let ended = line.starts_with('#') || line.ends_with([';', '{', '}', ',', ':']);
        // The arguments of a function go on.
        let open = line.matches('(').count() > line.matches(')').count();
        if !continued && ended && (!open || line.starts_with('#')) {
            lines.push(std::mem::take(&mut line));
        }
    }
    ensure!(line.is_empty() && !in_body, "it ends within `{line}`");
    Ok(lines)
}

/// The text with a space for each comment.
fn without_comments(text: &str) -> Result<String> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        let (_, after) = comment.split_once("*/").context("a comment has no end")?;
        kept += before;
        kept.push(' ');
        rest = after;
    }
    Ok(kept + rest)
}

/// The symbols of a version script, with their versions, sorted.
fn symbols(map: &str) -> String {
    let mut version = "";
    let mut symbols = Vec::new();
    for line in map.lines() {
        if let Some(name) = line.strip_suffix(" {") {
            version = name;
        }
        let symbol = line.trim().strip_suffix(';');
        if let Some(symbol) = symbol.filter(|symbol| symbol.starts_with("sysbatch_")) {
            symbols.push(format!("{symbol}@{version}\n"));
        }
    }
    symbols.sort();
    symbols.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_to_a_program_is_left_out() {
        let header = "/* A. */\n#ifndef A_H\n#define A_H 1\n#define TWO(a) \\\n\t(a + \\\n\t a)\n\
                      struct a {\n\tint b; /* in ms */\n};\n\n\
                      int f(int a,\n      int b);\n\
                      static inline int g(int a)\n{\n\tif (a) {\n\t\treturn 1;\n\t}\n}\n#endif\n";
        assert_eq!(
            declarations(header).expect("declarations"),
            [
                "#ifndef A_H",
                "#define A_H 1",
                "#define TWO(a) (a + a)",
                "struct a {",
                "int b;",
                "};",
                "int f(int a, int b);",
                "static inline int g(int a);",
                "#endif",
            ]
        );
        assert!(declarations("int f(").is_err());
        assert!(declarations("int f(); /* a").is_err());
    }

    #[test]
    fn symbols_have_the_version_that_they_are_listed_under() {
        let map = "V_1 {\nglobal:\n\tsysbatch_b;\nlocal:\n\t*;\n};\n\
                   V_2 {\nglobal:\n\tsysbatch_a;\n} V_1;\n";
        assert_eq!(symbols(map), "sysbatch_a@V_2\nsysbatch_b@V_1\n");
    }
}
