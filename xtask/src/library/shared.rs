//! The shared library, linked from the static one.
//!
//! rustc gives a `cdylib` a version script of its own, and the linker takes
//! only one; so the symbols get their versions here.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::header::prototypes::exported;
use crate::{paths, process};

/// The name that programs are linked against, with the number of the ABI.
pub(super) const SONAME: &str = "libsysbatch.so.0";
/// The names of the exported symbols and their versions.
const MAP: &str = "crates/capi/libsysbatch.map";
/// The version in it.
const VERSION: &str = "SYSBATCH_0.1";
/// What Rust's standard library needs (`rustc --print native-static-libs`).
pub(super) const NATIVE: &[&str] = &["-lpthread", "-ldl", "-lm"];

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// Links the shared library.
pub(super) fn link(archive: &Path, library: &Path) -> Result<()> {
    let map = paths::root().join(MAP);
    let symbols = symbols(&map)?;
    let mut command = Command::new("gcc");
    command.args(["-shared", "-o"]).arg(library);
    command.arg(format!("-Wl,-soname,{SONAME}"));
    command.arg(format!("-Wl,--version-script={}", map.display()));
    command.args(["-Wl,--no-undefined", "-Wl,--no-undefined-version"]);
    command.args(["-Wl,--gc-sections", "-Wl,-z,relro,-z,now"]);
    // The functions pull in from the archive what they need, and no more.
    command.args(symbols.iter().map(|symbol| format!("-Wl,-u,{symbol}")));
    command.arg(archive).args(NATIVE).arg("-lgcc_s");
    process::run_quietly(
        "linking libsysbatch.so",
        "library-link",
        LIMIT,
        &mut command,
    )?;
    check(library, &symbols)
}

fn symbols(map: &Path) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(map).with_context(|| format!("cannot read {}", map.display()))?;
    let mut symbols = exported(&text);
    symbols.sort();
    Ok(symbols)
}

/// Sees that the library exports each symbol, in its version, and nothing
/// else.
fn check(library: &Path, symbols: &[String]) -> Result<()> {
    let table = process::output_of(Command::new("objdump").arg("-T").arg(library))?;
    let mut found = Vec::new();
    for line in table.lines().filter(|line| !line.contains("*UND*")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [.., section, _, version, name] = words[..]
            && section == ".text"
        {
            ensure!(
                version == VERSION,
                "{name} has the version {version}, not {VERSION}"
            );
            found.push(name.to_owned());
        }
    }
    found.sort();
    ensure!(
        found == symbols,
        "{} exports {found:?} instead of {symbols:?}",
        library.display()
    );
    let headers = process::output_of(Command::new("objdump").arg("-p").arg(library))?;
    ensure!(
        headers
            .lines()
            .any(|line| line.trim().starts_with("SONAME") && line.ends_with(SONAME)),
        "{} does not have the name {SONAME}",
        library.display()
    );
    Ok(())
}
