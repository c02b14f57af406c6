//! The examples.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::{fs, thread};

use crate::common::scratch;
use crate::{batches, crossings};

#[path = "../../examples/combine/copy.rs"]
mod copying;
#[path = "../../examples/combine/serve.rs"]
mod serve;
#[path = "../../examples/combine/stat.rs"]
mod stat;
#[path = "../../examples/combine/status.rs"]
mod status;
#[path = "../../examples/combine/walk.rs"]
mod walk;

#[test]
fn example_copies() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    fs::write(&from, vec![7; 200_000]).unwrap();
    let (copied, count) = crossings(Some(31), || copying::copy(&from, &to).unwrap());
    assert_eq!((copied, count), (200_000, 1));
    assert_eq!(fs::read(from).unwrap(), fs::read(to).unwrap());
}

#[test]
fn example_asks_about_files() {
    let directory = scratch();
    let names: Vec<PathBuf> = (0..41)
        .map(|at| directory.path().join(at.to_string()))
        .collect();
    for name in names.iter().step_by(2) {
        fs::write(name, "text").unwrap();
    }
    let (found, count) = crossings(Some(41), || stat::sizes(&names));
    assert_eq!((found, count), ((84, 21), 1));
}

#[test]
fn example_reads_of_processes() {
    let proc = fs::File::open("/proc").unwrap();
    let (names, count) = batches(|| status::names(proc.as_fd()).unwrap());
    assert!(!names.is_empty(), "{names:?}");
    assert_eq!(count, 1);
}

#[test]
fn example_walks_a_directory() {
    let directory = scratch();
    for at in 0..20 {
        fs::write(directory.path().join(at.to_string()), "text").unwrap();
    }
    fs::write(directory.path().join("program"), b"\x7fELF").unwrap();
    let file = fs::File::open(directory.path()).unwrap();
    let (found, count) = crossings(Some(86), || walk::walk(file.as_fd()).unwrap());
    assert_eq!((found, count), ((84, 1), 1));
}

#[test]
fn example_serves() {
    let directory = scratch();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let client = thread::spawn(move || {
        let mut stream = UnixStream::connect(&path).unwrap();
        io::Write::write_all(&mut stream, b"request").unwrap();
        io::read_to_string(stream).unwrap()
    });
    let mut buffer = [0; 1024];
    let (length, count) = crossings(Some(5), || serve::serve(listener.as_fd(), &mut buffer));
    assert_eq!((length.unwrap(), count), (7, 1));
    assert_eq!(client.join().unwrap(), "request");
}
