//! A terminal of its own for a command.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// What a command prints when standard error is a terminal, which takes it all, and
/// standard output is not.
pub(crate) fn on_terminal(mut command: Command) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&master).expect("it is ours");
    unlockpt(&master).expect("it is new");
    let name = ptsname(&master, Vec::new()).expect("it has a name");
    let slave = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it can be used");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(slave)
        .spawn()
        .expect("the command starts");
    // It holds the slave, too: the end of what can be read is the last holder's.
    drop(command);
    let mut bytes = Vec::new();
    // The end is told as an error (EIO).
    let _ = File::from(master).read_to_end(&mut bytes);
    child.wait().expect("it was started here");
    String::from_utf8_lossy(&bytes).into_owned()
}
