//! What crates.io and docs.rs show of a crate, and what its package holds.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What has to be in each package.
const FILES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];
/// What it may hold beside them and what cargo adds.
const FOLDERS: [&str; 4] = ["abi/", "examples/", "loader/", "src/"];
/// What cargo adds, and a build script.
const OTHERS: [&str; 5] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "build.rs",
];

/// A package as `cargo metadata` tells of it.
#[derive(Default, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    version: String,
    /// The registries it may go to: all, if there is no list.
    publish: Option<Vec<String>>,
    description: Option<String>,
    license: Option<String>,
    repository: Option<String>,
    documentation: Option<String>,
    readme: Option<String>,
    rust_version: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    targets: Vec<Target>,
    metadata: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct Target {
    kind: Vec<String>,
}

impl Package {
    pub(super) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|list| !list.is_empty())
    }

    /// The folder in its package.
    pub(super) fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// What its manifest lacks.
    pub(super) fn faults(&self) -> Vec<String> {
        let one = [
            ("description", &self.description),
            ("license", &self.license),
            ("repository", &self.repository),
            ("documentation", &self.documentation),
            ("readme", &self.readme),
            ("rust-version", &self.rust_version),
        ];
        let several = [
            ("keywords", &self.keywords),
            ("categories", &self.categories),
        ];
        let missing = one.iter().filter(|(_, value)| value.is_none());
        let mut names: Vec<&str> = missing.map(|(name, _)| *name).collect();
        let missing = several.iter().filter(|(_, values)| values.is_empty());
        names.extend(missing.map(|(name, _)| name));
        let is_library = |target: &Target| target.kind.iter().any(|kind| kind == "lib");
        let docs_rs = self
            .metadata
            .as_ref()
            .and_then(|all| all.pointer("/docs/rs"));
        if self.targets.iter().any(is_library) && docs_rs.is_none() {
            names.push("package.metadata.docs.rs");
        }
        let mut faults: Vec<String> = names
            .iter()
            .map(|name| format!("its Cargo.toml has no `{name}`"))
            .collect();
        // What crates.io takes no more of.
        for (name, values) in several.iter().filter(|(_, values)| values.len() > 5) {
            faults.push(format!("it has {} {name}, and 5 is the most", values.len()));
        }
        faults
    }
}

/// What is missing in a package, and what does not belong there.
pub(super) fn faults_of_files(files: &BTreeSet<String>) -> Vec<String> {
    let missing = FILES.iter().filter(|name| !files.contains(**name));
    let missing = missing.map(|name| format!("its package lacks {name}"));
    let strange = files.iter().filter(|file| {
        !FOLDERS.iter().any(|folder| file.starts_with(folder))
            && !FILES.contains(&file.as_str())
            && !OTHERS.contains(&file.as_str())
    });
    let strange = strange.map(|file| {
        format!("its package has {file}, which does not belong there: see `include` in Cargo.toml")
    });
    missing.chain(strange).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> serde_json::Value {
        serde_json::json!({
            "name": "a", "version": "0.1.0", "publish": null, "description": "d", "license": "MIT",
            "repository": "r", "documentation": "d", "readme": "README.md",
            "rust_version": "1.88", "keywords": ["k"], "categories": ["c"],
            "targets": [{ "kind": ["lib"] }], "metadata": { "docs": { "rs": {} } },
        })
    }

    fn faults(manifest: serde_json::Value) -> Vec<String> {
        let package: Package = serde_json::from_value(manifest).expect("a package");
        package.faults()
    }

    #[test]
    fn each_part_that_is_missing_is_told() {
        assert_eq!(faults(whole()), Vec::<String>::new());
        for (part, name) in [
            ("description", "`description`"),
            ("documentation", "`documentation`"),
            ("readme", "`readme`"),
            ("rust_version", "`rust-version`"),
            ("keywords", "`keywords`"),
            ("metadata", "`package.metadata.docs.rs`"),
        ] {
            let mut manifest = whole();
            manifest.as_object_mut().expect("an object").remove(part);
            let faults = faults(manifest);
            assert!(faults.len() == 1 && faults[0].contains(name), "{faults:?}");
        }
    }

    #[test]
    fn a_program_needs_nothing_of_docs_rs_and_six_keywords_are_too_many() {
        let mut manifest = whole();
        manifest["metadata"] = serde_json::Value::Null;
        manifest["targets"] = serde_json::json!([{ "kind": ["bin"] }]);
        assert_eq!(faults(manifest.clone()), Vec::<String>::new());
        manifest["keywords"] = serde_json::json!(["a", "b", "c", "d", "e", "f"]);
        assert_eq!(faults(manifest), ["it has 6 keywords, and 5 is the most"]);
    }

    #[test]
    fn a_package_that_is_kept_here_is_not_published() {
        let mut manifest = whole();
        manifest["publish"] = serde_json::json!([]);
        let package: Package = serde_json::from_value(manifest).expect("a package");
        assert!(!package.is_published());
    }

    #[test]
    fn left_overs_of_tests_are_told() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let mut names = vec!["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
        assert_eq!(faults_of_files(&list(&names)), Vec::<String>::new());
        names.push("proptest-regressions/a.txt");
        assert_eq!(faults_of_files(&list(&names)).len(), 1);
        assert_eq!(faults_of_files(&list(&names[1..4])).len(), 1);
    }
}
