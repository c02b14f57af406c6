//! A machine's debugger: the few commands of GDB's remote serial protocol that
//! it takes to follow instructions, as QEMU answers them.
//!
//! Protocol: "Remote Protocol" in the manual of GDB.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{ChildStdin, ChildStdout};

use anyhow::{Context as _, Result, bail, ensure};

/// The ends of the connection.
pub(super) type Pipes = (ChildStdin, ChildStdout);

/// Asks a processor that runs to stop.
const INTERRUPT: u8 = 3;

/// The connection to a machine, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Debugger {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The registers that are of interest here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registers {
    pub(crate) rax: u64,
    pub(crate) rsi: u64,
    pub(crate) rip: u64,
}

impl Debugger {
    /// Attaches to a machine and stops it.
    pub(super) fn attach((commands, answers): Pipes) -> Result<Self> {
        let mut this = Self {
            commands,
            answers: BufReader::new(answers),
        };
        // Whether it runs is not known: if it does, it tells that it stops.
        this.commands.write_all(&[INTERRUPT])?;
        this.send("qSupported")?;
        while !this.answer()?.contains("PacketSize=") {}
        Ok(this)
    }

    /// Lets the machine run.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resume(&mut self) -> Result<()> {
        self.send("c")
    }

    /// Stops the machine, which runs.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn interrupt(&mut self) -> Result<()> {
        self.commands.write_all(&[INTERRUPT])?;
        self.stopped()
    }

    /// Waits until the machine, which runs, stops at a breakpoint; false if it
    /// ended instead.
    ///
    /// # Errors
    /// When it says something else.
    pub(crate) fn wait(&mut self) -> Result<bool> {
        match self.answer_or_end()? {
            None => Ok(false),
            // The machine was switched off.
            Some(answer) if answer.starts_with(['W', 'X']) => Ok(false),
            Some(answer) => stop(&answer).map(|()| true),
        }
    }

    /// Executes one instruction.
    ///
    /// # Errors
    /// When the machine is gone.
    pub(crate) fn step(&mut self) -> Result<()> {
        self.send("s")?;
        self.stopped()
    }

    /// Sets a breakpoint at an address.
    ///
    /// # Errors
    /// When the machine refuses.
    pub(crate) fn set_breakpoint(&mut self, address: u64) -> Result<()> {
        self.command(&format!("Z1,{address:x},1"))
    }

    /// Removes one.
    ///
    /// # Errors
    /// When the machine refuses.
    pub(crate) fn remove_breakpoint(&mut self, address: u64) -> Result<()> {
        self.command(&format!("z1,{address:x},1"))
    }

    /// The registers of the processor.
    ///
    /// # Errors
    /// When the machine is gone or of another kind.
    pub(crate) fn registers(&mut self) -> Result<Registers> {
        self.send("g")?;
        let answer = self.answer()?;
        // rax rbx rcx rdx rsi rdi rbp rsp r8 … r15 rip, in the order of GDB's
        // description of the architecture.
        let register = |index: usize| {
            let digits = answer.get(index * 16..index * 16 + 16);
            let value = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            value
                .map(u64::swap_bytes)
                .with_context(|| format!("QEMU's registers are not those of x86-64: {answer}"))
        };
        Ok(Registers {
            rax: register(0)?,
            rsi: register(4)?,
            rip: register(16)?,
        })
    }

    /// Memory at an address, as the processor would read it now.
    ///
    /// # Errors
    /// When it is not mapped, or the machine is gone.
    pub(crate) fn memory(&mut self, address: u64, length: usize) -> Result<Vec<u8>> {
        self.send(&format!("m{address:x},{length:x}"))?;
        let answer = self.answer()?;
        let bytes = (0..answer.len() / 2).map(|index| {
            let digits = answer.get(index * 2..index * 2 + 2)?;
            u8::from_str_radix(digits, 16).ok()
        });
        let bytes: Option<Vec<u8>> = bytes.collect();
        bytes
            .filter(|bytes| bytes.len() == length)
            .with_context(|| format!("no memory at {address:#x} in the guest: {answer}"))
    }

    fn command(&mut self, command: &str) -> Result<()> {
        self.send(command)?;
        let answer = self.answer()?;
        ensure!(answer == "OK", "QEMU refuses `{command}`: `{answer}`");
        Ok(())
    }

    fn send(&mut self, command: &str) -> Result<()> {
        let sum = command.bytes().fold(0_u8, u8::wrapping_add);
        self.commands
            .write_all(format!("${command}#{sum:02x}").as_bytes())
            .context("the machine is gone")
    }

    fn stopped(&mut self) -> Result<()> {
        stop(&self.answer()?)
    }

    fn answer(&mut self) -> Result<String> {
        self.answer_or_end()?.context("the machine is gone")
    }

    /// The next answer, acknowledged; none if the machine ended.
    fn answer_or_end(&mut self) -> Result<Option<String>> {
        let mut before = Vec::new();
        self.answers.read_until(b'$', &mut before)?;
        if !before.ends_with(b"$") {
            return Ok(None);
        }
        let mut text = Vec::new();
        self.answers.read_until(b'#', &mut text)?;
        let mut sum = [0; 2];
        if !text.ends_with(b"#") || self.answers.read_exact(&mut sum).is_err() {
            return Ok(None);
        }
        text.pop();
        // It may end right after its last answer.
        let _ = self.commands.write_all(b"+");
        let text = String::from_utf8(text).context("QEMU's answer is not text")?;
        let expected = text.bytes().fold(0_u8, u8::wrapping_add);
        let mut digits = String::new();
        write!(digits, "{expected:02x}")?;
        ensure!(sum == digits.as_bytes(), "QEMU's answer is damaged: {text}");
        Ok(Some(text))
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // A machine that stands at a breakpoint would stand there for ever. One
        // that has ended, as it should have, does not hear this.
        let _ = self.send("k");
    }
}

/// Fails on an answer that does not say that the processor stopped.
fn stop(answer: &str) -> Result<()> {
    if !answer.starts_with(['T', 'S']) {
        bail!("QEMU was expected to stop, and said `{answer}`");
    }
    Ok(())
}
