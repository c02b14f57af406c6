//! What is tried: releases, lists and users, and what is to come of it.

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    Bookworm,
    Trixie,
}

impl Release {
    pub(super) const ALL: [Self; 2] = [Self::Bookworm, Self::Trixie];

    pub(super) const fn number(self) -> &'static str {
        match self {
            Self::Bookworm => "12",
            Self::Trixie => "13",
        }
    }

    /// As the archive's folders are named.
    pub(super) const fn codename(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }

    /// The day it came out, as lists of packages have it, and in seconds since
    /// 1970.
    pub(super) const fn day(self) -> (&'static str, u64) {
        match self {
            Self::Bookworm => ("Sat, 10 Jun 2023 08:53:33 UTC", 1_686_387_213),
            Self::Trixie => ("Sat, 09 Aug 2025 09:27:27 UTC", 1_754_731_647),
        }
    }
}

/// The state of the machine's sources and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// All suites, `apt-get update` just run.
    Current,
    /// All suites, `apt-get update` last run on the day of the release.
    Released,
    /// Only the main suite is in the sources, `apt-get update` just run.
    NoSecurity,
}

impl Lists {
    const ALL: [Self; 3] = [Self::Current, Self::Released, Self::NoSecurity];

    const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Released => "released",
            Self::NoSecurity => "nosecurity",
        }
    }
}

/// Who sits at the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    Root,
    /// An ordinary user whom `sudo` asks no password.
    Sudoer,
    /// An ordinary user on a machine without `sudo`.
    Ordinary,
}

impl Person {
    const ALL: [Self; 3] = [Self::Root, Self::Sudoer, Self::Ordinary];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Sudoer => "sudoer",
            Self::Ordinary => "ordinary",
        }
    }
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The README's `cargo xtask demo`.
    Demo,
    /// The README's `cargo xtask test`.
    Test,
    /// As root the line that the step before ended with.
    Line,
    /// `cargo xtask package`.
    Package,
    /// One of the lines of [`packages`](super::packages).
    Install,
    Use,
    Boot,
    Upgrade,
    Remove,
}

impl Typed {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Test => "test",
            Self::Line => "line",
            Self::Package => "package",
            Self::Install => "install",
            Self::Use => "use",
            Self::Boot => "boot",
            Self::Upgrade => "upgrade",
            Self::Remove => "remove",
        }
    }

    /// A part of the line that its output comes down to, for the first two as the
    /// README shows it.
    pub(super) const fn promise(self) -> &'static str {
        match self {
            Self::Demo => "fewer crossings than call by call",
            Self::Test => " passed, 0 failed",
            Self::Line => "",
            Self::Package => "/sysbatch_0.1.0_amd64.deb",
            Self::Install => "Setting up sysbatch-dkms (0.1.0)",
            Self::Use => "all of it works",
            Self::Boot => "it works in Linux ",
            Self::Upgrade => "the newer one works",
            Self::Remove => "nothing of it is left",
        }
    }
}

/// What is to come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It ends with success and prints what the README promises.
    Passes,
    /// It ends with an error that has these words in it, before it has put
    /// anything large on the machine.
    RefusesNaming(&'static str),
}

/// One thing typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) typed: Typed,
    pub(super) expect: Expect,
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The README's commands.
    Readme,
    /// The Debian packages: built, installed, used, booted with, upgraded and removed.
    Packages,
}

/// A fresh machine and what is typed there, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) about: About,
    pub(super) release: Release,
    pub(super) lists: Lists,
    pub(super) person: Person,
    pub(super) steps: Vec<Step>,
}

impl Case {
    pub(super) fn name(&self) -> String {
        if self.about == About::Packages {
            return format!("{}-packages", self.release.number());
        }
        format!(
            "{}-{}-{}",
            self.release.number(),
            self.lists.name(),
            self.person.name()
        )
    }
}

/// What both commands do when they may install packages.
const fn outcome(release: Release, lists: Lists) -> Expect {
    match (release, lists) {
        // The 6.12 kernel of Debian 12 is in that suite alone.
        (Release::Bookworm, Lists::NoSecurity) => Expect::RefusesNaming("security"),
        _ => Expect::Passes,
    }
}

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for release in Release::ALL {
        for lists in Lists::ALL {
            for person in Person::ALL {
                // What somebody without any right is told depends on no list.
                if person == Person::Ordinary && lists != Lists::Current {
                    continue;
                }
                cases.push(Case {
                    about: About::Readme,
                    release,
                    lists,
                    person,
                    steps: steps(person, outcome(release, lists)),
                });
            }
        }
        cases.push(packages(release));
    }
    cases
}

fn packages(release: Release) -> Case {
    let typed = [
        Typed::Package,
        Typed::Install,
        Typed::Use,
        Typed::Boot,
        Typed::Upgrade,
        Typed::Remove,
    ];
    Case {
        about: About::Packages,
        release,
        lists: Lists::Current,
        person: Person::Root,
        steps: typed
            .map(|typed| Step {
                typed,
                expect: Expect::Passes,
            })
            .to_vec(),
    }
}

fn steps(person: Person, outcome: Expect) -> Vec<Step> {
    let step = |typed, expect| Step { typed, expect };
    match (person, outcome) {
        (Person::Root, _) => vec![step(Typed::Demo, outcome), step(Typed::Test, outcome)],
        (Person::Ordinary, Expect::Passes) => vec![
            step(Typed::Demo, Expect::RefusesNaming("type")),
            step(Typed::Line, Expect::Passes),
            step(Typed::Demo, Expect::Passes),
        ],
        (Person::Sudoer | Person::Ordinary, _) => vec![step(Typed::Demo, outcome)],
    }
}

/// The cases that `name` means: one by its whole name, several by its first
/// parts.
pub(super) fn named<'a>(cases: &'a [Case], name: &str) -> Vec<&'a Case> {
    let begins = |full: &str| {
        full.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    cases.iter().filter(|case| begins(&case.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::{About, Expect, Person, Typed, cases, named};

    #[test]
    fn a_name_means_one_case_and_its_beginning_several() {
        let cases = cases();
        assert_eq!(named(&cases, "12-released-root").len(), 1);
        assert_eq!(named(&cases, "12-released").len(), 2);
        assert_eq!(named(&cases, "13").len(), 8);
        assert_eq!(named(&cases, "13-packages").len(), 1);
        assert!(named(&cases, "1").is_empty());
        assert!(named(&cases, "").is_empty());
    }

    #[test]
    fn the_versions_are_of_this_project() {
        let version = env!("CARGO_PKG_VERSION");
        for typed in [Typed::Package, Typed::Install] {
            assert!(typed.promise().contains(version), "{typed:?}");
        }
    }

    #[test]
    fn the_readme_shows_what_is_looked_for() {
        let readme = include_str!("../../../README.md");
        for typed in [Typed::Demo, Typed::Test] {
            assert!(readme.contains(typed.promise()), "{typed:?}");
        }
    }

    #[test]
    fn root_types_both_commands_in_every_kind_of_lists() {
        let cases = cases();
        let of_root: Vec<_> = cases
            .iter()
            .filter(|case| case.about == About::Readme && case.person == Person::Root)
            .collect();
        assert_eq!(of_root.len(), 6);
        for case in of_root {
            let typed: Vec<Typed> = case.steps.iter().map(|step| step.typed).collect();
            assert_eq!(typed, [Typed::Demo, Typed::Test]);
        }
    }

    #[test]
    fn who_may_not_install_is_told_what_root_is_to_type() {
        for case in cases() {
            if case.person != Person::Ordinary || case.steps.len() == 1 {
                continue;
            }
            let expected: Vec<Expect> = case.steps.iter().map(|step| step.expect).collect();
            assert_eq!(
                expected,
                [
                    Expect::RefusesNaming("type"),
                    Expect::Passes,
                    Expect::Passes
                ]
            );
        }
    }
}
