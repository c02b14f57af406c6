//! Builds the loader, a static program at a fixed address, and leaves it where the
//! crate includes it from.
//!
//! Cargo can't build it as a binary of its own: without the standard library a
//! program has to be compiled with `panic=abort`, which is a setting of the whole
//! workspace. So the same sources that cargo compiles as a library, tests and lints
//! are compiled once more here, by the same compiler.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the loader lies: `layout::TEXT`, which a test compares.
const TEXT: &str = "0x4a5b00000000";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // A link to the sources of `sysbatch-abi`; a package has a copy of them.
    let abi = root.join("abi");
    for path in ["build.rs", "src", "loader", "abi"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-check-cfg=cfg(sysbatch_loader)");
    let target = env::var("TARGET")?;
    let loader = out.join("loader");
    if !(target.starts_with("x86_64-") && target.contains("-linux-")) {
        // Elsewhere there is no module, and `sysbatch wrap` says so.
        std::fs::write(loader, [])?;
        return Ok(());
    }
    let abi = rust(
        &target,
        &out,
        "sysbatch_abi",
        "rlib",
        &abi.join("lib.rs"),
        &[],
    )?;
    let library = rust(
        &target,
        &out,
        "sysbatch_wrap",
        "rlib",
        &root.join("src/lib.rs"),
        &[("sysbatch_abi", &abi)],
    )?;
    let archive = rust(
        &target,
        &out,
        "loader",
        "staticlib",
        &root.join("loader/main.rs"),
        &[("sysbatch_abi", &abi), ("sysbatch_wrap", &library)],
    )?;
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let mut link = Command::new(linker);
    link.args(["-nostdlib", "-nostartfiles", "-static", "-no-pie"]);
    link.arg(format!("-Wl,-Ttext-segment={TEXT}"));
    link.args([
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        "-Wl,-z,noexecstack",
        "-Wl,--undefined=_start",
        "-s",
        "-o",
    ]);
    run(link.arg(&loader).arg(&archive))
}

/// Compiles a crate for the loader.
fn rust(
    target: &str,
    out: &Path,
    name: &str,
    kind: &str,
    source: &Path,
    dependencies: &[(&str, &Path)],
) -> Result<PathBuf, Box<dyn Error>> {
    let extension = if kind == "rlib" { "rlib" } else { "a" };
    let output = out.join(format!("lib{name}.{extension}"));
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--target", target]);
    rustc.args(["--crate-name", name, "--crate-type", kind]);
    rustc.args([
        "--cfg",
        "sysbatch_loader",
        "--check-cfg",
        "cfg(sysbatch_loader, test)",
    ]);
    // A small model of addresses that does not care where it lies: relative ones.
    rustc.args(["-C", "relocation-model=pic", "-C", "panic=abort"]);
    rustc.args([
        "-C",
        "opt-level=2",
        "-C",
        "codegen-units=1",
        "-C",
        "lto=fat",
    ]);
    rustc.args(["-C", "debug-assertions=off", "--cap-lints", "warn"]);
    for (name, path) in dependencies {
        rustc
            .arg("--extern")
            .arg(format!("{name}={}", path.display()));
    }
    rustc.arg("-L").arg(out).arg("-o").arg(&output).arg(source);
    run(&mut rustc)?;
    Ok(output)
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command
        .status()
        .map_err(|error| format!("can't run {command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed with {status}").into())
    }
}
