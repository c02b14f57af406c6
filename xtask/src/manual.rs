//! The manual pages: do they format without complaint, are they of this version,
//! and is there one for each function of the C library?

pub(crate) mod names;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Fails on a page that groff complains about, or whose title line names
/// another version of the project.
pub(crate) fn check(root: &Path) -> Result<()> {
    let pages = pages(&root.join("man"))?;
    if pages.is_empty() {
        bail!("there are no manual pages in man/");
    }
    let missing = names::missing(root)?;
    if !missing.is_empty() {
        bail!("no manual page has these functions in its NAME section: {missing:?}");
    }
    for page in pages {
        let text = std::fs::read_to_string(&page)
            .with_context(|| format!("cannot read {}", page.display()))?;
        if let Some(mistake) = title_mistake(&page, &text) {
            bail!("{}: {mistake}", page.display());
        }
        let complaints = format(&page)?;
        if !complaints.is_empty() {
            bail!("groff complains about {}:\n{complaints}", page.display());
        }
    }
    Ok(())
}

/// The pages, those of every section.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        pages.push(entry?.path());
    }
    pages.sort();
    Ok(pages)
}

/// What is wrong with the title line of a page: `.TH NAME SECTION DATE
/// "sysbatch VERSION" "MANUAL"`.
fn title_mistake(page: &Path, text: &str) -> Option<String> {
    let version = concat!("\"sysbatch ", env!("CARGO_PKG_VERSION"), "\"");
    let name = page.file_stem()?.to_str()?.to_uppercase();
    let section = page.extension()?.to_str()?;
    let start = format!(".TH {name} {section} ");
    let title = text.lines().find(|line| line.starts_with(".TH "));
    match title {
        Some(line) if line.starts_with(&start) && line.contains(version) => None,
        Some(line) => Some(format!(
            "the title line is {line:?}; it has to begin with {start:?} and name {version}"
        )),
        None => Some("there is no title line (.TH)".to_owned()),
    }
}

/// Formats a page and returns what groff says about it.
fn format(page: &Path) -> Result<String> {
    let output = Command::new("groff")
        .args(["-mandoc", "-Tutf8", "-ww", "-z"])
        .arg(page)
        .output()
        .context("cannot run groff: `cargo xtask setup` installs groff-base")?;
    let mut complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        complaints += &format!("groff ended with {}", output.status);
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_the_project_pass() {
        check(crate::paths::root()).unwrap();
    }

    #[test]
    fn a_title_line_is_compared() {
        let page = Path::new("man/sysbatch.4");
        let title = |rest: &str| title_mistake(page, &format!(".TH {rest}\n"));
        let version = env!("CARGO_PKG_VERSION");
        let good = format!("SYSBATCH 4 2026-01-01 \"sysbatch {version}\" \"Manual\"");
        assert_eq!(title(&good), None);
        assert!(title(&good.replace(" 4 ", " 7 ")).is_some());
        assert!(title(&good.replace(version, "0.0.0")).is_some());
        assert!(title_mistake(page, "no title").is_some());
    }

    #[test]
    fn a_bad_page_is_complained_about() {
        let folder = std::env::temp_dir();
        let page = folder.join(format!("sysbatch-manual-{}.7", std::process::id()));
        std::fs::write(&page, ".TH BAD 7\n.SH NAME\nbad \\- \\*[nothing]\n").unwrap();
        let complaints = format(&page);
        std::fs::remove_file(&page).unwrap();
        assert!(!complaints.unwrap().is_empty());
    }
}
