//! Directory trees, entry by entry and with metadata, at the price of batches:
//! many directories are opened, read, asked about and closed in one crossing to
//! the kernel where the kernel module of `sysbatch` is, and by the same batches
//! in user space where it is not.
//!
//! ```
//! use sysbatch_walk::Walk;
//!
//! let (mut files, mut blocks) = (0, 0);
//! for entry in Walk::new("/usr/share/doc").same_file_system(true) {
//!     match entry {
//!         Ok(entry) => {
//!             files += 1;
//!             blocks += entry.metadata().blocks();
//!         }
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! println!("{files} files in {} KiB", blocks / 2);
//! # assert!(files > 100);
//! ```
//!
//! [`Walk`] has the options: [sorted](Walk::sorted) or not,
//! [depths](Walk::max_depth), [one file system](Walk::same_file_system),
//! [symbolic links](Walk::follow), the [fields](Walk::fields) of the metadata,
//! [threads](Walk::threads). Beneath it is [`scan`], which hands out names and
//! metadata in the memory that the kernel wrote them to, with nothing allocated
//! for a file; `sysbatch du` is made of that.
//!
//! # Beside `walkdir` and `ignore`
//!
//! What is the same:
//!
//! - a root is an entry, of depth 0; directories are entries before what is in
//!   them;
//! - an error about an entry is an item, with the path it is about, and the walk
//!   goes on; a directory that cannot be read is an entry and then an error;
//! - with [`Follow::Always`] an entry is what its link leads to, a link that
//!   leads nowhere is an error, and one that leads back to a directory it is in
//!   is an error that [names it](Error::loop_ancestor);
//! - with [`Walk::same_file_system`] a directory on another file system is an
//!   entry, what is in it is not;
//! - neither depth nor the number of open files limits a walk.
//!
//! What differs:
//!
//! - *Metadata come with the entry.* `walkdir` and `ignore` give the name and
//!   type, and ask for more when [`metadata`](Entry::metadata) is called, a
//!   crossing each. Here they are what a batch is for. Who needs names only is
//!   better off without them. So a file that vanishes between being listed and
//!   being asked about is an error here, and an entry there.
//! - *Order.* Unless it is [sorted](Walk::sorted), a walk gives all that is in a
//!   directory before what is in the directories in it; `walkdir` goes down in
//!   between. Sorted, the two give the same order, that of
//!   `WalkDir::sort_by_file_name`.
//! - *Roots that are links* are followed only with [`Follow::Roots`];
//!   `walkdir` does by default, and yet gives the link as the entry.
//! - *Paths* are put together when [asked for](Entry::path), because most are
//!   not. They have no limit: below `PATH_MAX` bytes directories are opened from
//!   others on the way, where `walkdir` and `ignore` give the kernel the whole
//!   path.
//! - [`Walk::descend_if`] stands for `filter_entry` and `skip_current_dir`, which
//!   here would come too late: directories are listed ahead, though not far.
//!   There is no order with directories after their contents.
//! - *Threads* list; the iterator stays one. `ignore` calls a function in each
//!   thread instead, as does [`scan::Fold`] here.
//! - No patterns and no `.gitignore`: for these `ignore` is there.
//!
//! # What it does to the system
//!
//! Directories are opened below others with no symbolic link on the way
//! (`RESOLVE_NO_SYMLINKS`, or `O_NOFOLLOW` where there is no `openat2(2)`),
//! unless all links are followed: somebody who replaces a directory by a link
//! does not lead a walk elsewhere. Automounts are not set off by being asked
//! about. Memory grows with the number of directories that wait, and not with
//! that of files, in a walk that is not sorted; each thread has 1.5 MiB for what
//! is listed, used as far as it is needed. At most 256 descriptors are open, and
//! no more than half of `RLIMIT_NOFILE` and one for each thread.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod anchor;
mod directory;
mod error;
mod follow;
mod listing;
mod metadata;
pub mod scan;
mod statistics;
mod status;
mod walk;

pub use directory::Directory;
pub use error::Error;
pub use follow::Follow;
pub use listing::{BatchError, Child};
pub use metadata::{FileId, Metadata, Timestamp};
pub use rustix::fs::{FileType, StatxFlags};
pub use statistics::Statistics;
pub use status::statuses;
pub use walk::{Entries, Entry, Walk};
