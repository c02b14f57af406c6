//! The calls of a batch by topic: one method for each system call.

mod address;
mod declare;
mod directory;
mod event;
mod fcntl;
mod file;
mod fs;
mod io;
mod message;
mod net;
mod offset;
mod pipe;
mod poll;
mod process;
mod socket_option;
mod socket_value;
mod stored;
mod time;
mod timer;
mod transfer;
mod vectored;
mod xattr;

pub use directory::{DirectoryEntries, DirectoryEntry};
pub use io::OwnedFdOperand;
pub use message::ReceivedMessage;
pub use offset::FileOffset;
pub use poll::PollFd;
pub(crate) use socket_option::SocketOptionRoom;
pub use socket_option::{SocketOption, SocketOptionName};
