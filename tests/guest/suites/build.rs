//! Puts the corpus into the program: the guest has no other files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let corpus = root.join("../../corpus").canonicalize()?;
    println!("cargo::rerun-if-changed={}", corpus.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&corpus)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sb") {
            println!("cargo::rerun-if-changed={}", path.display());
            names.push(path);
        }
    }
    names.sort();
    let mut list = String::from("[\n");
    for path in &names {
        let name = path.file_stem().ok_or("a name")?.display();
        writeln!(list, "({:?}, include_str!({:?})),", name.to_string(), path)?;
    }
    list.push_str("]\n");
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("corpus.rs"), list)?;
    Ok(())
}
