//! In what situations functions are run, and what a tracer does to them.

/// What goes wrong while a function runs. `program/` makes it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Nothing.
    Ordinary,
    /// Some of the files are not there.
    Missing,
    /// A descriptor is closed.
    Closed,
    /// Few or no descriptors are free.
    Descriptors,
    /// Files become no longer than some bytes: writes are short, then fail.
    Short,
    /// The file system has room for two pages or less.
    Full,
    /// Signals with a handler come at any time.
    Signals,
}

impl Situation {
    /// Those that can be everywhere and are the same each time, with a tracer, too.
    pub const EVERYWHERE: [Self; 5] = [
        Self::Ordinary,
        Self::Missing,
        Self::Closed,
        Self::Descriptors,
        Self::Short,
    ];

    /// What programs call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Missing => "missing",
            Self::Closed => "closed",
            Self::Descriptors => "descriptors",
            Self::Short => "short",
            Self::Full => "full",
            Self::Signals => "signals",
        }
    }
}

/// What a tracer makes of some of the calls: options of strace, of which the words of each
/// are another kind of disturbance. The first ten are spared, among which the device is
/// opened. They count on from function to function, so each time
/// another call is hit.
pub const DISTURBANCES: [&[&str]; 2] = [
    &[
        // Nothing is transferred, and the call says that one byte was.
        "--inject=read,write,pread64,pwrite64:retval=1:when=12+3",
        "--inject=openat,unlinkat,mkdirat,ftruncate,fsync:error=EIO:when=13+7",
        // The descriptor stays open, which nobody notices but who looks.
        "--inject=close:error=EIO:when=14+5",
    ],
    &[
        "--inject=read,write,pread64,pwrite64:error=EINTR:when=11+4",
        "--inject=openat,pipe2,dup:error=EMFILE:when=12+6",
        "--inject=linkat,renameat2,renameat,symlinkat,fchmod,newfstatat,fstat,lseek:error=EIO:when=11+5",
    ],
];
