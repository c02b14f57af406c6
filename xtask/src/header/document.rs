//! Whether the tables of the documents tell the same as the compiled crate.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use sysbatch_abi::is_handed_back;

use super::names;
use super::reflect::{Enumeration, Field, Item, Section, Structure};

/// The byte tables.
const TABLES: &str = "docs/abi.md";
/// The manual page that shows the structures.
const PAGE: &str = "man/sysbatch.4";
/// The heading of the table of calls that are handed back.
const HANDED_BACK: &str = "### Calls that are always handed back";
/// Those of them that are so by their arguments: `ioctl`, `prctl`, `arch_prctl`.
const BY_ARGUMENT: [u32; 3] = [16, 157, 158];
/// No system call has a number this high.
const NUMBERS: u32 = 1024;

/// Fails on a table, or a structure in the manual page, that differs.
pub(super) fn check(root: &Path, sections: &[Section]) -> Result<()> {
    let read = |name: &str| {
        let path = root.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (tables, page) = (read(TABLES)?, read(PAGE)?);
    check_handed_back(&tables).with_context(|| format!("{TABLES} is wrong"))?;
    for item in sections.iter().flat_map(|section| &section.items) {
        match item {
            Item::Structure(item) => {
                check_table(&tables, item).with_context(|| format!("{TABLES} is wrong"))?;
                check_page(&page, item).with_context(|| format!("{PAGE} is wrong"))?;
            }
            Item::Enumeration(item) => {
                check_values(&tables, item).with_context(|| format!("{TABLES} is wrong"))?;
            }
            Item::Constant(_) | Item::Macro(_) => {}
        }
    }
    Ok(())
}

/// Compares the table under the line "`struct TAG`, SIZE bytes…".
fn check_table(text: &str, item: &Structure) -> Result<()> {
    let title = format!("`struct {}`, {} bytes", names::tag(item.rust), item.size);
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&title));
    lines
        .next()
        .with_context(|| format!("there is no line that begins with {title:?}"))?;
    let rows: Vec<Vec<&str>> = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let expected: Vec<Vec<String>> = item.fields.iter().map(row).collect();
    let found: Vec<Vec<String>> = rows
        .iter()
        .map(|cells| {
            cells
                .iter()
                .skip(1)
                .take(3)
                .map(ToString::to_string)
                .collect()
        })
        .collect();
    ensure_equal(&title, &found, &expected)
}

/// The first cells of a field's row: offset, size, name.
fn row(field: &Field) -> Vec<String> {
    vec![
        field.offset.to_string(),
        field.size.to_string(),
        format!("`{}`", field.name),
    ]
}

/// Compares the declaration `struct TAG {` … `};`.
fn check_page(text: &str, item: &Structure) -> Result<()> {
    let start = format!("struct {} {{", names::tag(item.rust));
    let mut lines = text.lines().skip_while(|line| *line != start);
    lines
        .next()
        .with_context(|| format!("there is no line {start:?}"))?;
    let found: Vec<&str> = lines
        .take_while(|line| *line != "};")
        .filter_map(|line| line.split_once(';').map(|(field, _)| field.trim()))
        .collect();
    let expected: Vec<String> = item.fields.iter().map(declaration).collect();
    ensure_equal(&start, &found, &expected)
}

/// A field as the manual page declares it; alignment is told in words there.
fn declaration(field: &Field) -> String {
    let scalar = field.kind.scalar.replace("aligned_", "");
    match field.kind.count {
        Some(count) => format!("{scalar} {}[{count}]", field.name),
        None => format!("{scalar} {}", field.name),
    }
}

/// Looks for a row that gives each value with its number.
///
/// What is called by its number alone in the tables is written
/// ``NUMBER `NAME` ``, in one cell or in two.
fn check_values(text: &str, item: &Enumeration) -> Result<()> {
    // Described in words, where each number has its meaning beside it.
    if ["Format", "Mode", "Resume"].contains(&item.rust) {
        return Ok(());
    }
    for value in &item.values {
        let name = names::capitals(value.name);
        let number = value.number.to_string().replace('-', "−");
        let cells = [format!("{number} `{name}`"), format!("{number} | `{name}`")];
        if !cells.iter().any(|cell| text.contains(cell.as_str())) {
            bail!("{}::{} has no row with {number}", item.rust, value.name);
        }
    }
    Ok(())
}

/// Compares the numbers in the table of calls that are always handed back.
fn check_handed_back(text: &str) -> Result<()> {
    let rows = text
        .lines()
        .skip_while(|line| *line != HANDED_BACK)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let cells = rows.skip(2).filter_map(|row| row.split('|').nth(2));
    let mut found = BTreeSet::new();
    for number in cells.flat_map(|cell| cell.split(',')) {
        let number: u32 = number
            .trim()
            .parse()
            .with_context(|| format!("{number:?} is not the number of a call"))?;
        found.insert(number);
    }
    let always = (0..NUMBERS).filter(|&number| is_handed_back(number, &[0; 6]));
    let expected: BTreeSet<u32> = always.chain(BY_ARGUMENT).collect();
    ensure!(
        found == expected,
        "the calls handed back are {found:?} and should be {expected:?}"
    );
    Ok(())
}

fn ensure_equal<A, B>(what: &str, found: &[A], expected: &[B]) -> Result<()>
where
    A: PartialEq<B> + std::fmt::Debug,
    B: std::fmt::Debug,
{
    let differs = |(found, expected): (&A, &B)| found != expected;
    if let Some(at) = found.iter().zip(expected).position(differs) {
        bail!("{what}: {:?} should be {:?}", found[at], expected[at]);
    }
    ensure!(
        found.len() == expected.len(),
        "{what}: it has {} fields and should have {}",
        found.len(),
        expected.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::reflect;

    fn structure(name: &str) -> Structure {
        let items = reflect::sections()
            .into_iter()
            .flat_map(|section| section.items);
        items
            .filter_map(|item| match item {
                Item::Structure(item) => Some(item),
                _ => None,
            })
            .find(|item| item.rust == name)
            .unwrap()
    }

    #[test]
    fn a_wrong_offset_is_found() {
        let tables = std::fs::read_to_string(crate::paths::root().join(TABLES)).unwrap();
        let run = structure("Run");
        check_table(&tables, &run).unwrap();
        let wrong = tables.replacen("| 80 | 4 | `resume`", "| 84 | 4 | `resume`", 1);
        assert!(check_table(&wrong, &run).is_err());
        let lacking = tables.replacen("| 84 | 4 | `reason`", "| 84 | 4 | `cause`", 1);
        assert!(check_table(&lacking, &run).is_err());
    }

    #[test]
    fn a_wrong_declaration_is_found() {
        let page = std::fs::read_to_string(crate::paths::root().join(PAGE)).unwrap();
        let entry = structure("Entry");
        check_page(&page, &entry).unwrap();
        assert!(check_page(&page.replacen("__u16 dst;", "__u32 dst;", 1), &entry).is_err());
    }

    #[test]
    fn a_call_left_out_is_found() {
        let tables = std::fs::read_to_string(crate::paths::root().join(TABLES)).unwrap();
        check_handed_back(&tables).unwrap();
        assert!(check_handed_back(&tables.replacen("| 59, 322 |", "| 59 |", 1)).is_err());
        assert!(check_handed_back(&tables.replacen("| 169 |", "| 169, 2 |", 1)).is_err());
        assert!(check_handed_back("").is_err());
    }

    #[test]
    fn a_wrong_number_is_found() {
        let item = Enumeration {
            rust: "Status",
            values: vec![reflect::Value {
                variant: "Done",
                name: "Done",
                number: 1,
            }],
        };
        check_values("| 0 | 1 `DONE` | `len` |", &item).unwrap();
        assert!(check_values("| 0 | 2 `DONE` | `len` |", &item).is_err());
    }
}
