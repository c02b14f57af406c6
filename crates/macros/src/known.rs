//! The calls that are understood: functions of rustix, and the system calls they make.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprPath, Item, Path, Stmt};

use crate::path::{is_new, segments};

/// How an argument, as rustix takes it, becomes an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// A descriptor: `impl AsFd`.
    Descriptor,
    /// A path: `impl Arg`.
    Path,
    /// A set of flags, passed as its bits.
    Bits,
    /// The flags of an opening, to which rustix adds `O_LARGEFILE`.
    OpenFlags,
    /// An enumeration without fields, passed as its number.
    Choice,
    /// A number of 64 bits.
    Number(Width),
    /// A number of 32 bits, with sign.
    Integer,
    /// Memory that the call fills.
    Fill,
    /// Memory that the call reads.
    Bytes,
    /// `SeekFrom`, which is two operands.
    Seek,
    /// `StatxFlags`, of which rustix refuses some.
    StatxMask,
    /// `&[IoSlice]`, which is where the memory is that the call reads.
    Slices,
    /// `&mut [IoSliceMut]`, the same for memory that it fills.
    SlicesMut,
    /// `Option<Uid>`
    Owner,
    /// `Option<Gid>`
    Group,
    /// `&Timestamps`
    Times,
    /// `None`: the place in a file is that of the descriptor.
    Here,
    /// The flags of `chmodat`, which rustix refuses but for none.
    NoFlags,
    /// `Option<NonZeroU64>`
    NonZero,
}

/// The type of a number of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    U64,
    Usize,
    I64,
}

/// What a call returns when it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Unit,
    Descriptor,
    /// Two descriptors, in memory.
    Descriptors,
    /// How many bytes: at most 2³¹ (`MAX_RW_COUNT` of the kernel).
    Length,
    /// A place in a file.
    Offset,
    /// How many bytes, of any number.
    Count,
    /// How many bytes are in memory, and how many there were.
    Received,
    Stat,
    Statx,
}

/// An operand of the system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The operands of the argument with this index.
    Argument(usize),
    /// The upper half of that argument.
    High(usize),
    /// `AT_FDCWD`.
    Cwd,
    /// This number.
    Fixed(u64),
    /// The address of the memory for what is returned.
    Room,
}

/// A function of rustix.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    /// The constructor of its entry in `sysbatch::__private`.
    pub(crate) call: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) operands: &'static [Slot],
    pub(crate) returned: Returned,
}

use Parameter as P;
use Slot::{Argument as A, Cwd, Fixed, High, Room};

const SYMLINK_NOFOLLOW: u64 = 0x100;
const REMOVEDIR: u64 = 0x200;

macro_rules! known {
    ($($module:ident: $name:ident($($parameter:expr),*) => $call:ident[$($operand:expr),*] -> $returned:ident;)*) => {
        &[$(Known {
            module: stringify!($module),
            name: stringify!($name),
            call: stringify!($call),
            parameters: &[$($parameter),*],
            operands: &[$($operand),*],
            returned: Returned::$returned,
        }),*]
    };
}

const SIZE: Parameter = P::Number(Width::U64);
const COUNT: Parameter = P::Number(Width::Usize);

/// All of them. What rustix makes of each is to be seen in its `linux_raw` backend; the
/// tests compare traces of both.
pub(crate) const KNOWN: &[Known] = known! {
    fs: openat(P::Descriptor, P::Path, P::OpenFlags, P::Bits) => openat[A(0), A(1), A(2), A(3)] -> Descriptor;
    fs: open(P::Path, P::OpenFlags, P::Bits) => open[A(0), A(1), A(2)] -> Descriptor;
    fs: mkdirat(P::Descriptor, P::Path, P::Bits) => mkdirat[A(0), A(1), A(2)] -> Unit;
    fs: mkdir(P::Path, P::Bits) => mkdirat[Cwd, A(0), A(1)] -> Unit;
    fs: unlinkat(P::Descriptor, P::Path, P::Bits) => unlinkat[A(0), A(1), A(2)] -> Unit;
    fs: unlink(P::Path) => unlinkat[Cwd, A(0), Fixed(0)] -> Unit;
    fs: rmdir(P::Path) => unlinkat[Cwd, A(0), Fixed(REMOVEDIR)] -> Unit;
    fs: renameat(P::Descriptor, P::Path, P::Descriptor, P::Path) => renameat[A(0), A(1), A(2), A(3)] -> Unit;
    fs: rename(P::Path, P::Path) => renameat[Cwd, A(0), Cwd, A(1)] -> Unit;
    fs: linkat(P::Descriptor, P::Path, P::Descriptor, P::Path, P::Bits) => linkat[A(0), A(1), A(2), A(3), A(4)] -> Unit;
    fs: link(P::Path, P::Path) => linkat[Cwd, A(0), Cwd, A(1), Fixed(0)] -> Unit;
    fs: symlinkat(P::Path, P::Descriptor, P::Path) => symlinkat[A(0), A(1), A(2)] -> Unit;
    fs: symlink(P::Path, P::Path) => symlinkat[A(0), Cwd, A(1)] -> Unit;
    fs: statat(P::Descriptor, P::Path, P::Bits) => newfstatat[A(0), A(1), Room, A(2)] -> Stat;
    fs: stat(P::Path) => newfstatat[Cwd, A(0), Room, Fixed(0)] -> Stat;
    fs: lstat(P::Path) => newfstatat[Cwd, A(0), Room, Fixed(SYMLINK_NOFOLLOW)] -> Stat;
    fs: fstat(P::Descriptor) => fstat[A(0), Room] -> Stat;
    fs: statx(P::Descriptor, P::Path, P::Bits, P::StatxMask) => statx[A(0), A(1), A(2), A(3), Room] -> Statx;
    fs: ftruncate(P::Descriptor, SIZE) => ftruncate[A(0), A(1)] -> Unit;
    fs: fallocate(P::Descriptor, P::Bits, SIZE, SIZE) => fallocate[A(0), A(1), A(2), A(3)] -> Unit;
    fs: fsync(P::Descriptor) => fsync[A(0)] -> Unit;
    fs: fdatasync(P::Descriptor) => fdatasync[A(0)] -> Unit;
    fs: syncfs(P::Descriptor) => syncfs[A(0)] -> Unit;
    fs: fchmod(P::Descriptor, P::Bits) => fchmod[A(0), A(1)] -> Unit;
    fs: flock(P::Descriptor, P::Choice) => flock[A(0), A(1)] -> Unit;
    fs: seek(P::Descriptor, P::Seek) => lseek[A(0), A(1)] -> Offset;
    fs: tell(P::Descriptor) => lseek[A(0), Fixed(0), Fixed(1)] -> Offset;
    fs: chmod(P::Path, P::Bits) => fchmodat[Cwd, A(0), A(1)] -> Unit;
    fs: chmodat(P::Descriptor, P::Path, P::Bits, P::NoFlags) => fchmodat[A(0), A(1), A(2)] -> Unit;
    fs: chown(P::Path, P::Owner, P::Group) => chown[A(0), A(1), A(2)] -> Unit;
    fs: chownat(P::Descriptor, P::Path, P::Owner, P::Group, P::Bits) => fchownat[A(0), A(1), A(2), A(3), A(4)] -> Unit;
    fs: fchown(P::Descriptor, P::Owner, P::Group) => fchown[A(0), A(1), A(2)] -> Unit;
    fs: utimensat(P::Descriptor, P::Path, P::Times, P::Bits) => utimensat[A(0), A(1), A(2), A(3)] -> Unit;
    fs: futimens(P::Descriptor, P::Times) => utimensat[A(0), Fixed(0), A(1), Fixed(0)] -> Unit;
    fs: access(P::Path, P::Bits) => access[A(0), A(1)] -> Unit;
    fs: renameat_with(P::Descriptor, P::Path, P::Descriptor, P::Path, P::Bits) => renameat2[A(0), A(1), A(2), A(3), A(4)] -> Unit;
    fs: readlinkat_raw(P::Descriptor, P::Path, P::Fill) => readlinkat[A(0), A(1), A(2)] -> Length;
    fs: fadvise(P::Descriptor, SIZE, P::NonZero, P::Choice) => fadvise64[A(0), A(1), A(2), A(3)] -> Unit;
    fs: copy_file_range(P::Descriptor, P::Here, P::Descriptor, P::Here, COUNT) => copy_file_range[A(0), A(1), A(2), A(3), A(4), Fixed(0)] -> Count;
    fs: sendfile(P::Descriptor, P::Descriptor, P::Here, COUNT) => sendfile[A(0), A(1), A(2), A(3)] -> Length;
    fs: memfd_create(P::Path, P::Bits) => memfd_create[A(0), A(1)] -> Descriptor;
    fs: fcntl_setfl(P::Descriptor, P::OpenFlags) => fcntl[A(0), Fixed(4), A(1)] -> Unit;
    fs: getxattr(P::Path, P::Path, P::Fill) => getxattr[A(0), A(1), A(2)] -> Length;
    fs: lgetxattr(P::Path, P::Path, P::Fill) => lgetxattr[A(0), A(1), A(2)] -> Length;
    fs: fgetxattr(P::Descriptor, P::Path, P::Fill) => fgetxattr[A(0), A(1), A(2)] -> Length;
    fs: listxattr(P::Path, P::Fill) => listxattr[A(0), A(1)] -> Length;
    fs: llistxattr(P::Path, P::Fill) => llistxattr[A(0), A(1)] -> Length;
    fs: flistxattr(P::Descriptor, P::Fill) => flistxattr[A(0), A(1)] -> Length;
    fs: setxattr(P::Path, P::Path, P::Bytes, P::Bits) => setxattr[A(0), A(1), A(2), A(3)] -> Unit;
    fs: lsetxattr(P::Path, P::Path, P::Bytes, P::Bits) => lsetxattr[A(0), A(1), A(2), A(3)] -> Unit;
    fs: fsetxattr(P::Descriptor, P::Path, P::Bytes, P::Bits) => fsetxattr[A(0), A(1), A(2), A(3)] -> Unit;
    fs: removexattr(P::Path, P::Path) => removexattr[A(0), A(1)] -> Unit;
    fs: lremovexattr(P::Path, P::Path) => lremovexattr[A(0), A(1)] -> Unit;
    fs: fremovexattr(P::Descriptor, P::Path) => fremovexattr[A(0), A(1)] -> Unit;
    io: readv(P::Descriptor, P::SlicesMut) => readv[A(0), A(1)] -> Length;
    io: preadv(P::Descriptor, P::SlicesMut, SIZE) => preadv[A(0), A(1), A(2), High(2)] -> Length;
    io: writev(P::Descriptor, P::Slices) => writev[A(0), A(1)] -> Length;
    io: pwritev(P::Descriptor, P::Slices, SIZE) => pwritev[A(0), A(1), A(2), High(2)] -> Length;
    io: fcntl_setfd(P::Descriptor, P::Bits) => fcntl[A(0), Fixed(2), A(1)] -> Unit;
    io: read(P::Descriptor, P::Fill) => read[A(0), A(1)] -> Length;
    io: pread(P::Descriptor, P::Fill, SIZE) => pread64[A(0), A(1), A(2)] -> Length;
    io: write(P::Descriptor, P::Bytes) => write[A(0), A(1)] -> Length;
    io: pwrite(P::Descriptor, P::Bytes, SIZE) => pwrite64[A(0), A(1), A(2)] -> Length;
    io: dup(P::Descriptor) => dup[A(0)] -> Descriptor;
    io: fcntl_dupfd_cloexec(P::Descriptor, P::Integer) => fcntl[A(0), Fixed(1030), A(1)] -> Descriptor;
    net: accept(P::Descriptor) => accept[A(0), Fixed(0), Fixed(0)] -> Descriptor;
    net: accept_with(P::Descriptor, P::Bits) => accept4[A(0), Fixed(0), Fixed(0), A(1)] -> Descriptor;
    net: listen(P::Descriptor, P::Integer) => listen[A(0), A(1)] -> Unit;
    net: recv(P::Descriptor, P::Fill, P::Bits) => recvfrom[A(0), A(1), A(2), Fixed(0), Fixed(0)] -> Received;
    net: send(P::Descriptor, P::Bytes, P::Bits) => sendto[A(0), A(1), A(2), Fixed(0), Fixed(0)] -> Length;
    net: shutdown(P::Descriptor, P::Choice) => shutdown[A(0), A(1)] -> Unit;
    pipe: pipe() => pipe[Room] -> Descriptors;
    pipe: pipe_with(P::Bits) => pipe2[Room, A(0)] -> Descriptors;
};

/// The function that a path names, if it can be one of them: by its name alone, or in its
/// module.
pub(crate) fn lookup(path: &Path) -> Option<&'static Known> {
    let segments = segments(path);
    if path.segments.iter().any(|s| !s.arguments.is_none()) {
        return None;
    }
    let (name, before) = segments.split_last()?;
    let known = KNOWN.iter().find(|known| known.name == name)?;
    let named = match before {
        [] => path.leading_colon.is_none(),
        // `std::fs` has a `rename`, too.
        [module] => module == known.module && known.name != "rename",
        [.., rustix, module] => rustix == "rustix" && module == known.module,
    };
    named.then_some(known)
}

/// The function that is called, if it is known.
pub(crate) fn called(function: &Expr) -> Option<&'static Known> {
    match function {
        Expr::Path(ExprPath {
            qself: None, path, ..
        }) => lookup(path),
        _ => None,
    }
}

/// Whether a known call is anywhere in these statements.
pub(crate) fn calls_in(statements: &[Stmt]) -> bool {
    struct Find(bool);
    impl<'ast> Visit<'ast> for Find {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            self.0 |= called(&call.func).is_some() || is_new(call);
            visit::visit_expr_call(self, call);
        }
        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut find = Find(false);
    for statement in statements {
        find.visit_stmt(statement);
    }
    find.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> bool {
        lookup(&syn::parse_str(path).unwrap()).is_some()
    }

    #[test]
    fn names_are_looked_up() {
        for path in [
            "read",
            "io::read",
            "rustix::io::read",
            "sysbatch::rustix::io::read",
        ] {
            assert!(found(path), "{path}");
        }
        for path in [
            "fs::read",
            "std::fs::read",
            "fs::rename",
            "std::io::read",
            "other",
            "::read",
        ] {
            assert!(!found(path), "{path}");
        }
    }

    #[test]
    fn the_document_has_them_all() {
        let document = include_str!("../../../docs/combining.md");
        let lines = document.lines().filter(|line| line.starts_with("| `"));
        let mut listed: Vec<String> = lines
            .filter_map(|line| {
                let mut words = line.split('`').skip(1).step_by(2);
                let module = words
                    .next()
                    .filter(|word| ["fs", "io", "net", "pipe"].contains(word))?;
                Some(words.map(move |name| format!("{module}::{name}")))
            })
            .flatten()
            .collect();
        let mut known: Vec<String> = KNOWN
            .iter()
            .map(|known| format!("{}::{}", known.module, known.name))
            .collect();
        listed.sort();
        known.sort();
        assert_eq!(listed, known);
    }

    #[test]
    fn operands_fit_a_call() {
        for known in KNOWN {
            let size = |slot: &Slot| match slot {
                Slot::Argument(at) => match known.parameters[*at] {
                    P::Fill | P::Bytes | P::Seek | P::Slices | P::SlicesMut => 2,
                    _ => 1,
                },
                _ => 1,
            };
            assert!(known.operands.iter().map(size).sum::<usize>() <= 6);
        }
    }
}
