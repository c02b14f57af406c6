//! Operands that change between runs.

use core::marker::PhantomData;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use super::handle::Param;
use super::{Batch, ParamSlot};

/// What a parameter can hold.
pub trait ParamValue<'buf>: sealed::Value<'buf> {}

/// What a parameter can hold that a batch can compute with.
pub trait NumberParam: sealed::Number {}

macro_rules! values {
    ($($of:ty => |$value:ident| $word:expr;)*) => {$(
        impl<'buf> sealed::Value<'buf> for $of {
            fn word(self) -> u64 {
                let $value = self;
                $word
            }
        }
        impl<'buf> ParamValue<'buf> for $of {}
    )*};
}

values! {
    u64 => |value| value;
    i64 => |value| value.cast_unsigned();
    BorrowedFd<'buf> => |fd| i64::from(fd.as_raw_fd()).cast_unsigned();
}

impl sealed::Number for u64 {
    fn from_word(word: u64) -> Self {
        word
    }
}
impl NumberParam for u64 {}

impl sealed::Number for i64 {
    fn from_word(word: u64) -> Self {
        word.cast_signed()
    }
}
impl NumberParam for i64 {}

pub(super) mod sealed {
    pub trait Value<'buf> {
        fn word(self) -> u64;
    }

    pub trait Number {
        fn from_word(word: u64) -> Self;
    }
}

impl<'buf> Batch<'buf> {
    /// A parameter with this value, for now.
    pub fn param<T: ParamValue<'buf>>(&mut self, value: T) -> Param<T> {
        self.add_param(ParamSlot::Word(value.word()))
    }

    /// Changes a parameter, for the runs that follow.
    ///
    /// # Panics
    /// If the parameter belongs to another batch.
    #[track_caller]
    pub fn set<T: ParamValue<'buf>>(&mut self, param: &Param<T>, value: T) {
        self.id.check(param.batch, "parameter");
        self.params[param.index] = ParamSlot::Word(value.word());
    }

    /// A parameter that is a path, of which the batch keeps a copy.
    ///
    /// # Errors
    /// If it cannot be passed to the kernel: mostly [`Errno::INVAL`], for a
    /// zero byte in it.
    pub fn path_param(&mut self, path: impl rustix::path::Arg) -> Result<Param<CString>, Errno> {
        let path = path.into_with_c_str(|path| Ok(path.to_owned()))?;
        Ok(self.add_param(ParamSlot::Path(path)))
    }

    /// Changes a path, for the runs that follow.
    ///
    /// # Errors
    /// As for [`path_param`](Self::path_param); the path is then what it was.
    ///
    /// # Panics
    /// If the parameter belongs to another batch.
    #[track_caller]
    pub fn set_path(
        &mut self,
        param: &Param<CString>,
        path: impl rustix::path::Arg,
    ) -> Result<(), Errno> {
        self.id.check(param.batch, "parameter");
        let path = path.into_with_c_str(|path| Ok(path.to_owned()))?;
        self.params[param.index] = ParamSlot::Path(path);
        Ok(())
    }

    fn add_param<T>(&mut self, slot: ParamSlot) -> Param<T> {
        self.program = None;
        self.params.push(slot);
        Param {
            batch: self.id,
            index: self.params.len() - 1,
            of: PhantomData,
        }
    }
}

impl ParamSlot {
    /// What is in the parameter's slot when a run begins.
    pub(super) fn word(&self) -> u64 {
        match self {
            Self::Word(word) => *word,
            // What it points to does not move when the `CString` does.
            Self::Path(path) => path.as_ptr().expose_provenance() as u64,
        }
    }
}
