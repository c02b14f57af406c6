//! Starting a command so that it is traced from its first instruction on.
#![expect(unsafe_code, reason = "what is done between fork and exec")]

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _, pipe};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread;

use super::Error;
use super::ptrace;

/// What the child is told: it is traced.
const GO: u8 = 0;
/// What the child is told: it can't be traced.
const STOP: u8 = 1;

/// The child's half of an agreement that it waits until it is traced.
#[derive(Debug)]
pub(super) struct Waits {
    tells: PipeWriter,
    waits: PipeReader,
}

/// The tracer's half.
#[derive(Debug)]
pub(super) struct Lets {
    told: PipeReader,
    lets: PipeWriter,
}

/// Both halves.
pub(super) fn agreement() -> io::Result<(Waits, Lets)> {
    let (told, tells) = pipe()?;
    let (waits, lets) = pipe()?;
    Ok((Waits { tells, waits }, Lets { told, lets }))
}

impl Waits {
    /// To be called by the child: tells which process it is and waits. Makes two system
    /// calls and nothing else.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        self.tells.write_all(&std::process::id().to_ne_bytes())?;
        let mut answer = [STOP];
        self.waits.read_exact(&mut answer)?;
        if answer == [GO] {
            Ok(())
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
}

impl Lets {
    /// To be called by the tracer: traces the child, does `then` with it and lets it go
    /// on. Gives `None` if there is no child, which only what starts it knows why.
    pub(super) fn trace(
        mut self,
        then: impl FnOnce(u32) -> io::Result<()>,
    ) -> Result<Option<u32>, Error> {
        let mut process = [0; 4];
        if self.told.read_exact(&mut process).is_err() {
            return Ok(None);
        }
        let process = u32::from_ne_bytes(process);
        let traced = ptrace::seize(process).and_then(|()| then(process));
        let answer = if traced.is_ok() { GO } else { STOP };
        // A child that was killed takes no answer; it is waited for like others.
        let _ = self.lets.write_all(&[answer]);
        traced.map_err(Error::NotAllowed)?;
        Ok(Some(process))
    }
}

/// Starts a command, traced by the calling thread from when it executes, and gives its
/// process.
///
/// `Command::spawn` returns only when the command has executed, and so does that in a
/// thread of its own.
pub(super) fn start(mut command: Command) -> Result<u32, Error> {
    let (mut waits, lets) = agreement().map_err(Error::Start)?;
    // SAFETY: what `wait` does may be done after a fork: two system calls.
    unsafe { command.pre_exec(move || waits.wait()) };
    thread::scope(|scope| {
        let starter = scope.spawn(move || {
            let child = command.spawn();
            // With it the child's half goes, so that nobody waits for a child in vain.
            drop(command);
            child
        });
        let traced = lets.trace(|_| Ok(()));
        let started = starter
            .join()
            .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
        traced?;
        Ok(started.map_err(Error::Start)?.id())
    })
}
