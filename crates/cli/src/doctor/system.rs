//! The kernel.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

/// What the kernel says of itself.
#[derive(Debug, Serialize)]
pub(super) struct System {
    /// `uname -r`.
    pub(super) release: String,
    /// `uname -m`.
    pub(super) machine: String,
    /// What `/sys/devices/system/cpu/vulnerabilities` says, by name.
    pub(super) mitigations: BTreeMap<String, String>,
    /// The kernel's lockdown: "none", "integrity" or "confidentiality"; `None`
    /// if it does not say (`kernel_lockdown(7)`).
    pub(super) lockdown: Option<String>,
    /// Whether modules have to be signed, as far as the kernel says.
    pub(super) modules_signed: Option<bool>,
}

impl System {
    /// Looks.
    pub(super) fn look() -> Self {
        let name = rustix::system::uname();
        Self {
            release: name.release().to_string_lossy().into_owned(),
            machine: name.machine().to_string_lossy().into_owned(),
            mitigations: mitigations(),
            lockdown: fs::read_to_string("/sys/kernel/security/lockdown")
                .ok()
                .and_then(|text| chosen(&text)),
            modules_signed: fs::read_to_string("/sys/module/module/parameters/sig_enforce")
                .ok()
                .map(|text| text.trim() == "Y"),
        }
    }

    /// Whether it runs on the architecture that the module is for.
    pub(super) fn is_of_module(&self) -> bool {
        self.machine == "x86_64"
    }

    /// Whether the kernel has its own page tables, so that each crossing changes
    /// them.
    pub(super) fn has_page_table_isolation(&self) -> bool {
        self.mitigations
            .get("meltdown")
            .is_some_and(|text| text.contains("PTI"))
    }
}

/// The files of the directory, each of one line.
fn mitigations() -> BTreeMap<String, String> {
    let directory = fs::read_dir("/sys/devices/system/cpu/vulnerabilities");
    let files = directory.into_iter().flatten().flatten();
    files
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            Some((file.file_name().into_string().ok()?, text.trim().to_owned()))
        })
        .collect()
}

/// The word in brackets.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    let (word, _) = rest.split_once(']')?;
    Some(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn lockdown() {
        assert_eq!(
            chosen("none [integrity] confidentiality\n").as_deref(),
            Some("integrity")
        );
        assert_eq!(chosen(""), None);
    }
}
