//! The links from one document of this repository to another lead somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What is looked for in a document.
#[derive(Default)]
struct Document {
    /// Where its links lead.
    links: Vec<String>,
    /// The anchors of its headings, as the usual viewers make them.
    anchors: BTreeSet<String>,
}

fn read(path: &Path) -> Document {
    let text = std::fs::read_to_string(path).expect("a document");
    let mut document = Document::default();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                document
                    .anchors
                    .extend(heading.take().map(|title| anchor(&title)));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(title) = &mut heading {
                    title.push_str(&text);
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(dest_url.into_string());
            }
            _ => {}
        }
    }
    document
}

/// Small letters, digits, `-` and `_`; spaces become `-`, and the rest goes.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// The Markdown files of the repository's root and of `docs`.
fn documents(root: &Path) -> BTreeMap<PathBuf, Document> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned(), root.join("docs")];
    let mut index = 0;
    while let Some(folder) = folders.get(index).cloned() {
        index += 1;
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && folder != root {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let document = read(&path);
                found.insert(path, document);
            }
        }
    }
    found
}

/// `folder/relative`, without `..`.
fn join(folder: &Path, relative: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for component in Path::new(relative).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the root");
    let documents = documents(root);
    assert!(documents.len() > 10, "{} documents", documents.len());
    let mut broken = Vec::new();
    let mut seen = 0;
    for (path, document) in &documents {
        for link in document.links.iter().filter(|link| !link.contains(':')) {
            seen += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => join(path.parent().expect("a folder"), file),
            };
            let has_anchor = anchor.is_empty()
                || documents
                    .get(&target)
                    .is_some_and(|target| target.anchors.contains(anchor));
            if !target.exists() || !has_anchor {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(seen > 50, "{seen} links");
    assert!(
        broken.is_empty(),
        "these lead nowhere:\n{}",
        broken.join("\n")
    );
}

#[test]
fn anchors_are_those_of_the_usual_viewers() {
    assert_eq!(anchor("The off switch"), "the-off-switch");
    assert_eq!(anchor("An ioctl, step by step"), "an-ioctl-step-by-step");
    assert_eq!(anchor("`read_file` and 6.12"), "read_file-and-612");
}
