//! The documentation of the wire crate, read from its source.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use syn::{Attribute, Expr, ExprLit, Item as Syntax, Lit, Meta, Visibility};

use super::reflect::{Item, Section};

/// Public items that have no counterpart in the header, with the reason.
const NOT_IN_HEADER: [(&str, &str); 10] = [
    ("Width", "its values are part of the built-ins' names"),
    (
        "is_handed_back",
        "a C program is told by the status of its batch",
    ),
    ("may_be_handed_back", "so is it here"),
    ("is_reviewed", "so is it here"),
    ("is_x32", "so is it here"),
    ("is_made_at_once", "so is it here"),
    ("never_waits", "so is it here"),
    ("NUMBER_COUNT", "it is the size of a table of the module's"),
    ("KernelSeries", "no program depends on the kernel's series"),
    ("KERNEL_SERIES", "so is it here"),
];

/// Documentation by name: `Run`, `Run::pc`, `Status::Done`, `RUN_SIZE`.
#[derive(Debug, Default)]
pub(super) struct Source {
    docs: BTreeMap<String, String>,
}

/// Reads every source file of a folder.
pub(super) fn read(folder: &Path) -> Result<Source> {
    let mut source = Source::default();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            source
                .add(&text)
                .with_context(|| format!("cannot parse {}", path.display()))?;
        }
    }
    Ok(source)
}

impl Source {
    /// The documentation of a name.
    pub(super) fn docs(&self, name: &str) -> Result<&str> {
        self.docs
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .with_context(|| format!("{name} has no documentation in crates/abi"))
    }

    /// Whether there is a public item, field or variant of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.docs.contains_key(name)
    }

    /// Fails unless the header has every public item of the crate.
    pub(super) fn check_coverage(&self, sections: &[Section]) -> Result<()> {
        let items = sections.iter().flat_map(|section| &section.items);
        let mut covered: Vec<&str> = items.filter_map(Item::rust).collect();
        covered.extend(NOT_IN_HEADER.map(|(name, _)| name));
        for name in self.docs.keys().filter(|name| !name.contains("::")) {
            if !covered.contains(&name.as_str()) {
                bail!("sysbatch_abi::{name} is not in the header: add it in xtask/src/header");
            }
        }
        for name in covered {
            if !self.knows(name) {
                bail!("the header wants sysbatch_abi::{name}, which is not there");
            }
        }
        Ok(())
    }

    /// Adds what a source file documents.
    fn add(&mut self, text: &str) -> syn::Result<()> {
        for item in syn::parse_file(text)?.items {
            match item {
                Syntax::Const(item) if public(&item.vis) => {
                    self.insert(item.ident.to_string(), &item.attrs);
                }
                Syntax::Fn(item) if public(&item.vis) => {
                    self.insert(item.sig.ident.to_string(), &item.attrs);
                }
                Syntax::Struct(item) if public(&item.vis) => {
                    for field in &item.fields {
                        if let Some(name) = &field.ident {
                            self.insert(format!("{}::{name}", item.ident), &field.attrs);
                        }
                    }
                    self.insert(item.ident.to_string(), &item.attrs);
                }
                Syntax::Enum(item) if public(&item.vis) => {
                    for variant in &item.variants {
                        let name = format!("{}::{}", item.ident, variant.ident);
                        self.insert(name, &variant.attrs);
                    }
                    self.insert(item.ident.to_string(), &item.attrs);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn insert(&mut self, name: String, attributes: &[Attribute]) {
        let lines: Vec<String> = attributes.iter().filter_map(doc_line).collect();
        self.docs.insert(name, lines.join("\n"));
    }
}

impl Item {
    /// The name of the item in the crate, if it has one.
    fn rust(&self) -> Option<&'static str> {
        match self {
            Self::Constant(item) => Some(item.rust),
            Self::Structure(item) => Some(item.rust),
            Self::Enumeration(item) => Some(item.rust),
            Self::Macro(item) => item.rust,
        }
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The text of one `///` line.
fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &meta.value
    else {
        return None;
    };
    meta.path
        .is_ident("doc")
        .then(|| text.value().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        let mut source = Source::default();
        source.add(text).unwrap();
        source
    }

    #[test]
    fn documentation_is_found_by_name() {
        let source = source(
            "/// One.\n/// Two.\npub struct S { /// Field.\n pub a: u8 }\n\
             pub enum E { /// Variant.\n V }\nconst HIDDEN: u8 = 0;",
        );
        assert_eq!(source.docs("S").unwrap(), "One.\nTwo.");
        assert_eq!(source.docs("S::a").unwrap(), "Field.");
        assert_eq!(source.docs("E::V").unwrap(), "Variant.");
        assert!(source.docs("E").is_err());
        assert!(!source.knows("HIDDEN"));
    }

    #[test]
    fn an_item_the_header_lacks_is_an_error() {
        let error = source("/// New.\npub const NEW: u8 = 0;")
            .check_coverage(&[])
            .unwrap_err();
        assert!(error.to_string().contains("NEW is not in the header"));
    }

    #[test]
    fn an_item_the_crate_lacks_is_an_error() {
        let error = source("").check_coverage(&[]).unwrap_err();
        assert!(error.to_string().contains("which is not there"));
    }
}
