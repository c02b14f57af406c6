//! The files that a first try has opened itself.

/// How many are remembered; of others it is asked what they are.
const MAX: usize = 8;

/// What a file that was opened here is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnKind {
    /// A regular file, read only, at whose offset nobody else looks.
    Regular {
        /// Whether its file system is memory, see [`super::memory`].
        in_memory: bool,
    },
    /// Something else that is closed without waiting.
    Other,
}

/// Files that nobody else knows of.
#[derive(Debug)]
pub(super) struct Own {
    files: [(i32, OwnKind); MAX],
    len: usize,
}

impl Own {
    pub(super) const fn new() -> Self {
        Self {
            files: [(0, OwnKind::Other); MAX],
            len: 0,
        }
    }

    /// Remembers a file, if there is room.
    pub(super) fn add(&mut self, fd: i64, kind: OwnKind) {
        if let Some(place) = self.files.get_mut(self.len) {
            *place = (fd as i32, kind);
            self.len += 1;
        }
    }

    fn position(&self, fd: u64) -> Option<usize> {
        let known = &self.files[..self.len];
        known.iter().position(|&(own, _)| own == fd as i32)
    }

    pub(super) fn kind(&self, fd: u64) -> Option<OwnKind> {
        self.position(fd).map(|at| self.files[at].1)
    }

    /// Forgets a file.
    pub(super) fn forget(&mut self, fd: u64) {
        if let Some(at) = self.position(fd) {
            self.len -= 1;
            self.files.swap(at, self.len);
        }
    }

    /// Forgets all files: others may know of them now.
    pub(super) fn forget_all(&mut self) {
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_known_until_it_is_forgotten() {
        let mut own = Own::new();
        let regular = OwnKind::Regular { in_memory: true };
        for fd in 0..MAX as i64 {
            own.add(fd, if fd % 2 == 0 { regular } else { OwnKind::Other });
        }
        own.add(99, regular);
        assert_eq!(own.kind(99), None, "there is no room for it");
        own.forget(2);
        own.forget(99);
        let kinds: Vec<_> = (0..4).map(|fd| own.kind(fd)).collect();
        let other = Some(OwnKind::Other);
        assert_eq!(kinds, [Some(regular), other, None, other]);
        own.add(99, regular);
        assert_eq!(own.kind(99), Some(regular));
        own.forget_all();
        assert!((0..100).all(|fd| own.kind(fd).is_none()));
    }
}
