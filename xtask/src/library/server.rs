//! The example that serves a client: this program is the client.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Tree;
use super::examples::{FAILS, RUN, Run, check_run, ways};
use super::programs::outcome;
use crate::test::tally::Tally;

pub(super) const SERVER: &str = "syslet-server";
/// It ends after one client.
const SERVES: Run = Run {
    example: SERVER,
    says: "6 bytes received",
    ..RUN
};
const TAKEN: Run = Run {
    example: SERVER,
    says: "cannot listen: Address already in use",
    ..FAILS
};

/// Runs the server where its port is taken, then with a client, with standard
/// output as it is, full, and cut short.
pub(super) fn check(tree: &Tree, program: &Path) -> Tally {
    let mut tally = outcome(taken(tree, program).map(|()| 1));
    for (number, run) in (1..).zip(ways(&SERVES)) {
        tally.add(outcome(served(tree, program, &run, number).map(|()| 1)));
    }
    tally
}

fn listen() -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen")?;
    let port = listener.local_addr()?.port().to_string();
    Ok((listener, port))
}

fn taken(tree: &Tree, program: &Path) -> Result<()> {
    let (_listener, port) = listen()?;
    check_run(tree, program, &TAKEN, &[&port], 0)
}

fn served(tree: &Tree, program: &Path, run: &Run, number: usize) -> Result<()> {
    // Nobody else takes it soon: the kernel gives others first.
    let (listener, port) = listen()?;
    let address = listener.local_addr()?;
    drop(listener);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // It has not begun to listen, or has ended for some reason.
                let client = TcpStream::connect(address);
                if client.is_ok_and(|mut client| client.write_all(b"hello\n").is_ok()) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let result = check_run(tree, program, run, &[&port, "1"], number);
        over.store(true, Ordering::Relaxed);
        result
    })
}
