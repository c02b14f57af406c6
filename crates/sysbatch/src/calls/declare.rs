//! System calls declared by their arguments.

/// Declares methods of [`Batch`](crate::Batch), each of which adds the system call of its
/// name. The arguments are those of the call, in its order:
///
/// | in the declaration | the method takes | the call gets |
/// | --- | --- | --- |
/// | `fd` | a [`FdOperand`](crate::FdOperand) | the descriptor |
/// | `path` | a [`PathOperand`](crate::PathOperand) | the address of the path |
/// | `number` | a [`Number`](crate::Number) | the number |
/// | `flags(T)` | a `T`, a set of flags | its bits |
/// | `one_of(T)` | a `T`, an enumeration | its value |
///
/// A call that returns `OwnedFd` opens a descriptor, which the batch owns.
macro_rules! system_calls {
    ($(
        $(#[$attribute:meta])*
        $name:ident($($argument:ident: $kind:ident $(($of:ty))?),* $(,)?) -> $returned:ident;
    )*) => {$(
        $(#[$attribute])*
        ///
        #[doc = concat!(
            "See [`", stringify!($name), "(2)`](https://man7.org/linux/man-pages/man2/",
            stringify!($name), ".2.html)."
        )]
        #[track_caller]
        pub fn $name(
            &mut self,
            $($argument: $crate::calls::declare::taken!($kind $(($of))?),)*
        ) -> $crate::calls::declare::handle!($returned) {
            use ::syscalls::Sysno::$name as sysno;
            let arguments = [$(
                $crate::calls::declare::operand!(self, sysno, $argument, $kind)
            ),*];
            $crate::calls::declare::added!(self, sysno, arguments, $returned)
        }
    )*};
}

/// What a method takes as an argument.
macro_rules! taken {
    (fd) => { impl $crate::FdOperand<'buf> };
    (path) => { impl $crate::PathOperand };
    (number) => { impl $crate::Number };
    (flags($of:ty)) => { $of };
    (one_of($of:ty)) => { $of };
}

/// What the call gets for it.
macro_rules! operand {
    ($batch:ident, $sysno:ident, $argument:ident, fd) => {
        $argument.operand()
    };
    ($batch:ident, $sysno:ident, $argument:ident, path) => {
        $batch.path($sysno, $argument)
    };
    ($batch:ident, $sysno:ident, $argument:ident, number) => {
        $argument.into()
    };
    ($batch:ident, $sysno:ident, $argument:ident, flags) => {
        $argument.bits().into()
    };
    ($batch:ident, $sysno:ident, $argument:ident, one_of) => {
        ($argument as u32).into()
    };
}

/// What a method returns.
macro_rules! handle {
    (OwnedFd) => { $crate::Handle<::std::os::fd::OwnedFd> };
    (unit) => { $crate::Handle<()> };
    (usize) => { $crate::Handle<usize> };
}

/// The call, added.
macro_rules! added {
    ($batch:ident, $sysno:ident, $arguments:ident, OwnedFd) => {
        $batch.open($sysno, &$arguments)
    };
    ($batch:ident, $sysno:ident, $arguments:ident, $other:ident) => {
        $batch.call($sysno, &$arguments)
    };
}

pub(super) use {added, handle, operand, system_calls, taken};
