//! `cargo xtask test --fresh`: what the README promises to a newcomer, on fresh
//! machines of each supported release, and whether the Debian packages are good for
//! what they are for.
//!
//! A machine is a root made by debootstrap and laid under a folder of the case's
//! own, in a mount and process namespace that end with what is typed there. Its
//! kernel and its network are this machine's.

mod age;
mod base;
mod machine;
mod packages;
mod play;
mod prepare;
mod readme;
mod report;
mod root;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::ScopedJoinHandle;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::process::output_of;
use crate::progress::{Progress, print, say};
use crate::setup::{self, Purpose};
use crate::{lock, paths};

use machine::Machine;
use report::Row;
use root::Root;
use table::{Case, Release};

/// Plays the cases named in `names`, or all; true if each went as expected.
///
/// # Errors
/// When a name is not a case's, or the machines can't be made.
pub(crate) fn run(names: &[String]) -> Result<bool> {
    let all = table::cases();
    let chosen = choose(&all, names)?;
    let readme = paths::root().join("README.md");
    let readme = std::fs::read_to_string(&readme)
        .with_context(|| format!("can't read {}", readme.display()))?;
    let commands = readme::commands(&readme)?;
    // Before root is asked for, so that these folders stay the user's.
    setup::prepare(Purpose::FreshSystems, &[])?;
    let logs = paths::output().join("logs");
    std::fs::create_dir_all(&logs).with_context(|| format!("can't create {}", logs.display()))?;
    if !rustix::process::geteuid().is_root() {
        bail!(
            "only root may make and enter the roots of fresh machines\ntype: {}",
            line_for_root(names)?
        );
    }
    let home = paths::output().join("fresh");
    let _lock = lock::lock(&home)?;
    let machine = Machine::find()?;
    bundle(&home.join("project"))?;
    let began = Instant::now();
    // A release's cases share its folder of downloads, which apt locks.
    let lanes = Release::ALL.map(|release| {
        let of_release = chosen.iter().filter(move |case| case.release == release);
        of_release.copied().collect::<Vec<_>>()
    });
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let lanes = lanes.map(|cases| scope.spawn(|| lane(&machine, &home, cases, &commands)));
        let join = |lane: ScopedJoinHandle<'_, Vec<Row>>| {
            lane.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        lanes.into_iter().flat_map(join).collect()
    });
    print(&format!("\n{}", report::table(&rows).trim_end()));
    say(&format!("{:.0} s", began.elapsed().as_secs_f64()));
    Ok(rows.iter().all(|row| row.good))
}

/// Plays the cases of a release, one after another.
fn lane(
    machine: &Machine,
    home: &Path,
    cases: Vec<&Case>,
    commands: &readme::Commands,
) -> Vec<Row> {
    let played = |case: &Case| {
        let root = Root {
            machine,
            home,
            release: case.release,
            folder: home.join("cases").join(case.name()),
        };
        base::ensure(&root.base(), case.release, &commands.beforehand, machine)?;
        play(&root, case, commands)
    };
    // One machine that can't be made keeps no other from being tried.
    let rows = |case| played(case).unwrap_or_else(|error| vec![Row::unprepared(case, &error)]);
    cases.into_iter().flat_map(rows).collect()
}

/// Prepares and plays a case; what a failed one leaves is kept.
fn play(root: &Root<'_>, case: &Case, commands: &readme::Commands) -> Result<Vec<Row>> {
    let progress = Progress::start(format!("preparing {}", case.name()));
    let prepared = prepare::prepare(root, case);
    progress.end(if prepared.is_ok() { "ok" } else { "failed" });
    prepared?;
    let rows = play::play(root, case, commands);
    let size = root.size()? / 1_000_000;
    if rows.iter().all(|row| row.good) {
        paths::remove(&root.folder)?;
        say(&format!("{} took {size} MB", case.name()));
    } else {
        let folder = root.folder.display();
        say(&format!("{} took {size} MB, kept in {folder}", case.name()));
    }
    Ok(rows)
}

fn choose<'a>(all: &'a [Case], names: &[String]) -> Result<Vec<&'a Case>> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let named = table::named(all, name);
        if named.is_empty() {
            let names: Vec<String> = all.iter().map(Case::name).collect();
            bail!(
                "there is no case `{name}`; the cases are, also by their beginnings: {}",
                names.join(", ")
            );
        }
        chosen.extend(named);
    }
    chosen.dedup();
    Ok(chosen)
}

/// What an ordinary user types. Root may have no cargo on its path, and rustup
/// chooses a toolchain for each user.
fn line_for_root(names: &[String]) -> Result<String> {
    let rustc = machine::toolchain()?.join("bin/rustc");
    let program = std::env::current_exe().context("can't find this program's own file")?;
    let mut line = format!(
        "sudo env RUSTC={} {} test --fresh",
        rustc.display(),
        program.display()
    );
    for name in names {
        line += &format!(" --case {name}");
    }
    Ok(line)
}

/// Writes what is committed to a file that anyone can clone from.
fn bundle(folder: &Path) -> Result<()> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(paths::root()).args(arguments);
        git
    };
    if !output_of(&mut git(&["status", "--porcelain"]))?.is_empty() {
        say("not everything here is committed: the fresh machines have only what is");
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't create {}", folder.display()))?;
    let bundle: PathBuf = folder.join("bundle");
    let mut create = git(&["bundle", "create", "--quiet"]);
    output_of(create.arg(&bundle).arg("HEAD")).map(drop)
}
