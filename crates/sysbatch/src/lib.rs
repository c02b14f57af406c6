//! Many system calls in one crossing to the kernel.
//!
//! A *batch* is an array of entries: system calls, and built-in operations to
//! compute with their results and to branch on them. A [`Backend`] runs it: in
//! the kernel, by one `ioctl` of `/dev/sysbatch`, or in this process, by the
//! same interpreter and one system call instruction for each call.

mod arch;
mod backend;
mod batch;
mod calls;
mod host;

pub use backend::{Backend, Choice, DeviceError, Kind, SelectError};
pub use batch::{
    Batch, BatchError, Buffer, BuildError, CallError, CallErrorKind, Destination, FdOperand,
    Handle, InSlot, Label, Number, Operand, Output, Param, ParamValue, PathOperand, Prefix,
    Results, Source, Target,
};
pub use calls::{DirectoryEntries, DirectoryEntry, OwnedFdOperand, SocketOption};
pub use host::{Checked, Direct, Memory, UserHost};
pub use sysbatch_abi as abi;
