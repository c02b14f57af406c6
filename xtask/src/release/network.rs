//! What has to be asked before a release, and only a network can tell.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::paths;
use crate::process::{self, cargo, output_of};
use crate::test::tally::Tally;

const LIMIT: Duration = Duration::from_secs(5 * 60);
/// To compile `cargo-deny`.
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Has the registry's side of publishing tried, and looks for advisories and more
/// about each dependency, by the rules in `deny.toml`.
///
/// # Errors
/// When `cargo-deny` is missing and can't be installed.
pub(crate) fn check() -> Result<Tally> {
    let mut tally = Tally::default();
    let mut publish = cargo();
    publish.args(["publish", "--dry-run", "--workspace", "--locked"]);
    // The step `crates` builds them.
    publish.args(["--no-verify", "--allow-dirty"]);
    tally.add(ran("the dry run of publishing", "publish", &mut publish));
    let mut deny = deny()?;
    deny.args(["--locked", "check"]);
    tally.add(ran("cargo deny", "deny", &mut deny));
    Ok(tally)
}

fn ran(what: &str, log: &str, command: &mut Command) -> Tally {
    match process::run(what, log, LIMIT, command) {
        Ok(_) => Tally::passed(1),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}

/// `cargo deny`, as it is installed or else below `target/`.
fn deny() -> Result<Command> {
    // Whose error says no more than that it is not there.
    if output_of(cargo().args(["deny", "--version"])).is_ok() {
        let mut command = cargo();
        command.arg("deny");
        return Ok(command);
    }
    let tools = paths::output().join("tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        install(&tools)?;
    }
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    Ok(command)
}

fn install(tools: &Path) -> Result<()> {
    let mut command = cargo();
    command.args(["install", "--locked", "cargo-deny", "--root"]);
    command.arg(tools);
    process::run(
        "installing cargo-deny",
        "deny-install",
        INSTALL_LIMIT,
        &mut command,
    )?;
    Ok(())
}
