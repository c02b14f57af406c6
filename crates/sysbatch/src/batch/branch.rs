//! Labels and branches.

use sysbatch_abi::BuiltIn;

use super::handle::{Handle, Label, Target};
use super::operand::Number;
use super::{Batch, BuildError};

/// Which sign of a result a branch is for.
#[derive(Clone, Copy)]
enum Sign {
    Negative,
    Zero,
    Positive,
}

impl Batch<'_> {
    /// A new label, to be [placed](Self::place) somewhere in the batch.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label {
            batch: self.id,
            index: self.labels.len() - 1,
        }
    }

    /// Places a label where the batch now ends: before the next call that is
    /// added, or the end if none is.
    ///
    /// # Panics
    /// If the label belongs to another batch.
    #[track_caller]
    pub fn place(&mut self, label: Label) {
        self.id.check(label.batch, "label");
        self.program = None;
        let here = self.operations.len();
        if self.labels[label.index].replace(here).is_some() {
            let index = self.calls;
            self.fail(BuildError::LabelPlacedTwice { index });
        }
    }

    /// A new label, placed where the batch now ends: for a loop to come back
    /// to.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Where the batch goes on if this call fails, or is skipped because one
    /// that it needs has failed.
    ///
    /// # Panics
    /// If the handle or the label belongs to another batch.
    #[track_caller]
    pub fn on_error<T>(&mut self, call: &Handle<T>, target: impl Into<Target>) {
        self.branch(call, Sign::Negative, target.into());
    }

    /// Where the batch goes on if this result is negative: that of arithmetic,
    /// or the error of a call.
    ///
    /// # Panics
    /// If the handle or the label belongs to another batch.
    #[track_caller]
    pub fn on_negative(&mut self, number: &Handle<i64>, target: impl Into<Target>) {
        self.branch(number, Sign::Negative, target.into());
    }

    /// Where the batch goes on if this call returns zero: for most that is
    /// success, for a `read` the end of the file.
    ///
    /// # Panics
    /// If the handle or the label belongs to another batch.
    #[track_caller]
    pub fn on_zero<T>(&mut self, call: &Handle<T>, target: impl Into<Target>) {
        self.branch(call, Sign::Zero, target.into());
    }

    /// Where the batch goes on if this call returns more than zero.
    ///
    /// # Panics
    /// If the handle or the label belongs to another batch.
    #[track_caller]
    pub fn on_positive<T>(&mut self, call: &Handle<T>, target: impl Into<Target>) {
        self.branch(call, Sign::Positive, target.into());
    }

    /// Goes on elsewhere.
    ///
    /// # Panics
    /// If the label belongs to another batch.
    #[track_caller]
    pub fn jump(&mut self, target: impl Into<Target>) {
        let target = target.into();
        let set = self.number(BuiltIn::Set, &[]);
        self.branch(&set, Sign::Zero, target);
    }

    /// Leaves the batch.
    pub fn exit(&mut self) {
        self.jump(Target::Exit);
    }

    /// Looks at a number again, for a branch by its sign.
    ///
    /// # Panics
    /// If the number belongs to another batch.
    #[track_caller]
    pub fn test(&mut self, number: impl Number) -> Handle<i64> {
        self.number(BuiltIn::Set, &[number.into()])
    }

    #[track_caller]
    fn branch<T>(&mut self, handle: &Handle<T>, sign: Sign, target: Target) {
        self.id.check(handle.batch, "handle");
        if let Target::Label(label) = target {
            self.id.check(label.batch, "label");
        }
        self.program = None;
        let operation = &mut self.operations[handle.operation];
        let branch = match sign {
            Sign::Negative => &mut operation.on_error,
            Sign::Zero => &mut operation.on_zero,
            Sign::Positive => &mut operation.on_positive,
        };
        *branch = Some(target);
    }
}
