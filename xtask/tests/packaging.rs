//! What the Debian source package says of other files of the project is true.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the project")
}

/// The rest of the only line of `text` that begins so.
fn line<'a>(text: &'a str, begin: &str) -> &'a str {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(begin));
    let rest = lines.next().expect("a line that begins so");
    assert_eq!(lines.next(), None, "several lines begin with `{begin}`");
    rest
}

#[test]
fn the_compiler_of_the_module_is_the_one_that_its_build_asks_for() {
    let least = text("kernel/rust-compiler.sh");
    let least = line(&least, "least=");
    let control = text("packaging/debian/control");
    for (package, other) in [("rustc", "rustc-web"), ("rust-src", "rust-web-src")] {
        let needed = format!(" {package} (>= {least}) | {other} (>= {least})");
        let found = control
            .lines()
            .any(|line| line.trim_end_matches(',') == needed);
        assert!(found, "no `{needed}`");
    }
    let readme = text("packaging/debian/sysbatch-dkms.README.Debian");
    assert!(readme.contains(&format!("\n{least} or later")), "{least}");
}

#[test]
fn the_cargo_that_is_asked_for_can_build_the_workspace() {
    let manifest = text("Cargo.toml");
    let version = line(&manifest, "rust-version = ").trim_matches('"');
    for path in ["packaging/debian/control", "packaging/debian/rules"] {
        let said = format!("{version} or later");
        assert!(text(path).contains(&said), "{path}: no `{said}`");
    }
}

#[test]
fn the_files_that_packages_take_from_the_tree_are_there() {
    let folder = root().join("packaging/debian");
    let mut taken = 0;
    for entry in std::fs::read_dir(folder).expect("the source package") {
        let list = entry.expect("an entry").path();
        let kind = list.extension().unwrap_or_default().to_string_lossy();
        if !["docs", "examples", "dkms"].contains(&&*kind) {
            continue;
        }
        let names = std::fs::read_to_string(&list).expect("a list");
        for name in names.lines() {
            // `FOLDER/*` and `FOLDER/*.ENDING` are all the patterns there are.
            let (folder, pattern) = name.rsplit_once('/').unwrap_or(("", name));
            let (begin, end) = pattern.split_once('*').unwrap_or((pattern, pattern));
            let mut entries = std::fs::read_dir(root().join(folder)).expect(name);
            let found = entries.any(|entry| {
                let file = entry.expect(name).file_name();
                let file = file.to_string_lossy();
                file.starts_with(begin) && file.ends_with(end)
            });
            assert!(found, "{}: there is no {name}", list.display());
            taken += 1;
        }
    }
    assert!(taken > 5, "{taken}");
}
