//! Where in a program calls are made.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::{Frame, Object};

/// So many functions may lie between a call and the function that a sequence is of, those of
/// the C library not counted.
pub(super) const REACH: usize = 5;

/// So many frames of the program's own, beginning with the innermost, make a call site, and
/// those of the C library that lie between.
const SITE: usize = 3;

/// The functions that were being called, the outermost first; of a function that calls
/// itself, in whatever way, the innermost only and not what is between.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    /// The innermost frame of each function.
    pub(super) frames: Vec<Frame>,
    /// How many of them are the program's own, and not the C library's.
    pub(super) own: usize,
    /// The call site.
    pub(super) site: u64,
}

impl Chain {
    /// How many functions, beginning with the outermost, are the same in both.
    pub(super) fn common(&self, other: &[Frame]) -> usize {
        let pairs = self.frames.iter().zip(other);
        pairs
            .take_while(|(one, other)| is_same_function(**one, **other))
            .count()
    }
}

/// Whether two frames are of one function.
fn is_same_function(one: Frame, other: Frame) -> bool {
    (one.object, one.function) == (other.object, other.function)
}

/// What is known of the files that code is from.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// Those of the C library and the loader.
    system: HashSet<Object>,
}

impl Objects {
    /// Learns the path of one.
    pub(super) fn insert(&mut self, object: Object, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_system = ["libc.", "libc-", "ld-", "ld.so", "libpthread", "[vdso]"]
            .iter()
            .any(|beginning| name.starts_with(beginning));
        if is_system {
            self.system.insert(object);
        }
    }

    /// Whether it is the C library or the loader.
    pub(super) fn is_system(&self, object: Object) -> bool {
        self.system.contains(&object)
    }

    /// How many of these frames are the program's own.
    pub(super) fn own(&self, frames: &[Frame]) -> usize {
        let own = frames.iter();
        own.filter(|frame| !self.is_system(frame.object)).count()
    }

    /// The functions of a stack.
    pub(super) fn chain(&self, number: u32, stack: &[Frame]) -> Chain {
        let mut frames: Vec<Frame> = Vec::with_capacity(stack.len());
        let mut at = HashMap::with_capacity(stack.len());
        for &frame in stack.iter().rev() {
            let function = (frame.object, frame.function);
            let index = *at.entry(function).or_insert(frames.len());
            // What it has called before it was called again is gone, if it was called again.
            for gone in frames.drain(index..).skip(1) {
                at.remove(&(gone.object, gone.function));
            }
            frames.push(frame);
        }
        let mut hasher = DefaultHasher::new();
        number.hash(&mut hasher);
        let mut own = 0;
        for frame in stack {
            (frame.object, frame.address).hash(&mut hasher);
            own += usize::from(!self.is_system(frame.object));
            if own == SITE {
                break;
            }
        }
        Chain {
            own: self.own(&frames),
            frames,
            site: hasher.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: u64, address: u64) -> Frame {
        Frame {
            object: Object(0),
            address,
            function,
        }
    }

    fn functions(stack: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let stack: Vec<_> = stack.iter().map(|&(f, a)| frame(f, a)).collect();
        let chain = Objects::default().chain(0, &stack);
        let frames = chain.frames.iter();
        frames
            .map(|frame| (frame.function, frame.address))
            .collect()
    }

    #[test]
    fn the_outermost_function_is_first() {
        assert_eq!(functions(&[(30, 31), (20, 21)]), [(20, 21), (30, 31)]);
    }

    #[test]
    fn recursion_is_folded() {
        // main, walk, descend, walk, descend, read
        let deep = [(50, 51), (30, 32), (20, 22), (30, 33), (20, 21), (10, 11)];
        assert_eq!(functions(&deep), [(10, 11), (20, 22), (30, 32), (50, 51)]);
        assert_eq!(functions(&[(20, 23), (20, 22), (20, 21)]), [(20, 23)]);
    }

    #[test]
    fn a_site_is_the_way_to_a_call() {
        let mut objects = Objects::default();
        objects.insert(Object(1), "/usr/lib/x86_64-linux-gnu/libc.so.6");
        objects.insert(Object(2), "/usr/lib/libcap.so.2");
        assert!(objects.is_system(Object(1)));
        assert!(!objects.is_system(Object(2)));
        let site = |library, callers: &[u64]| {
            let wrapper = Frame {
                object: Object(1),
                address: library,
                function: 0,
            };
            let callers = callers.iter().map(|address| frame(1, *address));
            let stack: Vec<_> = std::iter::once(wrapper).chain(callers).collect();
            objects.chain(3, &stack).site
        };
        assert_eq!(site(7, &[5, 4, 3, 2]), site(7, &[5, 4, 3, 1]));
        assert_ne!(site(7, &[5, 4, 3]), site(7, &[5, 4, 2]));
        assert_ne!(site(7, &[5]), site(8, &[5]));
    }
}
