//! The run header: what is handed to the device to run a batch.

/// The size of the [`Run`] header of this ABI version, in bytes.
pub const RUN_SIZE: usize = 96;

/// What to run, and how far it has got.
///
/// The header lives in the caller's memory and is the only state of a running
/// batch: entering again with the header as it was left goes on where the
/// batch stopped. It is extensible by [`Run::size`] the way `openat2(2)` and
/// `clone3(2)` are.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// In: the size of this structure as the caller knows it, in bytes.
    pub size: u32,
    /// In: how the program is encoded, see [`Format`].
    pub format: u32,
    /// In: the format's own flags, [`FLAG_CONTINUE_ON_FAILURE`] or
    /// [`FLAG_STOP_ON_FAILURE`], and [`FLAG_FIRST_TRY`]; others must be zero.
    pub flags: u32,
    /// Out: why the batch stopped, see [`Status`].
    pub status: u32,
    /// In: address of the first entry, aligned to 8 bytes.
    pub program: u64,
    /// In: how many entries there are.
    pub len: u64,
    /// In: address of the first result slot (an `i64`), aligned to 8 bytes.
    pub results: u64,
    /// In: how many result slots there are.
    pub results_len: u64,
    /// In: the entry to start with. Out: the entry it stopped at.
    pub pc: u64,
    /// In: how many steps may be made. Out: how many are left.
    pub fuel: u64,
    /// In and out: the steps made are added to it, wrapping.
    pub steps: u64,
    /// Out: with [`Status::Unstored`] the result that could not be stored, else
    /// unchanged.
    pub value: i64,
    /// In and out: see [`Resume`]. Zero when a batch is first entered.
    pub resume: u32,
    /// Out: with [`Status::Punt`] the [`PuntReason`], else zero.
    pub reason: u32,
    /// In: with [`FLAG_FIRST_TRY`] the address of [`SCRATCH_SIZE`] bytes, aligned to
    /// 8 bytes, that may be overwritten, or zero; else zero.
    pub scratch: u64,
}

/// How a program is encoded.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// An array of [`Entry`](crate::Entry).
    Native = 1,
    /// An array of `struct supersyscall_args`.
    Supersyscall = 2,
    /// An array of `struct syscall` (`syscall_t`) of the `batch` interface.
    SysBatch = 3,
    /// An array of pointers to arrays of pointers to arguments.
    Pointers = 4,
    /// `struct syslet_uatom`s linked by their pointers; the program counter is
    /// the address of an atom, zero ends the program, and `program`, `len`,
    /// `results` and `results_len` are not looked at.
    Syslet = 5,
}

/// Flag of [`Format::Supersyscall`]: a call that fails does not end the batch.
pub const FLAG_CONTINUE_ON_FAILURE: u32 = 1;

/// Flag of [`Format::Pointers`]: a call that fails ends the batch.
pub const FLAG_STOP_ON_FAILURE: u32 = 2;

/// Flag of every format: the batch stops before the first system call that would
/// wait, with [`PuntReason::WouldWait`]. A host that cannot do so refuses the header.
pub const FLAG_FIRST_TRY: u32 = 0x1_0000;

/// How many bytes [`Run::scratch`] points to.
pub const SCRATCH_SIZE: usize = 32;

impl Format {
    /// The number that stands for it in the header.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The format with this number, if it is known.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            1 => Some(Self::Native),
            2 => Some(Self::Supersyscall),
            3 => Some(Self::SysBatch),
            4 => Some(Self::Pointers),
            5 => Some(Self::Syslet),
            _ => None,
        }
    }
}

/// Why a batch stopped.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It never ran: the header itself was refused.
    None = 0,
    /// It ran past its last entry.
    Done = 1,
    /// A jump with [`JUMP_EXIT`](crate::JUMP_EXIT) was taken; `pc` is the entry
    /// that took it.
    Exit = 2,
    /// No fuel was left for the entry at `pc`.
    OutOfFuel = 3,
    /// The system call of the entry at `pc` has to be made by the caller. None
    /// of it has happened. See [`PuntReason`].
    Punt = 4,
    /// A signal came. The entry at `pc` has not been completed; entering again
    /// goes on.
    Interrupted = 5,
    /// The entry at `pc` was refused before any of it happened; the error is
    /// the ioctl's own.
    Refused = 6,
    /// The entry at `pc` has run, but its result, now in [`Run::value`], could
    /// not be stored; the error is the ioctl's own.
    Unstored = 7,
    /// A seccomp filter trapped the system call of the entry at `pc`
    /// (`SECCOMP_RET_TRAP`): it was not made, and its handler of `SIGSYS` has
    /// run. What it left in the register of the result, which is what the ioctl
    /// returned, is the result of **that call**, of all 64 bits.
    Trapped = 8,
}

impl Status {
    /// The number that stands for it in the header.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The status with this number, if it is known.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            0 => Self::None,
            1 => Self::Done,
            2 => Self::Exit,
            3 => Self::OutOfFuel,
            4 => Self::Punt,
            5 => Self::Interrupted,
            6 => Self::Refused,
            7 => Self::Unstored,
            8 => Self::Trapped,
            _ => return None,
        })
    }
}

/// How to enter the entry at `pc`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resume {
    /// From its beginning.
    #[default]
    Fresh = 0,
    /// Its system call was interrupted and continues by `restart_syscall(2)`,
    /// with the time that remains.
    RestartBlock = 1,
}

impl Resume {
    /// The number that stands for it in the header.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The value with this number, if it is known.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            0 => Some(Self::Fresh),
            1 => Some(Self::RestartBlock),
            _ => None,
        }
    }
}

/// Why a system call is handed back to the caller.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PuntReason {
    /// This call works on the caller's frame, or changes who watches it, and is
    /// never made inside a batch (`execve`, `clone`, `exit`, …).
    Call = 1,
    /// Every call of this task is watched (ptrace, rules of audit, tracepoints,
    /// syscall user dispatch, a seccomp filter that came while the batch ran), so
    /// all of them are handed back.
    Watched = 2,
    /// The module is switched off, so that all calls of every task are handed back.
    /// Who closes the device now lets it be unloaded.
    Off = 3,
    /// With [`FLAG_FIRST_TRY`]: the call would wait, or it is not known that it would
    /// not. Entered again without the flag, it is made.
    WouldWait = 4,
}

impl PuntReason {
    /// The number that stands for it in the header.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The reason with this number, if it is known.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            1 => Some(Self::Call),
            2 => Some(Self::Watched),
            3 => Some(Self::Off),
            4 => Some(Self::WouldWait),
            _ => None,
        }
    }
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<Run>() == RUN_SIZE);
    assert!(align_of::<Run>() == 8);
    assert!(offset_of!(Run, size) == 0);
    assert!(offset_of!(Run, format) == 4);
    assert!(offset_of!(Run, flags) == 8);
    assert!(offset_of!(Run, status) == 12);
    assert!(offset_of!(Run, program) == 16);
    assert!(offset_of!(Run, len) == 24);
    assert!(offset_of!(Run, results) == 32);
    assert!(offset_of!(Run, results_len) == 40);
    assert!(offset_of!(Run, pc) == 48);
    assert!(offset_of!(Run, fuel) == 56);
    assert!(offset_of!(Run, steps) == 64);
    assert!(offset_of!(Run, value) == 72);
    assert!(offset_of!(Run, resume) == 80);
    assert!(offset_of!(Run, reason) == 84);
    assert!(offset_of!(Run, scratch) == 88);
};
