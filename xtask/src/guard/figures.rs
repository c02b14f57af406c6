//! The figures as they are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::place::Place;

/// What counts depend on beside the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conditions {
    /// The Rust compiler's own words.
    pub(super) rust_compiler: String,
    /// The C compiler's, where C is part of what is counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) c_compiler: Option<String>,
    /// The kernel's release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) kernel: Option<String>,
    /// The emulator, whose processor the kernel adapts itself to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) emulator: Option<String>,
}

impl Conditions {
    /// What is not the same, in words; nothing if all is.
    pub(super) fn differences(&self, here: &Self) -> Vec<String> {
        let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let pairs = [
            (self.rust_compiler.clone(), here.rust_compiler.clone()),
            (optional(&self.c_compiler), optional(&here.c_compiler)),
            (optional(&self.kernel), optional(&here.kernel)),
            (optional(&self.emulator), optional(&here.emulator)),
        ];
        let different = pairs.into_iter().filter(|(theirs, ours)| theirs != ours);
        different
            .map(|(theirs, ours)| format!("`{ours}` instead of `{theirs}`"))
            .collect()
    }
}

/// The figures of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) conditions: Conditions,
    /// How many instructions what is named so takes.
    pub(super) instructions: BTreeMap<String, usize>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, count)) in self.instructions.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "  " };
            write!(f, "{comma}{name} {count}")?;
        }
        Ok(())
    }
}

/// The figures of all places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures(BTreeMap<Place, Record>);

impl Figures {
    /// Those in a file.
    ///
    /// # Errors
    /// When it can't be read or understood.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("can't read {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("can't understand {}", file.display()))
    }

    /// Writes them.
    ///
    /// # Errors
    /// When that can't be done.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(file, text + "\n").with_context(|| format!("can't write {}", file.display()))
    }

    /// Those of a place.
    pub(super) fn get(&self, place: Place) -> Option<&Record> {
        self.0.get(&place)
    }

    /// Puts those of a place in.
    pub(super) fn insert(&mut self, place: Place, record: Record) {
        self.0.insert(place, record);
    }
}
