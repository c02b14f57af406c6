//! The intermediate form: entries with labels, and what lays them out.

/// The index of a result slot.
pub(crate) type Slot = u16;

/// A place among the entries that branches lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(usize);

/// Where control goes after an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Next,
    To(Label),
    /// Out of the batch.
    Leave,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A system call, by the constructor of its entry.
    Call(&'static str),
    Close,
    /// A built-in operation, by its name in the interface.
    Set,
    Add,
    Sub,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Load1,
    Load2,
    Load4,
    Load8,
    /// A load of as many bytes as the value with this index says.
    Load(usize),
}

/// An operand of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Constant(u64),
    Slot(Slot),
    /// A value that is known when the batch is run: its index.
    Value(usize),
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) action: Action,
    pub(crate) destination: Slot,
    pub(crate) operands: Vec<Operand>,
    pub(crate) negative: Target,
    pub(crate) zero: Target,
    pub(crate) positive: Target,
    /// The values that refuse the call if they are none: paths with a zero byte in them.
    pub(crate) checked: Vec<usize>,
}

impl Entry {
    pub(crate) fn new(action: Action, destination: Slot, operands: Vec<Operand>) -> Self {
        Self {
            action,
            destination,
            operands,
            negative: Target::Next,
            zero: Target::Next,
            positive: Target::Next,
            checked: Vec::new(),
        }
    }

    /// Goes there whatever the result is.
    pub(crate) fn always(mut self, target: Target) -> Self {
        (self.negative, self.zero, self.positive) = (target, target, target);
        self
    }
}

/// The slot of the number of the exit that was taken. It is 0 at the end.
pub(crate) const EXIT_SLOT: Slot = 0;
/// The slot of results that nobody asks for.
const SPARE_SLOT: Slot = 1;

/// Entries, as they are put together.
#[derive(Clone, Debug)]
pub(crate) struct Assembly {
    pub(crate) entries: Vec<Entry>,
    labels: Vec<Option<usize>>,
    slots: Slot,
}

/// An offset to branch by, as the interface has it: from the entry after this one.
pub(crate) const LEAVE: i16 = i16::MIN;

impl Assembly {
    pub(crate) fn new() -> Self {
        Self {
            entries: Vec::new(),
            labels: Vec::new(),
            slots: SPARE_SLOT + 1,
        }
    }

    pub(crate) fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots - 1
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots.into()
    }

    pub(crate) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Has the label stand before the next entry.
    pub(crate) fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.entries.len());
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Adds an operation; gives the slot of its result.
    pub(crate) fn operation<const N: usize>(
        &mut self,
        action: Action,
        operands: [Operand; N],
    ) -> Slot {
        let slot = self.slot();
        self.push(Entry::new(action, slot, operands.to_vec()));
        slot
    }

    /// The index of the entry that a label stands before.
    pub(crate) fn index(&self, label: Label) -> usize {
        self.labels[label.0].expect("each label is placed")
    }

    pub(crate) fn jump(&mut self, target: Target) {
        let set = Entry::new(Action::Set, SPARE_SLOT, Vec::new());
        self.push(set.always(target));
    }

    pub(crate) fn close(&mut self, descriptor: Slot) {
        let operand = vec![Operand::Slot(descriptor)];
        self.push(Entry::new(Action::Close, SPARE_SLOT, operand));
    }

    /// Leaves the batch by the exit with this number.
    pub(crate) fn leave(&mut self, exit: usize) {
        let number = vec![Operand::Constant(exit as u64)];
        self.push(Entry::new(Action::Set, EXIT_SLOT, number).always(Target::Leave));
    }

    /// How many system calls are in it.
    pub(crate) fn calls(&self) -> usize {
        let calls = |entry: &&Entry| matches!(entry.action, Action::Call(_) | Action::Close);
        self.entries.iter().filter(calls).count()
    }

    /// Whether a branch leads back.
    pub(crate) fn loops(&self) -> bool {
        let back = |at: usize, target| match target {
            Target::To(label) => self.labels[label.0].is_some_and(|to| to <= at),
            _ => false,
        };
        self.entries.iter().enumerate().any(|(at, entry)| {
            [entry.negative, entry.zero, entry.positive]
                .into_iter()
                .any(|target| back(at, target))
        })
    }

    /// The offset that leads from the entry at `from` to a target; nothing if it is too far.
    pub(crate) fn offset(&self, from: usize, target: Target) -> Option<i16> {
        match target {
            Target::Next => Some(0),
            Target::Leave => Some(LEAVE),
            Target::To(label) => {
                let to = self.index(label);
                let offset = to as i64 - (from as i64 + 1);
                i16::try_from(offset).ok().filter(|&offset| offset != LEAVE)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_next_entry() {
        let mut assembly = Assembly::new();
        let (start, end) = (assembly.label(), assembly.label());
        assembly.place(start);
        assembly.jump(Target::To(end));
        assembly.jump(Target::To(start));
        assembly.place(end);
        assert_eq!(assembly.offset(0, Target::To(end)), Some(1));
        assert_eq!(assembly.offset(1, Target::To(start)), Some(-2));
        assert_eq!(assembly.offset(1, Target::To(end)), Some(0));
        assert_eq!(assembly.offset(1, Target::Next), Some(0));
        assert_eq!(assembly.offset(1, Target::Leave), Some(i16::MIN));
        assert!(assembly.loops());
    }

    #[test]
    fn a_branch_may_be_too_long() {
        let mut assembly = Assembly::new();
        let end = assembly.label();
        assembly.jump(Target::To(end));
        for _ in 0..32768 {
            assembly.leave(0);
        }
        assembly.place(end);
        assert_eq!(assembly.offset(0, Target::To(end)), None);
        assert_eq!(assembly.offset(1, Target::To(end)), Some(32767));
        assert!(!assembly.loops());
    }
}
