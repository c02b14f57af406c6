//! What the suites run in their guests.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::suites::{COREUTILS_DU, GuestSuite, STRACE, SUITES};
use crate::guest::{self, Built};
use crate::library;
use crate::vm::GuestFile;

/// Builds the workspace's programs for all suites, if that was not done in this run, and
/// has `with` find them.
///
/// # Errors
/// When one can't be built, and those of `with`.
pub(super) fn with_built<T>(with: impl FnOnce(&Built) -> Result<T>) -> Result<T> {
    static BUILT: Mutex<Option<Built>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(built) = &*built {
        return with(built);
    }
    let programs: BTreeSet<_> = SUITES.iter().flat_map(|suite| suite.programs).collect();
    let tests: BTreeSet<_> = SUITES.iter().flat_map(|suite| suite.tests).collect();
    let examples: BTreeSet<_> = SUITES.iter().flat_map(|suite| suite.examples).collect();
    let all = |targets: BTreeSet<&guest::Target>| targets.into_iter().copied().collect::<Vec<_>>();
    with(built.insert(guest::build_together(
        &all(programs),
        &all(tests),
        &all(examples),
    )?))
}

impl GuestSuite {
    /// The files it needs, built if they are the workspace's.
    ///
    /// # Errors
    /// When one can't be built or found.
    pub(super) fn files(&self) -> Result<Vec<GuestFile>> {
        let mut files = with_built(|built| {
            let mut files = Vec::new();
            for (_, program) in self.programs {
                let file = built.executable(program, false)?;
                files.push(GuestFile::host(&format!("/bin/{program}"), file));
            }
            for (_, test) in self.tests {
                let file = built.executable(test, true)?;
                files.push(GuestFile::host(&format!("/tests/{test}"), file));
            }
            for (_, example) in self.examples {
                let file = built.executable(example, false)?;
                files.push(GuestFile::host(&format!("/examples/{example}"), file));
            }
            Ok(files)
        })?;
        if self.ways {
            files.push(GuestFile::host("/bin/ways", guest::build_ways()?));
        }
        if self.library {
            files.extend(library::guest_files()?);
        }
        if self.coreutils {
            let du = Path::new("/usr/bin/du");
            files.extend(GuestFile::with_libraries(du, COREUTILS_DU)?);
        }
        if self.strace {
            let strace = Path::new("/usr/bin/strace");
            files.extend(GuestFile::with_libraries(strace, STRACE)?);
        }
        Ok(files)
    }
}
