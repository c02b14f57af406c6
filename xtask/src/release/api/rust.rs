//! The API of a crate, as rustdoc knows it: no macro and no re-export hides anything
//! from it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use public_api::Builder;

use crate::paths;
use crate::process;
use crate::release::toolchain::Toolchain;

/// The Rust whose rustdoc writes what the version of `public-api` in Cargo.toml reads.
/// Its format is no promise, and so each goes with the other.
pub(super) const VERSION: &str = "1.95";

const LIMIT: Duration = Duration::from_secs(10 * 60);

/// What only the compiler's own library may name, and so nobody relies on.
const UNSTABLE: [&str; 2] = ["core::marker::Freeze", "core::marker::UnsafeUnpin"];

/// Each public item of a crate and each trait that one has, a line each.
pub(super) fn api(package: &str, toolchain: &Toolchain) -> Result<String> {
    let name = package.replace('-', "_");
    // Apart from other builds: what the variable changes is built again for it.
    let target = paths::cargo_target().join("api");
    let mut command = toolchain.cargo();
    command.env("CARGO_TARGET_DIR", &target);
    // For this crate alone: it is what a stable rustdoc writes JSON for.
    command.env("RUSTC_BOOTSTRAP", &name);
    command.args(["rustdoc", "--package", package, "--lib", "--locked", "--"]);
    command.args(["-Zunstable-options", "--output-format", "json"]);
    process::run(
        &format!("the API of {package}"),
        &format!("api-{package}"),
        LIMIT,
        &mut command,
    )?;
    let json = target.join("doc").join(format!("{name}.json"));
    let api = Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .build()
        .with_context(|| format!("can't understand {}", json.display()))?;
    let mut text = format!(
        "# The public API of the crate {package}, by `cargo xtask api --update`.\n\
         # Traits that every type has because of others are left out.\n\n"
    );
    for item in api.items() {
        let line = item.to_string();
        if !UNSTABLE
            .iter()
            .any(|name| line.contains(&format!(" {name} for ")))
        {
            text += &line;
            text.push('\n');
        }
    }
    Ok(text)
}
