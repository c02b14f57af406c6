//! The examples of the language do what they say, and tell of what they cannot
//! do: a file that is missing, a device that is full, a write that is cut
//! short.

#[path = "support/command.rs"]
mod command;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use command::{Printed, example, sysbatch};

const EXAMPLES: [&str; 5] = ["copy.sb", "count.sb", "hello.sb", "readdir.sb", "stat.sb"];

/// Runs an example in a folder of its own.
fn run_example(name: &str, options: &[&str], folder: &Path) -> Printed {
    let path = example(name);
    let arguments = [
        &["run", "--backend", "user", path.to_str().unwrap()],
        options,
    ]
    .concat();
    let printed = sysbatch(&arguments, "", folder);
    assert_eq!(
        (printed.status, printed.err.as_str()),
        (0, ""),
        "{printed:?}"
    );
    printed
}

/// The text of an example, with one string in the place of another.
fn changed(name: &str, from: &str, to: &Path) -> String {
    let text = fs::read_to_string(example(name)).unwrap();
    let from = format!("\"{from}\"");
    assert!(text.contains(&from), "{name} has no {from}");
    text.replace(&from, &format!("\"{}\"", to.display()))
}

/// A program in the document of the language.
fn documented(which: &str) -> String {
    let document = include_str!("../../../docs/assembly.md");
    let mut programs = document.split("```sb\n").skip(1);
    let program = programs.find(|rest| rest.contains(which)).unwrap();
    program.split("```").next().unwrap().to_owned()
}

/// Runs a program whose files, standard output among them, cannot become longer
/// than `limit` bytes: a write is short where it comes to that, and the next
/// one fails.
fn limited(source: &str, options: &[&str], output: &Path, limit: Option<u64>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program.sb");
    fs::write(&program, source).unwrap();
    let mut command = Command::new("env");
    // Without this the signal would end it before it could say anything.
    command.args(["--ignore-signal=XFSZ", "prlimit"]);
    let limit = limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
    command.arg(format!("--fsize={limit}"));
    command.arg(env!("CARGO_BIN_EXE_sysbatch"));
    command.args(["run", "--backend", "user"]).args(options);
    command.arg(program).current_dir(folder.path());
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let output = File::create(output).unwrap();
    command.stdout(output);
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[track_caller]
fn assert_failed(status: Option<i32>, err: &str, message: &str) {
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains(message), "{message}: {err}");
}

/// A program says `message` with each way of running it, and `call` is shown.
#[track_caller]
fn assert_fails(source: &str, call: &str, message: &str) {
    for options in [&[][..], &["-q"], &["--whole"]] {
        let arguments = [&["run", "--backend", "user", "-"], options].concat();
        let folder = tempfile::tempdir().unwrap();
        let printed = sysbatch(&arguments, source, folder.path());
        assert_failed(Some(printed.status), &printed.err, message);
        assert_eq!(
            printed.out.contains(call),
            options.is_empty(),
            "{printed:?}"
        );
    }
}

/// A program that writes to standard output says `message` where that is full,
/// or becomes so within what is written.
#[track_caller]
fn assert_tells_of_full_output(source: &str, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("output");
    for (file, limit) in [(Path::new("/dev/full"), None), (&file, Some(10))] {
        let output = limited(source, &["-q"], file, limit);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_failed(output.status.code(), &err, message);
    }
    assert_eq!(fs::metadata(file).unwrap().len(), 10);
}

#[test]
fn the_examples_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    for options in [&[][..], &["--whole"]] {
        let hello = run_example("hello.sb", options, folder.path());
        assert!(hello.out.contains("hello from one batch\n"));
        assert!(
            hello
                .out
                .ends_with("status EXIT, 3 steps, 1 crossing, backend user\n")
        );

        run_example("copy.sb", options, folder.path());
        let copy = folder.path().join("copy-of-passwd");
        assert_eq!(fs::read(&copy).unwrap(), fs::read("/etc/passwd").unwrap());
        fs::remove_file(copy).unwrap();
    }
    let slot = |name: &str, example: &str| {
        let printed = run_example(example, &["--whole"], folder.path());
        let line = printed
            .out
            .lines()
            .find_map(|line| line.strip_suffix(&format!("  {name}")))
            .unwrap_or_else(|| panic!("no {name}: {printed:?}"));
        line.split(" = ").nth(1).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(slot("result", "count.sb"), 55);
    assert_eq!(
        slot("size", "stat.sb"),
        fs::metadata("/etc/passwd").unwrap().len()
    );

    let listed = fs::read_dir("/etc")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let all = listed.chain(["/etc/.".into(), "/etc/..".into()]);
    let sizes = all.map(|path| fs::symlink_metadata(path).unwrap().len());
    assert_eq!(slot("total", "readdir.sb"), sizes.sum::<u64>());
}

#[test]
fn every_example_is_run_and_survives_a_dump() {
    let mut found: Vec<_> = fs::read_dir(example(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sb"))
        .collect();
    found.sort();
    assert_eq!(found, EXAMPLES);
    for name in EXAMPLES {
        let path = example(name);
        let check = |file: &str, input: &str| {
            let arguments = ["check", "--dump", "--bytes", file];
            let printed = sysbatch(&arguments, input, Path::new("/"));
            assert_eq!((printed.status, printed.err.as_str()), (0, ""));
            printed.out
        };
        let dump = check(path.to_str().unwrap(), "");
        assert_eq!(check("-", &dump), dump);
    }
}

#[test]
fn copy_tells_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let message = "copy.sb: not copied\n";
    assert_fails(
        &changed("copy.sb", "/etc/passwd", &missing),
        " = -1 ENOENT (No such file or directory)\n",
        message,
    );
    assert_fails(
        &changed("copy.sb", "copy-of-passwd", &missing.join("target")),
        " = -1 ENOENT (No such file or directory)\n",
        message,
    );
    assert_fails(
        &changed("copy.sb", "copy-of-passwd", Path::new("/dev/full")),
        " = -1 ENOSPC (No space left on device)\n",
        message,
    );

    // Short, and gone on with; what follows fails.
    let source = folder.path().join("source");
    fs::write(&source, [7; 3000]).unwrap();
    let text = changed("copy.sb", "/etc/passwd", &source);
    let target = folder.path().join("target");
    let text = text.replace("copy-of-passwd", target.to_str().unwrap());
    let trace = folder.path().join("trace");
    let output = limited(&text, &[], &trace, Some(2500));
    let err = String::from_utf8_lossy(&output.stderr);
    assert_failed(output.status.code(), &err, message);
    let trace = fs::read_to_string(trace).unwrap();
    assert!(trace.contains(", 3000) = 2500\n"), "{trace}");
    assert!(trace.contains(", 500) = -1 EFBIG "), "{trace}");
    assert_eq!(fs::metadata(target).unwrap().len(), 2500);
}

#[test]
fn what_reads_tells_of_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let call = " = -1 ENOENT (No such file or directory)\n";
    let text = changed("stat.sb", "/etc", &missing);
    assert_fails(&text, call, "stat.sb: not found\n");
    let text = changed("stat.sb", "passwd", &missing);
    assert_fails(&text, call, "stat.sb: not found\n");
    let text = changed("readdir.sb", "/etc", &missing);
    assert_fails(&text, call, "readdir.sb: not read to its end\n");
    let text = documented("STORE8").replace("/etc/passwd", missing.to_str().unwrap());
    assert_fails(&text, call, "");
}

#[test]
fn what_writes_tells_of_full_output() {
    let hello = fs::read_to_string(example("hello.sb")).unwrap();
    assert_tells_of_full_output(&hello, "hello.sb: not said\n");
    // Somebody else may have taken the port.
    let text = documented("writev").replace("be16 8080", "be16 0");
    assert_tells_of_full_output(&text, "");
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    for name in EXAMPLES {
        let text = fs::read_to_string(example(name)).unwrap();
        for options in [&[][..], &["--whole"]] {
            let output = limited(&text, options, Path::new("/dev/full"), None);
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name}: {err}");
            assert!(!err.is_empty(), "{name}");
        }
        let output = limited(&text, &[], &file, Some(10));
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {err}");
        assert!(!err.is_empty(), "{name}");
    }
}

#[test]
fn the_document_shows_what_is_printed() {
    let document = include_str!("../../../docs/assembly.md");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("copy-of-passwd")).unwrap();
    for name in ["copy.sb", "hello.sb"] {
        let path = example(name);
        let arguments = ["run", "--backend", "user", path.to_str().unwrap()];
        let printed = sysbatch(&arguments, "", folder.path());
        let mut lines: Vec<_> = printed.out.lines().map(str::to_owned).collect();
        // What the batch itself says is not part of the trace.
        lines.retain(|line| line != "hello from one batch");
        // Whoever started the test may have left descriptors open.
        if let Some((call, _)) = lines[0].split_once("O_CLOEXEC) = ") {
            lines[0] = format!("{call}O_CLOEXEC) = 3");
        }
        let block = format!("```text\n{}\n```", lines.join("\n"));
        assert!(document.contains(&block), "{block}");
    }
}
