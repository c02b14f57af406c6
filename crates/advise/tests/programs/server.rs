//! Small servers, which have a client at a time.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use sysbatch_advise::Report;
use sysbatch_advise::report::Verdict;

use crate::{CALLS, count, judge_body};

/// How many clients there are, one after the other.
const CLIENTS: u64 = 40;

/// What a client asks for.
const REQUEST: &[u8] = b"a request\n";

/// Runs a server with its clients and judges both.
fn judge(name: &str, serve: impl FnOnce(&TcpListener)) -> Option<Report> {
    judge_body(name, CALLS, || {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::scope(|scope| {
            scope.spawn(move || (0..CLIENTS).for_each(|_| ask(address)));
            serve(&listener);
        });
    })
}

fn ask(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).expect("the server");
    stream.write_all(REQUEST).expect("it takes it");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(!answer.is_empty());
}

/// Waits for a client and what it asks for.
fn wait(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().expect("a client");
    let mut request = [0; REQUEST.len()];
    stream.read_exact(&mut request).expect("a request");
    assert_eq!(request, REQUEST);
    stream
}

/// Answers with files, which it reads anew for each client.
#[inline(never)]
fn answer_with_files(stream: &mut TcpStream, paths: &[PathBuf]) {
    for path in paths {
        let content = fs::read(path).expect("a file");
        stream.write_all(&content).expect("it takes it");
    }
}

#[test]
fn one_that_reads_files_is_worth_it() {
    let name = "server::one_that_reads_files_is_worth_it";
    let report = judge(name, |listener| {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["head", "menu", "text", "foot"].map(|name| folder.path().join(name));
        for path in &paths {
            fs::write(path, [b'x'; 1000]).expect("a file");
        }
        for _ in 0..CLIENTS {
            answer_with_files(&mut wait(listener), &paths);
        }
    });
    let Some(report) = report else { return };
    for (call, times) in [("openat", 4), ("statx", 4), ("sendto", 4)] {
        let made: u64 = report.rows.iter().map(|row| count(row, call)).sum();
        // A call during which others had the processor for long is taken for one that waits.
        assert!(
            made >= times * CLIENTS / 2,
            "{call}:\n{}",
            report.table(100, 9)
        );
    }
    assert_ne!(
        report.verdict,
        Verdict::NotWorthIt,
        "{}",
        report.table(100, 9)
    );
}

#[test]
fn one_that_only_echoes_is_not() {
    // It waits for the client before each of its answers, which are two calls.
    let report = judge("server::one_that_only_echoes_is_not", |listener| {
        for _ in 0..CLIENTS {
            wait(listener).write_all(REQUEST).expect("it takes it");
        }
    });
    let Some(report) = report else { return };
    assert_eq!(
        report.verdict,
        Verdict::NotWorthIt,
        "{}",
        report.table(100, 9)
    );
}
