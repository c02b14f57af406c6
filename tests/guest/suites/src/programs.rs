//! Programs of Debian, plain and wrapped: `sysbatch wrap` sends each of their system
//! calls through the module. Output, exit status and files must be the same.
//!
//! Each case is a shell script that runs twice, in the same empty directory of the
//! system on the disk. What differs between any two runs, such as process numbers and
//! times, it does not print or leave.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::mount::{MountFlags, mount};

use crate::harness::cases;
use crate::lab::Lab;

cases! {
    kernel shells_with_pipes_jobs_and_traps within 300;
    kernel files_are_copied_packed_found_and_sorted within 300;
    kernel git_keeps_a_history within 300;
    kernel python_runs_its_tests within 300;
    kernel perl_runs_its_tests within 300;
    kernel perl_runs_its_tests_without_rights within 300;
    kernel make_runs_jobs_side_by_side within 300;
    kernel strace_follows_a_program within 300;
    kernel server_has_clients within 300;
    kernel sqlite_has_writers_at_once within 300;
}

fn shells_with_pipes_jobs_and_traps(lab: &mut Lab) {
    compare(lab, include_str!("programs/shells.sh"), &ROOT);
}

fn files_are_copied_packed_found_and_sorted(lab: &mut Lab) {
    compare(lab, include_str!("programs/files.sh"), &ROOT);
}

fn git_keeps_a_history(lab: &mut Lab) {
    compare(lab, include_str!("programs/git.sh"), &ROOT);
}

fn python_runs_its_tests(lab: &mut Lab) {
    compare(lab, include_str!("programs/python.sh"), &ROOT);
}

fn perl_runs_its_tests(lab: &mut Lab) {
    compare(lab, include_str!("programs/perl.sh"), &ROOT);
}

fn perl_runs_its_tests_without_rights(lab: &mut Lab) {
    compare(lab, include_str!("programs/perl.sh"), &NOBODY);
}

fn make_runs_jobs_side_by_side(lab: &mut Lab) {
    compare(lab, include_str!("programs/make.sh"), &ROOT);
}

fn strace_follows_a_program(lab: &mut Lab) {
    compare(lab, include_str!("programs/strace.sh"), &TRACED);
}

fn server_has_clients(lab: &mut Lab) {
    compare(lab, include_str!("programs/server.sh"), &ROOT);
}

fn sqlite_has_writers_at_once(lab: &mut Lab) {
    compare(lab, include_str!("programs/sqlite.sh"), &ROOT);
}

/// How a script runs.
#[derive(Clone, Copy, Debug)]
struct How {
    /// What runs it, if not root.
    before: &'static [&'static str],
    user: u32,
    /// Whether some of the calls are those of traced programs, which are handed back.
    is_traced: bool,
}

const ROOT: How = How {
    before: &[],
    user: 0,
    is_traced: false,
};

const TRACED: How = How {
    is_traced: true,
    ..ROOT
};

/// As somebody without rights, who may neither install a filter without giving up to get
/// any nor say which program a process runs.
const NOBODY: How = How {
    before: &[
        "/usr/bin/perl",
        "-e",
        "$) = '65534 65534'; $( = 65534; ($<, $>) = (65534, 65534); exec @ARGV",
    ],
    user: 65534,
    is_traced: false,
};

/// The least share of calls that go through a batch, in percent.
const LEAST_SHARE: u64 = 90;

/// What the programs find in their environment.
const ENVIRONMENT: &[&str] = &["PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C", "TZ=UTC"];

/// Runs a script plain and wrapped, and compares.
fn compare(lab: &mut Lab, script: &str, how: &How) {
    let tree = lab
        .options
        .tree
        .clone()
        .expect("the disk with the programs");
    prepare(&tree);
    fs::write(tree.join("tmp/script"), script).expect("room for the script");
    let plain = run(&tree, how, &[]);
    assert!(plain.output.status.success(), "plain: {plain:#?}");
    assert!(!plain.output.stdout.is_empty(), "the script prints nothing");
    let wrap = ["/tmp/sysbatch", "wrap", "--report", "/tmp/report", "--"];
    let wrapped = run(&tree, how, &wrap);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&plain.output.stdout), text(&wrapped.output.stdout));
    assert_eq!(text(&plain.output.stderr), text(&wrapped.output.stderr));
    assert_eq!(plain.output.status, wrapped.output.status);
    let owned = |file: &File| file.owner == (how.user, how.user);
    assert!(plain.files.values().all(owned), "somebody else ran it");
    let names = |files: &Files| files.keys().cloned().collect::<Vec<PathBuf>>();
    assert_eq!(names(&plain.files), names(&wrapped.files));
    for (path, file) in &plain.files {
        assert_eq!(Some(file), wrapped.files.get(path), "{}", path.display());
    }
    let report = fs::read_to_string(tree.join("tmp/report")).expect("a report");
    println!("{}", report.trim());
    let counts = counts(&report);
    let [all, batched, handed_back, _] = counts;
    let counted = if how.is_traced {
        batched + handed_back
    } else {
        batched
    };
    assert!(
        batched > 0 && counted * 100 >= all * LEAST_SHARE,
        "{report}"
    );
}

/// The numbers of the report: all calls, those through a batch, those handed back, those
/// made directly.
fn counts(report: &str) -> [u64; 4] {
    let words = report.split([' ', ',']).filter(|word| !word.is_empty());
    let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().expect("four whole numbers")
}

/// What a run came to.
#[derive(Debug)]
struct Run {
    output: Output,
    files: Files,
}

/// The files of a directory, by their paths.
type Files = BTreeMap<PathBuf, File>;

/// What is compared of a file.
#[derive(Debug, PartialEq, Eq)]
struct File {
    mode: u32,
    owner: (u32, u32),
    links: u64,
    contents: Vec<u8>,
}

/// Runs the script in an empty directory, by the command in front.
fn run(tree: &Path, how: &How, before: &[&str]) -> Run {
    let folder = tree.join("tmp/run");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("what a run left can be removed");
    }
    fs::create_dir(&folder).expect("a directory");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("permissions");
    chown(&folder, Some(how.user), Some(how.user)).expect("root may give it away");
    let report = tree.join("tmp/report");
    if report.exists() {
        fs::remove_file(report).expect("the report before can be removed");
    }
    let output = Command::new("chroot")
        .arg(tree)
        .args(how.before)
        .args(before)
        .args(["/usr/bin/env", "-i", "-C", "/tmp/run"])
        .args(ENVIRONMENT)
        .args(["sh", "/tmp/script"])
        .output()
        .expect("chroot starts");
    let mut files = Files::new();
    add_files(&folder, Path::new(""), &mut files);
    Run { output, files }
}

fn add_files(root: &Path, below: &Path, files: &mut Files) {
    for entry in fs::read_dir(root.join(below)).expect("a directory") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        let status = entry.metadata().expect("a status");
        let contents = if status.is_symlink() {
            let target = fs::read_link(entry.path()).expect("a link");
            target.into_os_string().into_encoded_bytes()
        } else if status.is_file() {
            fs::read(entry.path()).expect("a file")
        } else {
            Vec::new()
        };
        let file = File {
            mode: status.mode(),
            owner: (status.uid(), status.gid()),
            links: status.nlink(),
            contents,
        };
        if status.is_dir() {
            add_files(root, &path, files);
        }
        files.insert(path, file);
    }
}

/// Mounts what programs expect, once, and puts the command there.
fn prepare(tree: &Path) {
    if tree.join("proc/self").exists() {
        return;
    }
    for (filesystem, directory) in [("proc", "proc"), ("devtmpfs", "dev"), ("tmpfs", "tmp")] {
        let mounted = mount(
            filesystem,
            tree.join(directory),
            filesystem,
            MountFlags::empty(),
            c"",
        );
        mounted.expect("it can be mounted");
    }
    fs::copy("/bin/sysbatch", tree.join("tmp/sysbatch")).expect("room for the command");
}
