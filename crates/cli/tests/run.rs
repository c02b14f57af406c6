//! `sysbatch run` as a person meets it, in user space: what it prints and its
//! exit status.

#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::Path;

use command::{Printed, example, sysbatch};

/// Runs a program given as text.
fn run(source: &str, options: &[&str]) -> Printed {
    let arguments = [&["run", "--backend", "user", "-"], options].concat();
    sysbatch(&arguments, source, Path::new("/"))
}

/// The lines of a run that ends well, without the last, which tells of the run.
fn trace(source: &str) -> Vec<String> {
    let printed = run(source, &[]);
    assert_eq!(
        (printed.status, printed.err.as_str()),
        (0, ""),
        "{printed:?}"
    );
    let mut lines: Vec<_> = printed.out.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    assert!(last.starts_with("status "), "{last}");
    lines
}

#[test]
fn calls_are_shown_as_strace_shows_them() {
    let lines = trace(
        "buffer block 64\n\
             openat(AT_FDCWD, \"/no/such\", O_RDONLY|O_CLOEXEC)\n\
             in = openat(AT_FDCWD, \"/proc/sys/kernel/ostype\", O_RDONLY)\n\
             pread64(in, block, sizeof block, 1)\n\
             lseek(in, -1, SEEK_CUR)\n\
             mkdirat(AT_FDCWD, \"/\", 0755)\n\
             close(in)\n\
             syscall_4000(1, block + 3, 0, -1)\n\
             n = ADD(40, 2)\n\
             SET(n)\n\
             SET(O_CREAT|O_EXCL)\n\
             SUB(n, 50)\n\
             STORE4(block, 8, n)\n\
             LOAD1(block, 8)",
    );
    // Whoever started the test may have left descriptors open.
    let opened = lines[1].rsplit(' ').next().unwrap();
    let expected = [
        "openat(AT_FDCWD, \"/no/such\", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or \
             directory)",
        "openat(AT_FDCWD, \"/proc/sys/kernel/ostype\", O_RDONLY) = <in>",
        "pread64(<in>, \"inux\\n\", 64, 1) = 5",
        "lseek(<in>, -1, SEEK_CUR) = -1 EINVAL (Invalid argument)",
        "mkdirat(AT_FDCWD, \"/\", 0755) = -1 EEXIST (File exists)",
        "close(<in>) = 0",
        "syscall_4000(1, &block+3, 0, -1) = -1 ENOSYS (Function not implemented)",
        "ADD(40, 2) = 42",
        "SET(42) = 42",
        "SET(O_CREAT|O_EXCL) = 192",
        "SUB(42, 50) = -8",
        "STORE4(&block, 8, 42) = 42",
        "LOAD1(&block, 8) = 42",
    ];
    assert_eq!(lines, expected.map(|line| line.replace("<in>", opened)));
}

#[test]
fn operands_are_shown_as_they_are_when_the_entry_runs() {
    // The second entry gets another argument, and another slot to read.
    assert_eq!(
        trace(
            "words seen = 5, 6\n\
             STORE8(&patched, 16, 7)\n\
             patched: SET(O_EXCL)\n\
             STORE8(&other.arg1, 0, 0)\n\
             other: ADD([seen + 8], %1)"
        ),
        [
            "STORE8(&patched, 16, 7) = 7",
            "SET(7) = 7",
            "STORE8(&other+24, 0, 0) = 0",
            "ADD(6, 7) = 13",
        ]
    );
}

#[test]
fn a_repeated_call_has_a_line_for_each_record() {
    let gettid = libc::SYS_gettid;
    let mut lines = trace(&format!(
        "data records = u16 4, \"a\\0\", u16 4, \"b\\0\", u16 4, \".\\0\", u16 0\n\
         word name = records + 2\n\
         fuel 20\n\
         faccessat(-1, [name], 0) repeat(1, -2, 0, 0)\n\
         syscall_{gettid}([name], 7) repeat(0, -2, 1, 3, '.')\n\
         mmap(records + 12, 1, PROT_NONE, 0, -1) repeat(0, 0, 1, 0)\n\
         read(-1, records + 14, 1) repeat(1, -2, 0, 0)"
    ));
    // Where nothing is read to is not looked at.
    let last = lines.pop().unwrap();
    assert!(last.starts_with("read(-1, 0x"), "{last}");
    assert!(
        last.ends_with(", 1) = 0 (no call: the records end)"),
        "{last}"
    );
    let thread = lines[1].rsplit(' ').next().unwrap().to_owned();
    let expected = [
        "faccessat(-1, \"a\", F_OK) = -1 EBADF (Bad file descriptor)",
        "gettid() = <thread>",
        "gettid() = <thread>",
        "gettid() = 1 (no call: stopped at '.')",
        "mmap(&records+12, 1, PROT_NONE, 0, -1, 0) = 0 (no call: the records end)",
    ];
    assert_eq!(
        lines,
        expected.map(|line| line.replace("<thread>", &thread))
    );
}

#[test]
fn a_refused_repetition_is_explained() {
    for (source, why) in [
        (
            "SET(0)\nentry nr=39 flags=1",
            "an operand that cannot advance",
        ),
        (
            "SET(0)\nentry nr=-1 flags=1 args=0,0,0,0,0,1",
            "a built-in that is repeated",
        ),
        (
            "SET(0)\ngetpid(1) repeat(0, 0, 1, 0)",
            "or a record that a call is repeated for",
        ),
    ] {
        let printed = run(&format!("fuel 9\n{source}"), &[]);
        assert_eq!(printed.status, 1);
        assert!(
            printed.err.contains("-:3: entry 1: was refused"),
            "{printed:?}"
        );
        assert!(printed.err.contains(why), "{printed:?}");
        assert!(
            printed.out.contains("status REFUSED, 1 step, "),
            "{printed:?}"
        );
    }
}

#[test]
fn long_bytes_are_shortened() {
    let lines = trace("buffer block 100\nmemfd_create(\"x\", 0) -> %0\nwrite(%0, block, 100)");
    let zeros = "\\x00".repeat(32);
    let made = lines[0].rsplit(' ').next().unwrap();
    assert_eq!(
        lines[1],
        format!("write({made}, \"{zeros}\"..., 100) = 100")
    );
}

#[test]
fn a_call_that_never_returns_is_shown() {
    let printed = run("getuid()\nexit_group(7)", &[]);
    assert_eq!(printed.status, 7);
    assert!(printed.out.ends_with("\nexit_group(7"), "{printed:?}");
}

#[test]
fn what_the_batch_writes_stays_in_order() {
    let printed = run("write(1, \"a\\n\", 2)\nwrite(1, \"b\\n\", 2)", &[]);
    let expected = "a\nwrite(1, \"a\\n\", 2) = 2\nb\nwrite(1, \"b\\n\", 2) = 2\n\
                    status DONE, 2 steps, 2 crossings, backend user\n";
    assert_eq!(printed.out, expected);
}

#[test]
fn the_exit_status_tells_how_it_ended() {
    let endless = "fuel 3\nagain: SET(1) goto again";
    let printed = run(endless, &[]);
    assert_eq!(printed.status, 3);
    assert!(
        printed
            .out
            .ends_with("status OUT_OF_FUEL, 3 steps, 0 crossings, backend user\n")
    );
    assert!(
        printed
            .err
            .contains("-:2: entry 0: out of fuel after 3 steps"),
        "{printed:?}"
    );
    for options in [&["--fuel", "20"][..], &["--fuel", "20", "--whole"]] {
        let printed = run(endless, options);
        assert!(printed.out.contains("OUT_OF_FUEL, 20 steps"), "{printed:?}");
        assert_eq!(printed.status, 3);
    }
    assert_eq!(
        run("exit", &[]).out,
        "SET(0) = 0\nstatus EXIT, 1 step, 0 crossings, backend user\n"
    );
    assert_eq!(run("nonsense", &[]).status, 1);
    assert_eq!(sysbatch(&["run"], "", Path::new("/")).status, 2);
    let printed = sysbatch(&["run", "/no/such"], "", Path::new("/"));
    assert_eq!(printed.status, 1);
    assert_eq!(
        printed.err,
        "sysbatch: cannot read the program /no/such: No such file or directory (os error 2)\n"
    );
}

#[test]
fn an_error_of_the_batch_names_its_line() {
    for options in [&[][..], &["--whole"]] {
        let printed = run("getpid()\n\n SET([8])\ngetpid()", options);
        assert_eq!(printed.status, 1, "{printed:?}");
        assert!(
            printed
                .out
                .ends_with("status REFUSED, 1 step, 1 crossing, backend user\n")
        );
        assert!(
            printed
                .err
                .contains("-:3: entry 1: was refused: Bad address"),
            "{printed:?}"
        );
    }
    let printed = run("entry nr=-11 modes=3", &[]);
    assert!(
        printed
            .out
            .starts_with("ADD(?, 0) = ?\nstatus REFUSED, 0 steps"),
        "{printed:?}"
    );
    assert!(
        printed
            .err
            .contains("entry 0: was refused: Invalid argument"),
        "{printed:?}"
    );
    let printed = run("start 5\ngetpid()", &[]);
    assert!(
        printed.out.starts_with("status NONE, 0 steps"),
        "{printed:?}"
    );
    assert_eq!(printed.status, 1);
}

#[test]
fn a_bad_address_is_an_error_of_the_call_not_a_crash() {
    assert_eq!(
        trace("openat(AT_FDCWD, 8, 0)\nwrite(1, 0x1000, 5)"),
        [
            "openat(AT_FDCWD, 0x8, O_RDONLY) = -1 EFAULT (Bad address)",
            "write(1, 0x1000, 5) = -1 EFAULT (Bad address)",
        ]
    );
}

#[test]
fn whole_prints_the_slots() {
    let printed = run(
        "slot sum = 40\nn = SET(2)\nsum = ADD(sum, n)\nSET(&n)",
        &["--whole"],
    );
    let expected = "%0 = 2  n\n%1 = 0\n%2 = &n\n%3 = 42  sum\n\
                    status DONE, 3 steps, 0 crossings, backend user\n";
    assert_eq!(printed.out, expected);
}

#[test]
fn the_trace_goes_where_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let hello = example("hello.sb");
    let hello = hello.to_str().unwrap();
    let quiet = sysbatch(
        &["run", "--backend", "user", "-q", hello],
        "",
        folder.path(),
    );
    assert_eq!(
        (quiet.out.as_str(), quiet.err.as_str()),
        ("hello from one batch\n", "")
    );
    let arguments = ["run", "--backend", "user", "-o", "trace", hello];
    let filed = sysbatch(&arguments, "", folder.path());
    assert_eq!(filed.out, "hello from one batch\n");
    assert_eq!(
        fs::read_to_string(folder.path().join("trace")).unwrap(),
        "write(1, \"hello from one batch\\n\", 21) = 21\nSUB(21, sizeof hello - 1) = 0\n\
         SET(0) = 0\nstatus EXIT, 3 steps, 1 crossing, backend user\n"
    );
}

/// The lines of JSON that a run prints.
fn records(source: &str, options: &[&str]) -> Vec<serde_json::Value> {
    let printed = run(source, &[&["--json"], options].concat());
    assert_eq!((printed.status, printed.err.as_str()), (0, ""));
    let lines = printed.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const PROGRAM: &str = "buffer block 8\n\
                       in = openat(AT_FDCWD, \"/no/such\", O_RDONLY)\n\
                       n = ADD(40, 2)\n";

#[test]
fn steps_are_told_as_json() {
    let expected = [
        serde_json::json!({
            "entry": 0, "line": 2, "call": "openat",
            "arguments": ["AT_FDCWD", "\"/no/such\"", "O_RDONLY"],
            "result": -2, "error": "ENOENT", "no_call": null,
        }),
        serde_json::json!({
            "entry": 1, "line": 3, "call": "ADD", "arguments": ["40", "2"],
            "result": 42, "error": null, "no_call": null,
        }),
        serde_json::json!({
            "status": "DONE", "steps": 2, "crossings": 1, "backend": "user", "entry": 2,
        }),
    ];
    assert_eq!(records(PROGRAM, &[]), expected);
}

#[test]
fn slots_are_told_as_json() {
    let records = records(PROGRAM, &["--whole"]);
    let slots = serde_json::json!({"slots": [
        {"slot": 0, "value": -2, "names": ["in"]},
        {"slot": 1, "value": 42, "names": ["n"]},
    ]});
    assert_eq!(records[0], slots);
    assert_eq!(records[1]["status"], "DONE");
    assert_eq!(records.len(), 2);
}
