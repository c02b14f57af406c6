//! The header of the C library: prototypes made from the functions of
//! `crates/capi/src/native`, and their comments from its documentation.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use syn::{Expr, FnArg, ItemFn, Lit, Meta, Pat, PointerMutability, ReturnType, Type};

use super::comment;

/// Where the header is, from the project's root.
const HEADER: &str = "crates/capi/include/sysbatch.h";
/// What is around the prototypes.
const FRAME: &str = "crates/capi/include/sysbatch.h.in";
/// The line of it that they replace.
const PLACE: &str = "@functions@\n";
/// The functions.
const SOURCE: &str = "crates/capi/src/native";
/// What the shared library exports.
const MAP: &str = "crates/capi/libsysbatch.map";
/// The functions of the other interfaces, which have headers of their own.
const OTHERS: &str = "crates/capi/src/history";

/// Rust types of arguments and results, and the C ones.
const TYPES: [(&str, &str); 11] = [
    ("c_int", "int"),
    ("c_uint", "unsigned int"),
    ("c_long", "long"),
    ("c_char", "char"),
    ("usize", "size_t"),
    ("u64", "uint64_t"),
    ("i64", "int64_t"),
    ("Handle", "struct sysbatch"),
    ("Run", "struct sysbatch_run"),
    ("RingHandle", "struct sysbatch_ring"),
    ("Completion", "struct sysbatch_completion"),
];

/// Columns of a line, a tab counting eight.
const COLUMNS: usize = 80;

pub(super) fn write(root: &Path) -> Result<()> {
    let path = root.join(HEADER);
    std::fs::write(&path, generate(root)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails if the header is stale, or the shared library does not export each
/// function of C and nothing else.
pub(super) fn check(root: &Path) -> Result<()> {
    let found = read(&root.join(HEADER))?;
    if let Some(line) = super::first_difference(&found, &generate(root)?) {
        bail!(
            "{HEADER}:{line} does not match crates/capi: run `cargo xtask header` and commit the \
             file"
        );
    }
    let mut expected: Vec<String> = Vec::new();
    for folder in [SOURCE, OTHERS] {
        let functions = functions(&root.join(folder))?;
        expected.extend(
            functions
                .iter()
                .map(|function| function.sig.ident.to_string()),
        );
    }
    expected.sort();
    let mut exported = exported(&read(&root.join(MAP))?);
    exported.sort();
    ensure!(
        exported == expected,
        "{MAP} exports {exported:?}, but the functions of crates/capi are {expected:?}"
    );
    Ok(())
}

/// The names that a version script makes visible.
pub(crate) fn exported(map: &str) -> Vec<String> {
    let names = map.lines().map(str::trim);
    let names = names.filter_map(|line| line.strip_suffix(';'));
    let names = names.filter(|name| name.starts_with("sysbatch_"));
    names.map(str::to_owned).collect()
}

fn generate(root: &Path) -> Result<String> {
    let frame = read(&root.join(FRAME))?;
    let mut text = String::new();
    for function in functions(&root.join(SOURCE))? {
        let name = function.sig.ident.to_string();
        text += &prototype(&function).with_context(|| format!("in {name}"))?;
        text.push('\n');
    }
    ensure!(frame.contains(PLACE), "{FRAME} has no line {PLACE:?}");
    Ok(frame.replacen(PLACE, &text, 1))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The functions of C in the sources below a folder.
fn functions(folder: &Path) -> Result<Vec<ItemFn>> {
    let mut found = Vec::new();
    for path in sources(folder)? {
        let file = syn::parse_file(&read(&path)?)
            .with_context(|| format!("cannot parse {}", path.display()))?;
        found.extend(file.items.into_iter().filter_map(|item| match item {
            syn::Item::Fn(function) if function.sig.abi.is_some() => Some(function),
            _ => None,
        }));
    }
    ensure!(
        !found.is_empty(),
        "there are no functions of C in {}",
        folder.display()
    );
    Ok(found)
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            sources.extend(self::sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

/// A function as its comment and its prototype.
fn prototype(function: &ItemFn) -> Result<String> {
    let result = match &function.sig.output {
        ReturnType::Default => "void ".to_owned(),
        ReturnType::Type(_, kind) => declared(kind, "")?,
    };
    let mut arguments = Vec::new();
    for argument in &function.sig.inputs {
        let FnArg::Typed(argument) = argument else {
            bail!("a function of C has no self");
        };
        let Pat::Ident(name) = &*argument.pat else {
            bail!("an argument has no name");
        };
        arguments.push(declared(&argument.ty, &name.ident.to_string())?);
    }
    if arguments.is_empty() {
        arguments.push("void".to_owned());
    }
    let start = format!("{result}{}(", function.sig.ident);
    Ok(comment::block(&documentation(function)?, 0) + &wrapped(&start, &arguments))
}

/// Arguments on as few lines as they need, aligned by tabs and spaces.
fn wrapped(start: &str, arguments: &[String]) -> String {
    let width = start.len();
    let indent = "\t".repeat(width / 8) + &" ".repeat(width % 8);
    let mut text = start.to_owned();
    let mut column = width;
    for (k, argument) in arguments.iter().enumerate() {
        let end = if k + 1 == arguments.len() { ");" } else { "," };
        let length = argument.len() + end.len();
        if k > 0 && column + 1 + length > COLUMNS {
            text += &format!("\n{indent}");
            column = width;
        } else if k > 0 {
            text.push(' ');
            column += 1;
        }
        text += argument;
        text += end;
        column += length;
    }
    text + "\n"
}

/// A declaration of `name` with this type, or the type before a name.
fn declared(kind: &Type, name: &str) -> Result<String> {
    let (mut kind, mut stars, mut constant) = (kind, String::new(), false);
    while let Type::Ptr(pointer) = kind {
        // Only what is pointed to at last can be constant in these functions.
        constant = matches!(pointer.mutability, PointerMutability::Const(_));
        stars.push('*');
        kind = &pointer.elem;
    }
    let Type::Path(path) = kind else {
        bail!("no C type is known for this one");
    };
    let rust = path
        .path
        .segments
        .last()
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default();
    let (_, c) = TYPES
        .iter()
        .find(|(known, _)| *known == rust)
        .with_context(|| format!("no C type is known for {rust}"))?;
    let constant = if constant { "const " } else { "" };
    Ok(format!("{constant}{c} {stars}{name}"))
}

/// The documentation without code marks, up to its first heading.
fn documentation(function: &ItemFn) -> Result<String> {
    let mut lines = Vec::new();
    for attribute in &function.attrs {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(text) = &literal.lit
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    let text = lines.join("\n");
    let text = text.split("\n# ").next().unwrap_or_default().trim();
    ensure!(!text.is_empty(), "there is no documentation");
    let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
    let text = paragraphs.collect::<Vec<_>>().join("\n").replace('`', "");
    ensure!(
        text.is_ascii() && !text.contains("[`") && !text.contains("*/"),
        "a C comment cannot hold {text:?}"
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_becomes_a_prototype() {
        let function = syn::parse_str::<ItemFn>(
            "/// Does `it`.\n///\n/// Really.\n///\n/// # Safety\n/// None.\n\
             pub unsafe extern \"C\" fn sysbatch_it(run: *const Run, out: *mut *mut Handle, \
             flags: c_uint) -> c_int {}",
        );
        assert_eq!(
            prototype(&function.unwrap()).unwrap(),
            "/*\n * Does it.\n *\n * Really.\n */\n\
             int sysbatch_it(const struct sysbatch_run *run, struct sysbatch **out,\n\
             \t\tunsigned int flags);\n"
        );
        let nothing = syn::parse_str::<ItemFn>("/// A.\npub extern \"C\" fn sysbatch_a() {}");
        assert_eq!(
            prototype(&nothing.unwrap()).unwrap(),
            "/* A. */\nvoid sysbatch_a(void);\n"
        );
    }

    #[test]
    fn an_unknown_type_is_an_error() {
        let function = syn::parse_str::<ItemFn>("/// A.\nextern \"C\" fn a(b: *mut Odd) {}");
        assert!(prototype(&function.unwrap()).is_err());
    }

    #[test]
    fn the_map_is_read() {
        let map = "/* x; */\nV {\nglobal:\n\tsysbatch_a;\n\tsysbatch_b;\nlocal:\n\t*;\n};\n";
        assert_eq!(exported(map), ["sysbatch_a", "sysbatch_b"]);
    }
}
