//! `sysbatch bench` and `sysbatch doctor`, as far as a machine without the
//! module shows them. None of this looks at how long anything took.

#[path = "support/filter.rs"]
mod filter;

use std::process::{Command, Output};

use rustix::io::Errno;
use serde_json::Value;
use syscalls::Sysno;

fn sysbatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysbatch"));
    command
        .args(arguments)
        .env_remove("SYSBATCH_BACKEND")
        .env_remove("BATCH_EMUL");
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether this machine has the device.
fn has_device() -> bool {
    std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/sysbatch")
        .is_ok()
}

/// What `doctor` has to say on a topic.
fn finding<'json>(diagnosis: &'json Value, topic: &str) -> Option<&'json Value> {
    let findings = diagnosis["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["topic"] == topic)
}

const QUICK: [&str; 7] = [
    "bench",
    "--settle=0",
    "--rounds=3",
    "--sample=8",
    "--json",
    "--backend",
    "user",
];

#[test]
fn bench_measures_every_size_of_every_workload() {
    let output = sysbatch(&QUICK).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = json(&output);
    assert_eq!(report["unit"], "ns");
    assert_eq!(report["clock"], "CLOCK_MONOTONIC_RAW");
    let workloads = report["workloads"].as_array().unwrap();
    let entries = |workload: &Value| {
        let name = workload["name"].as_str().unwrap().to_owned();
        (name, workload["entries_per_unit"].as_u64().unwrap())
    };
    let expected = [
        ("unimplemented", 1),
        ("getppid", 1),
        ("getuid", 1),
        ("statx", 1),
        ("open-read-close", 3),
        ("built-in", 1),
        ("built-in-slots", 1),
        ("jump", 2),
    ];
    let expected = expected.map(|(name, entries)| (name.to_owned(), entries));
    assert_eq!(workloads.iter().map(entries).collect::<Vec<_>>(), expected);
    for workload in workloads {
        let name = workload["name"].as_str().unwrap();
        let formats = match name {
            "unimplemented" | "getppid" => {
                &["native", "supersyscall", "batch", "pointers", "syslet"][..]
            }
            _ => &["native"],
        };
        let batches = workload["batches"].as_array().unwrap();
        assert_eq!(batches.len(), formats.len(), "{name}");
        for (batches, format) in batches.iter().zip(formats) {
            assert_eq!(batches["backend"], "user");
            assert_eq!(batches["format"], *format);
            for figure in ["a", "a_error", "b", "b_error"] {
                assert!(number(&batches[figure]).is_finite(), "{figure}");
            }
            sizes(batches, &workload["alone"]);
        }
        assert_eq!(workload["alone"].is_null(), name.starts_with("built-in"));
    }
    for part in ["crossing", "ioctl", "enter", "step"] {
        assert!(
            number(&report["worth"]["parts"][part]).is_finite(),
            "{part}"
        );
    }
    assert_eq!(report["worth"]["measured"], Value::Array(Vec::new()));
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Checks the figures of each batch size against each other.
fn sizes(batches: &Value, alone: &Value) {
    let sizes = batches["sizes"].as_array().unwrap();
    assert_eq!(sizes.len(), 11);
    for (power, size) in sizes.iter().enumerate() {
        let n = number(&size["n"]);
        assert_eq!(n, f64::from(1 << power));
        let close = |figure: &str, expected: f64| {
            let value = number(&size[figure]);
            assert!((value / expected - 1.0).abs() < 1e-9, "{figure}: {size}");
        };
        close("per_unit", number(&size["batch"]) / n);
        if alone.is_null() {
            assert!(size["ratio"].is_null(), "{size}");
        } else {
            close("ratio", number(&size["per_unit"]) / number(alone));
        }
    }
}

#[test]
fn bench_measures_what_it_is_told_to() {
    let output = sysbatch(&QUICK)
        .args(["--workload=getuid", "--workload=getppid", "--format=syslet"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = json(&output);
    let workloads = report["workloads"].as_array().unwrap();
    let names: Vec<_> = workloads.iter().map(|workload| &workload["name"]).collect();
    assert_eq!(names, ["getuid", "getppid"]);
    assert_eq!(workloads[0]["batches"].as_array().unwrap().len(), 0);
    assert_eq!(workloads[1]["batches"].as_array().unwrap().len(), 1);
    let output = sysbatch(&QUICK).arg("--format=fast").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("the formats are native, supersyscall"),
        "{text}"
    );
}

#[test]
fn bench_goes_on_where_a_filter_answers_for_the_kernel() {
    let mut command = sysbatch(&QUICK);
    command.arg("--workload=unimplemented");
    let errno = Errno::PERM.raw_os_error().unsigned_abs();
    filter::forbid(&mut command, 500, errno);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(json(&output)["workloads"], Value::Array(Vec::new()));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("unimplemented is left out"), "{text}");
}

#[test]
fn bench_calls_the_unit_as_it_is_told() {
    let output = sysbatch(&QUICK).arg("--icount").output().unwrap();
    assert_eq!(json(&output)["unit"], "instructions");
    let text = sysbatch(&[
        "bench",
        "--settle=0",
        "--rounds=1",
        "--sample=1",
        "--icount",
    ])
    .output()
    .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("getppid: ") && text.contains(" instructions alone"),
        "{text}"
    );
    assert!(text.contains("open-read-close: "), "{text}");
    assert!(
        text.contains("\non this machine a batch") || text.contains("  on this machine a batch"),
        "{text}"
    );
}

#[test]
fn bench_says_what_is_wrong() {
    for (file, why) in [
        ("/missing", "No such file or directory"),
        ("/", "Is a directory"),
    ] {
        let output = sysbatch(&QUICK).args(["--file", file]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        let start = format!("sysbatch: cannot read {file}, which --file says");
        assert!(told.starts_with(&start) && told.contains(why), "{told}");
    }
    let output = sysbatch(&["bench", "--backend=kernel", "--rounds=1", "--settle=0"]);
    let output = { output }.output().unwrap();
    assert_eq!(output.status.success(), has_device());
}

#[test]
fn doctor_agrees_with_the_machine() {
    let output = sysbatch(&["doctor", "--json"]).output().unwrap();
    let diagnosis = json(&output);
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    assert_eq!(diagnosis["system"]["release"], release.as_str());
    let kind = if has_device() { "kernel" } else { "user" };
    assert_eq!(diagnosis["backend"]["kind"], kind);
    assert_eq!(diagnosis["device"]["abi_version"].is_u64(), has_device());
    let in_kernel = diagnosis["in_kernel"].as_bool().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(!in_kernel)));
    let text = sysbatch(&["doctor"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    for finding in diagnosis["findings"].as_array().unwrap() {
        let topic = finding["topic"].as_str().unwrap();
        assert!(
            text.lines().any(|line| line.starts_with(topic)),
            "{topic}: {text}"
        );
        if finding["level"] == "problem" {
            assert!(finding["advice"].is_string(), "{finding}");
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[test]
fn doctor_says_that_there_is_no_module_for_this_architecture() {
    let diagnosis = json(&sysbatch(&["doctor", "--json"]).output().unwrap());
    assert!(finding(&diagnosis, "ways in").is_none());
    let module = finding(&diagnosis, "module").unwrap();
    assert_eq!(module["level"], "note");
    let found = module["found"].as_str().unwrap();
    assert_eq!(
        found,
        format!("there is none for {}", std::env::consts::ARCH)
    );
}

#[cfg(target_arch = "x86_64")]
#[test]
fn doctor_measures_the_ways_into_the_kernel() {
    let diagnosis = json(&sysbatch(&["doctor", "--json"]).output().unwrap());
    let ways = &diagnosis["ways"];
    assert!(ways["syscall"].as_f64().unwrap() > 0.0, "{ways}");
    // Not every kernel has it; what ends the process that tries it ends no other.
    assert!(ways["int80"].is_null() || ways["int80"].as_f64().unwrap() > 0.0);
    assert_eq!(ways["not_measured"].as_array().unwrap().len(), 2);
    let finding = finding(&diagnosis, "ways in").unwrap();
    let found = finding["found"].as_str().unwrap();
    assert!(found.contains("INT 0x80"), "{found}");
}

#[test]
fn doctor_sees_what_the_environment_asks_for() {
    let output = sysbatch(&["doctor", "--json"])
        .env("SYSBATCH_BACKEND", "user")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let diagnosis = json(&output);
    let reason = diagnosis["backend"]["reason"].as_str().unwrap();
    assert!(reason.contains("SYSBATCH_BACKEND"), "{reason}");
    let output = sysbatch(&["doctor", "--json"])
        .env("SYSBATCH_BACKEND", "fast")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(json(&output)["backend"]["kind"].is_null());
}

#[test]
fn doctor_sees_a_filter() {
    let plain = json(&sysbatch(&["doctor", "--json"]).output().unwrap());
    let before = plain["watched"]["seccomp_filters"].as_u64().unwrap();
    let mut command = sysbatch(&["doctor", "--json"]);
    let errno = Errno::NOSYS.raw_os_error().unsigned_abs();
    filter::forbid(&mut command, Sysno::acct.id().into(), errno);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let diagnosis = json(&output);
    assert_eq!(diagnosis["watched"]["seccomp"], 2);
    assert_eq!(diagnosis["watched"]["seccomp_filters"], before + 1);
    assert_eq!(finding(&diagnosis, "seccomp").unwrap()["level"], "note");
}
