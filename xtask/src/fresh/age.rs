//! Makes lists of packages look as on the day of the release.
//!
//! A mirror has only the lists of today, so these are set back:
//!
//! - A package that was updated since (`+deb12u3` or `~deb12u1` in its version)
//!   has an older version and with it a file that the archive does not have.
//! - What was added since is not there. Of this the lists tell nothing; but the
//!   toolchains for new browsers, `rustc-web` and its like, are known by name.
//! - The kernel, which gets new versions of its own, has the first of its series.

use anyhow::{Context as _, Result};

/// The package that names the kernel's newest version.
const KERNEL: &str = "linux-image-amd64";

/// The list of packages `text`, set back.
///
/// # Errors
/// When it names no kernel.
pub(super) fn list(text: &str) -> Result<String> {
    let kernel = Kernel::find(text)?;
    let mut aged = String::with_capacity(text.len());
    for stanza in text.split_inclusive("\n\n") {
        if was_added(stanza) {
            continue;
        }
        let stanza = without_updates(stanza);
        if field(&stanza, "Package").is_some_and(|name| name.starts_with("linux-")) {
            aged.push_str(&kernel.set_back(&stanza));
        } else {
            aged.push_str(&stanza);
        }
    }
    Ok(aged)
}

/// The list of what is installed, set back: else it would have newer versions
/// than the list of packages, and those of one source that belong together
/// would not fit.
pub(super) fn installed(text: &str) -> String {
    without_updates(text)
}

/// A signed list of lists, of another day and with other checksums: apt fetches
/// only lists whose checksums have changed since. Its signature is checked only
/// when it is fetched itself.
pub(super) fn release(text: &str, day: &str) -> String {
    let lines = text.lines().map(|line| {
        let checksum = line.strip_prefix(' ').and_then(|line| line.split_once(' '));
        if let Some((checksum, rest)) = checksum {
            format!(" {} {rest}\n", "0".repeat(checksum.len()))
        } else if line.starts_with("Date: ") {
            format!("Date: {day}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// The kernel's newest version.
#[derive(Debug)]
struct Kernel {
    /// `6.1.153`.
    version: String,
    /// `6.1.0-40`, or with the version in it `6.12.57+deb13`.
    interface: String,
}

impl Kernel {
    fn find(list: &str) -> Result<Self> {
        let stanza = list
            .split("\n\n")
            .find(|stanza| field(stanza, "Package") == Some(KERNEL))
            .with_context(|| format!("the list of packages has no {KERNEL} to set back"))?;
        let version = field(stanza, "Version").and_then(|version| version.split('-').next());
        let interface = field(stanza, "Depends")
            .and_then(|depends| depends.strip_prefix("linux-image-"))
            .and_then(|name| name.split_once("-amd64"));
        let (version, (interface, _)) = version.zip(interface).with_context(|| {
            format!("{KERNEL} is not described as it was when this was written:\n{stanza}")
        })?;
        Ok(Self {
            version: version.to_owned(),
            interface: interface.to_owned(),
        })
    }

    fn set_back(&self, stanza: &str) -> String {
        let stanza = stanza.replace(&self.interface, &first(&self.interface));
        stanza.replace(&self.version, &first(&self.version))
    }
}

/// The first of its series: with 1 as the last number before a suffix.
fn first(version: &str) -> String {
    let (version, suffix) = version.split_at(version.find('+').unwrap_or(version.len()));
    let series = version.rfind(['.', '-']).map_or(0, |at| at + 1);
    format!("{}1{suffix}", &version[..series])
}

fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    stanza
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Whether a package was not in the release when it came out.
fn was_added(stanza: &str) -> bool {
    let source = field(stanza, "Source").or_else(|| field(stanza, "Package"));
    // Its version may follow in parentheses.
    let source = source.and_then(|source| source.split(' ').next());
    let version = field(stanza, "Version").and_then(|version| version.split_once("~deb"));
    source.is_some_and(|source| source.ends_with("-web"))
        && version.is_some_and(|(_, rest)| update(rest).is_some())
}

/// Of `12u3…` how long the release's number is, and all of the mark.
fn update(text: &str) -> Option<(usize, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let release = digits(text);
    let number = digits(text[release..].strip_prefix('u')?);
    (release > 0 && number > 0).then_some((release, release + 1 + number))
}

/// `text` without the `u3` of each `+deb12u3` and `~deb12u3`: a lower version.
fn without_updates(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("deb") {
        let (before, after) = rest.split_at(at + "deb".len());
        result.push_str(before);
        rest = after;
        let marked = before.ends_with("+deb") || before.ends_with("~deb");
        if marked && let Some((release, mark)) = update(after) {
            result.push_str(&after[..release]);
            rest = &after[mark..];
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::{first, list, release, without_updates};

    const LIST: &str = "\
Package: gcc-12
Version: 12.2.0-14+deb12u1
Depends: cpp-12 (= 12.2.0-14+deb12u1), libc6 (>= 2.36), debhelper
Filename: pool/main/g/gcc-12/gcc-12_12.2.0-14+deb12u1_amd64.deb

Package: rustc-web
Version: 1.78.0+dfsg1-2~deb12u3
Filename: pool/main/r/rustc-web/rustc-web_1.78.0+dfsg1-2~deb12u3_amd64.deb

Package: rust-web-src
Source: rustc-web (1.78.0+dfsg1-2)
Version: 1.78.0+dfsg1-2~deb12u3

Package: libxml2
Version: 2.9.14+dfsg-1.3~deb12u4

Package: linux-image-amd64
Version: 6.1.153-1
Depends: linux-image-6.1.0-40-amd64 (= 6.1.153-1)

Package: make
Version: 4.3-4.1
Description: has 6.1.153 in it

";

    const AGED: &str = "\
Package: gcc-12
Version: 12.2.0-14+deb12
Depends: cpp-12 (= 12.2.0-14+deb12), libc6 (>= 2.36), debhelper
Filename: pool/main/g/gcc-12/gcc-12_12.2.0-14+deb12_amd64.deb

Package: libxml2
Version: 2.9.14+dfsg-1.3~deb12

Package: linux-image-amd64
Version: 6.1.1-1
Depends: linux-image-6.1.0-1-amd64 (= 6.1.1-1)

Package: make
Version: 4.3-4.1
Description: has 6.1.153 in it

";

    #[test]
    fn what_came_after_the_release_is_set_back_or_left_out() {
        assert_eq!(list(LIST).expect("it has a kernel"), AGED);
    }

    #[test]
    fn a_list_without_a_kernel_is_refused() {
        assert!(list("Package: make\nVersion: 4.3-4.1\n\n").is_err());
    }

    #[test]
    fn the_newer_way_to_name_a_kernel_is_understood() {
        let text = "Package: linux-image-amd64\nVersion: 6.12.57-1\n\
                    Depends: linux-image-6.12.57+deb13-amd64 (= 6.12.57-1)\n\n";
        let aged = "Package: linux-image-amd64\nVersion: 6.12.1-1\n\
                    Depends: linux-image-6.12.1+deb13-amd64 (= 6.12.1-1)\n\n";
        assert_eq!(list(text).expect("it has a kernel"), aged);
    }

    #[test]
    fn only_marks_of_an_update_are_taken_off() {
        for (text, aged) in [
            ("1-2+deb12u13", "1-2+deb12"),
            ("1-2+deb12u1+b1", "1-2+deb12+b1"),
            ("1-2~deb13u2 and 3+deb13u10", "1-2~deb13 and 3+deb13"),
            ("6.12.57+deb13-amd64", "6.12.57+deb13-amd64"),
            ("deb12u1", "deb12u1"),
            ("+debu1 +deb", "+debu1 +deb"),
        ] {
            assert_eq!(without_updates(text), aged);
        }
    }

    #[test]
    fn the_first_of_a_series_ends_with_one() {
        assert_eq!(first("6.1.153"), "6.1.1");
        assert_eq!(first("6.1.0-40"), "6.1.0-1");
        assert_eq!(first("6.12.57+deb13"), "6.12.1+deb13");
    }

    #[test]
    fn a_list_of_lists_gets_another_day_and_other_checksums() {
        let text = "Suite: oldstable\nDate: Sat, 06 Sep 2025 11:16:53 UTC\nSHA256:\n \
                    0d2f 24 main/binary-amd64/Packages\n";
        let aged = "Suite: oldstable\nDate: then\nSHA256:\n \
                    0000 24 main/binary-amd64/Packages\n";
        assert_eq!(release(text, "then"), aged);
    }
}
