//! The calls of a batch by topic: one method for each system call.

mod address;
mod declare;
mod directory;
mod event;
mod file;
mod fs;
mod io;
mod net;
mod pipe;
mod process;
mod socket_option;
mod time;

pub use directory::{DirectoryEntries, DirectoryEntry};
pub use io::OwnedFdOperand;
pub use socket_option::SocketOption;
