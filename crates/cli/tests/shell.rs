//! What the command owes to a shell: completions, a quiet end when nobody reads,
//! and no colours for whom they are not for.

#[path = "support/terminal.rs"]
mod terminal;

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use terminal::on_terminal;

const SIGPIPE: i32 = 13;

fn sysbatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysbatch"));
    command.args(arguments);
    command
}

fn text_of(arguments: &[&str]) -> String {
    let output = sysbatch(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completions_know_every_subcommand_and_its_options() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text_of(&["completions", shell]);
        for word in ["run", "check", "doctor", "bench", "du", "completions"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
        for option in ["max-depth", "fuel", "workload"] {
            assert!(script.contains(option), "{shell} does not know --{option}");
        }
    }
}

#[test]
fn bash_completes_with_them() {
    let script = "eval \"$1\"; COMP_WORDS=(sysbatch du --thr) COMP_CWORD=2; \
                  _sysbatch sysbatch --thr du; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash"])
        .arg(text_of(&["completions", "bash"]))
        .output()
        .unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let mut words: Vec<&str> = words.lines().collect();
    words.sort_unstable();
    assert_eq!(words, ["--threads", "--threshold"]);
}

/// Has a command print to a pipe without a reader: each has to end by the signal,
/// and without a word.
#[test]
fn a_broken_pipe_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program.sb");
    std::fs::write(
        &program,
        "fuel 100000\nagain: getppid()  zero again, pos again\n",
    )
    .unwrap();
    let program = program.to_str().unwrap();
    let shell = ["completions", "bash"];
    for arguments in [
        &["--help"][..],
        &["run", program],
        &["run", "--whole", program],
        &["check", "--dump", program],
        &["du", "--all", "/proc/self/fdinfo"],
        &["doctor"],
        &["doctor", "--json"],
        &shell,
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sysbatch(arguments).stdout(writer).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.signal(),
            Some(SIGPIPE),
            "{arguments:?}: {told}"
        );
        assert_eq!(told, "", "{arguments:?}");
    }
}

#[test]
fn who_reads_one_line_gets_one_line() {
    let mut child = sysbatch(&["run", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let program = "fuel 100000\nagain: getppid()  zero again, pos again\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), program.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("getppid() = "), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(SIGPIPE));
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Mistakes are coloured on a terminal, unless it can show none or nobody wants them.
#[test]
fn colours_are_for_terminals_that_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("wrong.sb");
    std::fs::write(&program, "opneat()\n").unwrap();
    let told = |variables: &[(&str, &str)]| {
        let mut command = sysbatch(&["check"]);
        command.arg(&program);
        // In a `CI` a terminal is taken for one that shows colours, whatever it says.
        for variable in ["NO_COLOR", "CI", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.env("TERM", "xterm").envs(variables.iter().copied());
        on_terminal(command)
    };
    let escape = '\u{1b}';
    assert!(told(&[]).contains(escape));
    for variables in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = told(&[variables]);
        assert!(text.contains("no system call"), "{text}");
        assert!(!text.contains(escape), "{variables:?}: {text}");
    }
    // The empty string is as good as none (no-color.org).
    assert!(told(&[("NO_COLOR", "")]).contains(escape));
}

/// It waits for three seconds, whatever the machine does, before it measures.
#[test]
fn who_waits_at_a_terminal_is_told_what_for() {
    let told = |terminal: &str| {
        let mut command = sysbatch(&["bench", "--backend", "user", "--workload", "getuid"]);
        command.args(["--settle", "3", "--rounds", "1", "--sample", "1"]);
        command.env("TERM", terminal);
        on_terminal(command)
    };
    let text = told("xterm");
    assert!(text.contains("letting the machine settle"), "{text}");
    // And it is taken back.
    assert!(text.trim_end().ends_with("\u{1b}[2K"), "{text:?}");
    assert_eq!(told("dumb"), "");
}
