//! What manual pages are about: the names in their NAME sections.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};

/// What the shared library exports.
const EXPORTS: &str = "crates/capi/libsysbatch.map";
/// Before the name of a function of an interface that came before.
const COMPAT: &str = "sysbatch_compat_";
/// Where the inline functions are.
const HEADERS: &str = "crates/capi/include";
/// Inline functions that are parts of others.
const PARTS: [&str; 5] = [
    "sysbatch_fill_close",
    "sysbatch_fill_message",
    "sysbatch_fill_stat",
    "sysbatch_first_error",
    "sysbatch_transfer",
];

/// The names that a page has, from the line after `.SH NAME`.
fn names(text: &str) -> Vec<&str> {
    let mut lines = text.lines().skip_while(|line| *line != ".SH NAME");
    let line = lines.nth(1).unwrap_or_default();
    let (names, _) = line.split_once(" \\- ").unwrap_or_default();
    names.split(", ").filter(|name| !name.is_empty()).collect()
}

/// The names of a page but that of its file.
///
/// # Errors
/// When the page can't be read.
pub(crate) fn others(page: &Path) -> Result<Vec<String>> {
    let text = read(page)?;
    let own = page.file_stem().unwrap_or_default();
    let others = names(&text).into_iter().filter(|name| own != *name);
    Ok(others.map(str::to_owned).collect())
}

/// The functions of the C library that no page of section 3 names.
///
/// # Errors
/// When a page or a header can't be read.
pub(super) fn missing(root: &Path) -> Result<Vec<String>> {
    let mut functions = functions(root)?;
    for page in super::pages(&root.join("man"))? {
        if page.extension().is_some_and(|section| section == "3") {
            for name in names(&read(&page)?) {
                functions.remove(name);
            }
        }
    }
    Ok(functions.into_iter().collect())
}

/// The functions of the C library: those that it exports, and those that are inline.
///
/// # Errors
/// When a header can't be read.
pub(crate) fn functions(root: &Path) -> Result<BTreeSet<String>> {
    let exports = read(&root.join(EXPORTS))?;
    let mut functions: BTreeSet<String> = exports
        .lines()
        .filter_map(|line| line.strip_prefix('\t')?.strip_suffix(';'))
        .filter(|name| *name != "*")
        .map(|name| name.strip_prefix(COMPAT).unwrap_or(name).to_owned())
        .collect();
    for header in super::pages(&root.join(HEADERS))? {
        if header.extension().is_some_and(|extension| extension == "h") {
            functions.extend(inline(&read(&header)?));
        }
    }
    for part in PARTS {
        functions.remove(part);
    }
    Ok(functions)
}

/// The inline functions of a header.
fn inline(header: &str) -> impl Iterator<Item = String> {
    let definitions = header.split("static inline ").skip(1);
    definitions.filter_map(|definition| {
        let (declared, _) = definition.split_once('(')?;
        let name = declared.split_whitespace().next_back()?;
        Some(name.trim_start_matches('*').to_owned())
    })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_before_the_dash() {
        let text = ".TH X 3\n.SH NAME\none, two \\- do things\n.SH LIBRARY\n";
        assert_eq!(names(text), ["one", "two"]);
        assert!(names(".TH X 3\n").is_empty());
    }

    #[test]
    fn functions_are_found() {
        let functions = functions(crate::paths::root()).unwrap();
        for name in [
            "sysbatch_open",
            "umem_add",
            "sysbatch_call",
            "sysbatch_run_many",
        ] {
            assert!(functions.contains(name), "{name}");
        }
        for name in ["sysbatch_transfer", "sysbatch_compat_batch", "*"] {
            assert!(!functions.contains(name), "{name}");
        }
    }

    #[test]
    fn each_function_has_a_page() {
        assert_eq!(missing(crate::paths::root()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_function_without_a_page_is_told() {
        let name = format!("sysbatch-names-{}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            EXPORTS,
            "X {\nglobal:\n\tone;\n\tsysbatch_compat_two;\nlocal:\n\t*;\n};\n",
        );
        write(
            "crates/capi/include/x.h",
            "static inline int64_t *\nthree(int x)\n{\n}\n",
        );
        write("man/x.3", ".SH NAME\none \\- x\n");
        write("man/x.7", ".SH NAME\ntwo \\- x\n");
        let missing = missing(&root);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(missing.unwrap(), ["three", "two"]);
    }
}
