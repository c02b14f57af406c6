//! New programs: what they are told, and why they are refused.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::compare;

fn program(path: &Path, contents: &[u8], mode: u32) {
    std::fs::write(path, contents).expect("a file");
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("permissions");
}

/// The errno of an `execve(2)` that fails.
fn refused(path: &Path) -> i32 {
    let path = CString::new(path.as_os_str().as_bytes()).expect("no zero");
    let argv = [path.as_ptr(), std::ptr::null()];
    // SAFETY: strings and arrays of them that end with null.
    unsafe { libc::execv(path.as_ptr(), argv.as_ptr()) };
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

#[test]
fn refusals() {
    compare("execution::refusals", || {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        program(&path("data"), b"data", 0o644);
        program(&path("text"), b"true\n", 0o755);
        program(&path("empty"), b"", 0o755);
        program(&path("cut"), b"\x7fELF\x02\x01\x01", 0o755);
        program(&path("blank"), b"#! \n", 0o755);
        program(&path("lost"), b"#!/no/such/interpreter\n", 0o755);
        let own = format!("#!{}\n", path("own").display());
        program(&path("own"), own.as_bytes(), 0o755);
        let by_data = format!("#!{}\n", path("data").display());
        program(&path("by-data"), by_data.as_bytes(), 0o755);
        symlink(path("loop"), path("loop")).expect("a link");
        let names = [
            "data",
            "text",
            "empty",
            "cut",
            "blank",
            "lost",
            "own",
            "by-data",
            "loop",
            "none",
            "data/below",
            ".",
        ];
        for name in names {
            println!("{name}: {}", refused(&path(name)));
        }
        println!("long: {}", refused(Path::new(&"x/".repeat(3000))));
        println!("nothing: {}", refused(Path::new("")));
        let bad = std::ptr::without_provenance::<libc::c_char>(8);
        let argv = [std::ptr::null::<libc::c_char>()];
        // SAFETY: the kernel does not read what is not there.
        unsafe { libc::syscall(libc::SYS_execve, bad, argv.as_ptr(), argv.as_ptr()) };
        println!("bad: {:?}", std::io::Error::last_os_error().raw_os_error());
        // SAFETY: as above.
        unsafe { libc::syscall(libc::SYS_execve, c"/bin/sh".as_ptr(), bad, argv.as_ptr()) };
        println!(
            "bad arguments: {:?}",
            std::io::Error::last_os_error().raw_os_error()
        );
    });
}

#[test]
fn scripts_get_their_arguments() {
    compare("execution::scripts_get_their_arguments", || {
        let folder = own_folder("scripts");
        let path = |name: &str| folder.join(name);
        program(&path("plain"), b"#!/bin/sh\necho \"$0\" \"$@\"\n", 0o755);
        program(
            &path("with"),
            b"#! /bin/sh -e  \necho $- \"$0\" \"$@\"\nfalse\necho no\n",
            0o755,
        );
        let nested = format!("#!{} first second\n", path("plain").display());
        program(&path("nested"), nested.as_bytes(), 0o755);
        for name in ["plain", "with", "nested"] {
            let output = Command::new(path(name)).args(["a", "b c"]).output();
            let output = output.expect("the script starts");
            println!(
                "{} {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
    });
}

/// A folder with the same name, plain and wrapped.
fn own_folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("sysbatch-wrap-{name}"));
    // Left by a run before.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn what_the_kernel_tells() {
    compare("execution::what_the_kernel_tells", || {
        // SAFETY: asks for words that the kernel has laid out.
        let told = |key| unsafe { libc::getauxval(key) };
        let path = std::ptr::with_exposed_provenance(told(libc::AT_EXECFN) as usize);
        // SAFETY: a string that the kernel, or the loader, has laid out.
        println!("{:?}", unsafe { CStr::from_ptr(path) });
        println!(
            "{}",
            std::fs::read_to_string("/proc/self/comm").expect("a name")
        );
        let line = std::fs::read("/proc/self/cmdline").expect("arguments");
        println!("{}", String::from_utf8_lossy(&line));
        for key in [
            libc::AT_PHENT,
            libc::AT_PHNUM,
            libc::AT_SECURE,
            libc::AT_PAGESZ,
        ] {
            println!("{}", told(key));
        }
        let own = std::fs::read("/proc/self/maps").expect("maps");
        let own = String::from_utf8_lossy(&own).into_owned();
        let holds = |address: u64| {
            own.lines().any(|line| {
                let range = line
                    .split(' ')
                    .next()
                    .and_then(|range| range.split_once('-'));
                let (from, to) = range.expect("a range");
                let number = |text| u64::from_str_radix(text, 16).expect("a number");
                number(from) <= address && address < number(to)
            })
        };
        assert!(holds(told(libc::AT_PHDR)) && holds(told(libc::AT_ENTRY)));
        assert_eq!(told(libc::AT_RANDOM) == 0, !holds(told(libc::AT_RANDOM)));
    });
}

#[test]
fn the_link_to_the_program() {
    compare("execution::the_link_to_the_program", || {
        let own = std::fs::read_link("/proc/self/exe").expect("a link");
        println!("{}", own.display());
        let by_number = format!("/proc/{}/exe", std::process::id());
        assert_eq!(std::fs::read_link(by_number).expect("a link"), own);
        let bytes = std::fs::read("/proc/self/exe").expect("a program");
        assert_eq!(bytes, std::fs::read(&own).expect("a program"));
        if std::env::args()
            .nth(1)
            .is_some_and(|first| first == "--list")
        {
            return;
        }
        let output = Command::new("/proc/self/exe").arg("--list").output();
        println!(
            "{}",
            String::from_utf8_lossy(&output.expect("it starts").stdout)
        );
    });
}

#[test]
fn programs_under_a_lower_limit_of_open_files() {
    compare(
        "execution::programs_under_a_lower_limit_of_open_files",
        || {
            let line = "ulimit -Sn 20; sh -c 'ulimit -Sn; ulimit -Hn; true'";
            let output = Command::new("sh").args(["-c", line]).output();
            let output = output.expect("a shell");
            println!(
                "{} {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        },
    );
}

#[test]
fn programs_by_descriptor() {
    compare("execution::programs_by_descriptor", || {
        use std::os::fd::AsRawFd as _;
        let file = std::fs::File::open("/bin/true").expect("a program");
        let argv = [c"true".as_ptr(), std::ptr::null()];
        // SAFETY: as for `refused`; fork(2) in a test that does nothing else meanwhile.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above.
            unsafe { libc::fexecve(file.as_raw_fd(), argv.as_ptr(), argv[1..].as_ptr().cast()) };
            // SAFETY: ends the child.
            unsafe { libc::_exit(9) };
        }
        let mut status = 0;
        // SAFETY: waits for that child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        println!("{status}");
    });
}

#[test]
fn sigsys_stays_ignored() {
    compare("execution::sigsys_stays_ignored", || {
        for ignored in [false, true] {
            let disposition = if ignored {
                libc::SIG_IGN
            } else {
                libc::SIG_DFL
            };
            // SAFETY: no handler.
            unsafe { libc::signal(libc::SIGSYS, disposition) };
            let line = "kill -SYS $$; echo survived";
            let output = Command::new("sh").args(["-c", line]).output();
            let output = output.expect("a shell");
            println!(
                "{} {}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
    });
}
