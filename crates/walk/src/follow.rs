//! Which symbolic links are followed.

use rustix::fs::AtFlags;

/// Which symbolic links a walk follows to the directory that they lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Follow {
    /// None: a link is an entry of its own, and so is a root that is one.
    #[default]
    Never,
    /// Those that are named as roots, none below.
    Roots,
    /// All. An entry then has the metadata of what its link leads to, and one
    /// that leads nowhere is an error. Directories that contain themselves in
    /// this way are found and not walked again.
    Always,
}

impl Follow {
    /// Whether a root that is a link is followed.
    pub(crate) fn follows_roots(self) -> bool {
        self != Self::Never
    }

    /// The flags with which `statx` asks for the status of a root, or of what is
    /// below.
    pub(crate) fn statx_flags(self, root: bool) -> AtFlags {
        let follows = match self {
            Self::Never => false,
            Self::Roots => root,
            Self::Always => true,
        };
        // As `stat(2)` does, or as `lstat(2)` does.
        if follows {
            AtFlags::NO_AUTOMOUNT
        } else {
            AtFlags::NO_AUTOMOUNT | AtFlags::SYMLINK_NOFOLLOW
        }
    }
}
