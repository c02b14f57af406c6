//! Entries, by the system call they make.

use linux_raw_sys::general::AT_FDCWD;
use rustix::io::Errno;
use sysbatch_abi::{BuiltIn, Entry, Mode, Width};
use syscalls::Sysno;

use crate::arch::NEWFSTATAT;

/// An operand of an entry.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// A value.
    Value(u64),
    /// The value in a result slot.
    Slot(u16),
}

/// An entry.
pub type Call = Entry;

fn entry(nr: i32, dst: u16, [on_neg, on_zero, on_pos]: [i16; 3], operands: &[Operand]) -> Entry {
    let mut entry = Entry {
        nr,
        dst,
        on_neg,
        on_zero,
        on_pos,
        ..Entry::default()
    };
    for (k, operand) in operands.iter().enumerate() {
        match *operand {
            Operand::Value(value) => entry.args[k] = value,
            Operand::Slot(slot) => {
                entry.args[k] = slot.into();
                entry.modes |= Mode::Result.bits(k);
            }
        }
    }
    entry
}

macro_rules! calls {
    ($($name:ident)*) => {$(
        #[must_use]
        pub fn $name(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
            entry(Sysno::$name as i32, dst, branches, operands)
        }
    )*};
}

calls! {
    openat mkdirat unlinkat renameat linkat symlinkat fstat statx ftruncate fallocate fsync
    fdatasync syncfs fchmod flock lseek read pread64 write pwrite64 dup fcntl accept accept4
    listen sendto shutdown pipe2 close getdents64
    fchmodat fchownat fchown utimensat renameat2 readlinkat fadvise64 copy_file_range sendfile
    memfd_create getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr
    fsetxattr removexattr lremovexattr fremovexattr readv preadv writev pwritev recvfrom
}

#[must_use]
pub fn newfstatat(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
    entry(NEWFSTATAT as i32, dst, branches, operands)
}

#[cfg(target_arch = "x86_64")]
calls! { open pipe access chown }

/// As `openat`, where there is no other.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn open(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
    openat(dst, branches, &here(operands))
}

/// The operands with `AT_FDCWD` before them.
#[cfg(not(target_arch = "x86_64"))]
fn here(operands: &[Operand]) -> Vec<Operand> {
    let mut all = vec![Operand::Value(i64::from(AT_FDCWD).cast_unsigned())];
    all.extend_from_slice(operands);
    all
}

/// As `faccessat`, where there is no other.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn access(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
    entry(Sysno::faccessat as i32, dst, branches, &here(operands))
}

/// As `fchownat`, where there is no other.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn chown(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
    fchownat(dst, branches, &here(operands))
}

/// As `pipe2`, where there is no other.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn pipe(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
    pipe2(dst, branches, operands)
}

macro_rules! built_ins {
    ($($name:ident = $built_in:expr;)*) => {$(
        #[must_use]
        pub fn $name(dst: u16, branches: [i16; 3], operands: &[Operand]) -> Entry {
            entry($built_in.number(), dst, branches, operands)
        }
    )*};
}

built_ins! {
    set = BuiltIn::Set;
    add = BuiltIn::Add;
    sub = BuiltIn::Sub;
    and = BuiltIn::And;
    or = BuiltIn::Or;
    xor = BuiltIn::Xor;
    shl = BuiltIn::Shl;
    shr = BuiltIn::Shr;
    load1 = BuiltIn::Load(Width::One);
    load2 = BuiltIn::Load(Width::Two);
    load4 = BuiltIn::Load(Width::Four);
    load8 = BuiltIn::Load(Width::Eight);
}

/// A load of as many bytes.
///
/// # Panics
/// If no number has so many.
#[must_use]
pub fn load(dst: u16, branches: [i16; 3], operands: &[Operand], width: usize) -> Entry {
    let load = match width {
        1 => load1,
        2 => load2,
        4 => load4,
        8 => load8,
        _ => panic!("a number of {width} bytes"),
    };
    load(dst, branches, operands)
}

/// The entry, or one that gives an error in its place.
#[must_use]
pub fn refused(entry: Entry, refusals: &[Option<Errno>]) -> Entry {
    let Some(errno) = refusals.iter().flatten().next() else {
        return entry;
    };
    let error = (-i64::from(errno.raw_os_error())).cast_unsigned();
    let branches = [entry.on_neg, entry.on_zero, entry.on_pos];
    set(entry.dst, branches, &[Operand::Value(error)])
}

const _: () = assert!(AT_FDCWD == -100);
