//! The manual page sysbatch(1) and `--help` tell of the same subcommands and
//! options.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// This one is the same for all, and described once.
const HELP: &str = "--help";

/// What `sysbatch` prints with these arguments.
fn output(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sysbatch"))
        .args(arguments)
        .output()
        .expect("the command starts");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// The long options in the lines of a help text that describe one.
fn options_of_help(command: &str) -> BTreeSet<String> {
    let text = output(&[command, "--help"]);
    let lines = text.lines().map(str::trim_start);
    let descriptions = lines.filter(|line| line.starts_with('-'));
    let words = descriptions.flat_map(|line| line.split([' ', ',', '=', '[', ']']));
    let options = words.filter(|word| word.starts_with("--") && *word != HELP);
    options.map(str::to_owned).collect()
}

/// The names in the list of subcommands.
fn commands_of_help() -> BTreeSet<String> {
    let text = output(&["--help"]);
    let lines = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The long options in the title lines of the page, by subcommand.
fn page() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../../man/sysbatch.1").replace("\\-", "-");
    let mut commands: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    let mut title = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix(".SS ") {
            commands.entry(name.to_owned()).or_default();
            current = Some(name.to_owned());
        } else if line.starts_with(".SH ") {
            current = None;
        } else if let (true, Some(command)) = (title, &current) {
            let words = line.split([' ', ',', '\\']);
            let options = words.filter(|word| word.starts_with("--"));
            let known = commands.entry(command.clone()).or_default();
            known.extend(options.map(str::to_owned));
        }
        title = line == ".TP";
    }
    if cfg!(not(target_arch = "x86_64")) {
        commands.remove("wrap");
    }
    commands
}

#[test]
fn the_page_has_every_subcommand() {
    let page: BTreeSet<String> = page().into_keys().collect();
    assert_eq!(page, commands_of_help());
}

#[test]
fn the_page_has_every_option_and_no_other() {
    for (command, options) in page() {
        assert_eq!(options, options_of_help(&command), "sysbatch {command}");
    }
}
