//! What shows that an argument was known in time, and what ends a sequence.

/// What shows that an argument could have been in a batch, written before the first call of
/// its sequence was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Evidence {
    /// The calls before it in the sequence told the program nothing that it could depend on.
    Untold,
    /// It is what it was each time before at the same call site, or in memory that the program
    /// cannot write.
    Constant,
    /// It is the result of an earlier call of the sequence.
    Result,
    /// It is the size of a file that an earlier call of the sequence told.
    Size,
    /// It is an argument of an earlier call of the sequence, with that call's result added or
    /// taken away: the next place in a file, or the rest of a buffer.
    Rest,
    /// It differs from the time before at the same call site by as much as that one did from
    /// the one before it.
    Stride,
    /// The text was an argument before, or is made of names that were.
    Used,
    /// The name is on the command line.
    CommandLine,
    /// The name is from a directory that was read before the sequence.
    Directory,
    /// The name is from a directory that the sequence itself reads.
    Listing,
    /// The data is in memory that a call filled: one of the sequence, or one before it.
    /// That the program did not change it there in between is likely.
    Data,
    /// The texts lie one behind the other in memory, as those of a list do that is there
    /// before. That it was is likely.
    Table,
    /// The descriptor was open before the sequence. That this one was to be used was likely
    /// known, too.
    Open,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Untold,
        Self::Constant,
        Self::Result,
        Self::Size,
        Self::Rest,
        Self::Stride,
        Self::Used,
        Self::CommandLine,
        Self::Directory,
        Self::Listing,
        Self::Data,
        Self::Table,
        Self::Open,
    ];

    /// Whether it makes likely, and does not show, that the argument was known.
    #[must_use]
    pub const fn is_likely_only(self) -> bool {
        matches!(self, Self::Data | Self::Table | Self::Open)
    }

    /// Whether it is about names that were known before the sequence.
    pub(crate) const fn is_of_names(self) -> bool {
        matches!(
            self,
            Self::Used | Self::CommandLine | Self::Directory | Self::Table
        )
    }
}

/// Some kinds of evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Evidences(u16);

impl Evidences {
    /// Adds one.
    pub(super) fn insert(&mut self, evidence: Evidence) {
        self.0 |= 1 << evidence as u16;
    }

    /// Whether there is this one.
    pub(super) fn contains(self, evidence: Evidence) -> bool {
        self.0 & 1 << evidence as u16 != 0
    }

    /// Each of them.
    pub(super) fn iter(self) -> impl Iterator<Item = Evidence> {
        let all = Evidence::ALL.into_iter();
        all.filter(move |evidence| self.contains(*evidence))
    }
}

/// What ends a sequence, so that the next call cannot be in the same batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cut {
    /// Nothing shows that a path or another text was known before.
    Text,
    /// Nothing shows that a number was known before.
    Number,
    /// Nothing shows that what was to be written was known before.
    Data,
    /// A call waited for somebody else.
    Waited,
    /// A call began or ended a program, a process or a thread.
    Ended,
    /// The next call is from another part of the program.
    Elsewhere,
    /// The batch is as long as it should be.
    Full,
    /// The thread or the trace ended.
    Over,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Number,
        Self::Data,
        Self::Waited,
        Self::Ended,
        Self::Elsewhere,
        Self::Full,
        Self::Over,
    ];
}
