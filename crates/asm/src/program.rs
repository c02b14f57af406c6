//! An assembled program, before it has addresses.

use sysbatch_abi::{ARGUMENT_COUNT, Entry};

/// One of the three parts of memory that a program consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// The entries.
    Program,
    /// The result slots.
    Results,
    /// Strings, buffers and words.
    Data,
}

/// A 64-bit word that holds an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An argument of an entry.
    Argument {
        /// The index of the entry.
        entry: usize,
        /// The index of the argument, below six.
        argument: usize,
    },
    /// The first value of a result slot.
    Result(usize),
    /// A word in the data, at this offset in bytes.
    Data(usize),
}

/// What an address is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// The first entry.
    Program,
    /// The first result slot.
    Results,
    /// The block with this index in [`Program::blocks`].
    Block(usize),
}

/// A place that gets an address added when the program is loaded. Until then
/// it holds the distance from that address in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relocation {
    /// What is changed.
    pub place: Place,
    /// Whose address is added.
    pub base: Base,
}

/// What a block of data was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// Zero bytes, to be written to.
    Buffer,
    /// Bytes and a zero byte.
    Text,
    /// 64-bit words.
    Words,
    /// Anything.
    Bytes,
}

/// A named part of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its name; none for a string that stands where it is used.
    pub name: Option<String>,
    /// What it was declared as.
    pub kind: BlockKind,
    /// Where it starts in the data, in bytes.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its alignment in bytes, a power of two.
    pub alignment: u64,
}

/// A name for an index: of an entry or of a result slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// The index.
    pub index: u64,
}

/// What is known of an entry besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The line of the source, from 1; 0 if there is no source.
    pub line: usize,
    /// Each argument that is a constant, as it was written. The last of a
    /// repeated call is what its `repeat` clause holds.
    pub written: [Option<String>; ARGUMENT_COUNT],
}

/// A program and its data, ready to be loaded any number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The entries, without what [`relocations`](Self::relocations) add.
    pub entries: Vec<Entry>,
    /// The first values of the result slots.
    pub results: Vec<u64>,
    /// The first contents of the data.
    pub data: Vec<u8>,
    /// Where addresses go, sorted by place.
    pub relocations: Vec<Relocation>,
    /// How many steps may be made.
    pub fuel: u64,
    /// The entry to start with.
    pub start: u64,
    /// The parts of the data, in the order of their offsets.
    pub blocks: Vec<Block>,
    /// The names of entries.
    pub labels: Vec<Symbol>,
    /// The names of result slots.
    pub slots: Vec<Symbol>,
    /// One for each entry.
    pub origins: Vec<Origin>,
}

impl Program {
    /// The index of the result slot with this name.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<u64> {
        find(&self.slots, name)
    }

    /// The index of the entry with this label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<u64> {
        find(&self.labels, name)
    }

    /// The block with this name.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks
            .iter()
            .find(|block| block.name.as_deref() == Some(name))
    }

    /// The alignment that the data needs, in bytes.
    #[must_use]
    pub fn alignment(&self) -> u64 {
        let alignments = self.blocks.iter().map(|block| block.alignment);
        alignments.max().unwrap_or(1).max(8)
    }

    /// What is added to this place when the program is loaded, if anything.
    #[must_use]
    pub fn relocation(&self, place: Place) -> Option<Base> {
        let found = self
            .relocations
            .binary_search_by_key(&place, |relocation| relocation.place);
        found.ok().map(|index| self.relocations[index].base)
    }
}

fn find(symbols: &[Symbol], name: &str) -> Option<u64> {
    symbols
        .iter()
        .find(|symbol| symbol.name == name)
        .map(|symbol| symbol.index)
}
