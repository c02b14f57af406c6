//! The combined calls, against what they stand for.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, socketpair};
use rustix::process::Signal;
use sysbatch::Backend;
use sysbatch::combined::{self, Disposition};

fn backend() -> Backend {
    Backend::select().unwrap()
}

#[test]
fn whole_files_are_read() {
    let directory = tempfile::tempdir().unwrap();
    for length in [0, 1, 65535, 65536, 4 * 65536, 4 * 65536 + 1, 1_000_000] {
        let path = directory.path().join("file");
        let bytes: Vec<u8> = (0..length).map(|k| (k * 7 + k / 256) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        let found = combined::read_file(&backend(), CWD, &path).unwrap();
        assert!(found == bytes, "{length} bytes");
    }
    let missing = directory.path().join("none");
    let error = combined::read_file(&backend(), CWD, missing).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    let error = combined::read_file(&backend(), CWD, directory.path()).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ISDIR));
    let version = combined::read_file(&backend(), CWD, "/proc/version").unwrap();
    assert!(version.starts_with(b"Linux version"));
}

#[test]
fn copies_go_to_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let [source, copy] = ["source", "copy"].map(|name| directory.path().join(name));
    let bytes: Vec<u8> = (0..300_000_u32).map(|k| (k % 251) as u8).collect();
    fs::write(&source, &bytes).unwrap();
    let from = File::open(&source).unwrap();
    let to = File::create(&copy).unwrap();
    let copied = |length| combined::copy_file_range(&backend(), &from, &to, length).unwrap();
    assert_eq!(copied(10), 10);
    assert_eq!(copied(u64::MAX), 299_990);
    assert_eq!(copied(1), 0);
    assert_eq!(copied(0), 0);
    assert_eq!(fs::read(&copy).unwrap(), bytes);
    let error = combined::copy_file_range(&backend(), &to, &from, 10).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::BADF));
}

#[test]
fn the_first_of_many_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("here"), "text").unwrap();
    let place = File::open(directory.path()).unwrap();
    let mut paths = vec!["none"; 300];
    let open = |paths: &[&str]| {
        combined::open_first(
            &backend(),
            &place,
            paths.iter().copied(),
            OFlags::RDONLY,
            Mode::empty(),
        )
    };
    assert_eq!(open(&paths).unwrap_err().errno(), Some(Errno::NOENT));
    paths[290] = "here";
    let (index, file) = open(&paths).unwrap().unwrap();
    assert_eq!(index, 290);
    let mut text = String::new();
    File::from(file).read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
    paths[0] = "here";
    assert_eq!(open(&paths).unwrap().unwrap().0, 0);
    assert!(open(&[]).unwrap().is_none());
}

#[test]
fn many_are_asked_about_and_closed() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("here"), "four").unwrap();
    let place = File::open(directory.path()).unwrap();
    let paths = ["here", "none", "here"];
    let answers = combined::stat_many(
        &backend(),
        &place,
        paths,
        AtFlags::empty(),
        StatxFlags::SIZE,
    )
    .unwrap();
    assert_eq!(answers[0].unwrap().stx_size, 4);
    assert_eq!(answers[1].unwrap_err().errno(), Some(Errno::NOENT));
    assert_eq!(answers[2].unwrap().stx_size, 4);

    // The pipe's other end tells that they are closed.
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let mut writers: Vec<OwnedFd> = (0..200)
        .map(|_| rustix::io::fcntl_dupfd_cloexec(&writer, 3).unwrap())
        .collect();
    writers.push(writer);
    let closed = combined::close_many(&backend(), writers).unwrap();
    assert_eq!(closed.len(), 201);
    assert!(closed.iter().all(Result::is_ok));
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Ok(0));
}

#[test]
fn messages_are_sent_and_received() {
    let (a, b) = socketpair(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let messages: [&[u8]; 3] = [b"a", b"few", b"messages"];
    let sent = combined::send_many(&backend(), &a, messages, SendFlags::empty()).unwrap();
    assert_eq!(sent, [1, 3, 8]);
    let receive = |flags| combined::receive_many(&backend(), &b, 5, 16, flags);
    assert_eq!(receive(RecvFlags::empty()).unwrap(), messages);
    let error = receive(RecvFlags::DONTWAIT).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::AGAIN));
}

#[test]
fn calls_relative_to_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "0123456789").unwrap();
    let place = File::open(directory.path()).unwrap();
    combined::truncateat(&backend(), &place, "file", 4).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"0123");
    combined::fsyncat(&backend(), &place, "file").unwrap();
    let error = combined::truncateat(&backend(), &place, "none", 4).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    let error = combined::fsyncat(&backend(), &place, "none").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
}

#[test]
fn signals_are_ignored_together() {
    let signals = [Signal::USR1, Signal::USR2];
    let ignored = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("SigIgn:"));
        u64::from_str_radix(line.unwrap()[7..].trim(), 16).unwrap()
    };
    let bits = signals.map(|signal| 1_u64 << (signal.as_raw() - 1));
    let mask = bits[0] | bits[1];
    combined::set_dispositions(&backend(), signals, Disposition::Ignore).unwrap();
    assert_eq!(ignored() & mask, mask);
    combined::set_dispositions(&backend(), signals, Disposition::Default).unwrap();
    assert_eq!(ignored() & mask, 0);
    let kill = [Signal::KILL];
    let error = combined::set_dispositions(&backend(), kill, Disposition::Ignore).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL));
}
