//! The calls that are about files, directories and descriptors.

use syscalls::Sysno;

use super::Argument::{Descriptor as D, Number as N, Read as R, Text as T, Written};
use super::Tells::{Amount, Bytes, Descriptor, Done, Number};
use super::{Argument, Kind, Signature, table};

/// Memory that is written as far as the result says.
const B: Argument = Argument::WrittenByResult;
/// A `struct stat`.
#[cfg(target_arch = "x86_64")]
const STAT: Argument = Written(144);
/// A `struct stat`.
#[cfg(not(target_arch = "x86_64"))]
const STAT: Argument = Written(128);
/// A `struct statx`.
const STATX: Argument = Written(256);
/// A `struct statfs`.
const STATFS: Argument = Written(120);
/// A number of 64 bits that is read and written, such as a place in a file.
const PLACE: Argument = Written(8);

table! {
    // Reading and writing
    read(D, B, N) Works Bytes;
    pread64(D, B, N, N) Works Bytes;
    readv(D, R, N) Works Bytes;
    preadv(D, R, N, N, N) Works Bytes;
    preadv2(D, R, N, N, N, N) Works Bytes;
    write(D, R, N) Works Amount(2);
    pwrite64(D, R, N, N) Works Amount(2);
    writev(D, R, N) Works Number;
    pwritev(D, R, N, N, N) Works Number;
    pwritev2(D, R, N, N, N, N) Works Number;
    lseek(D, N, N) Works Number;
    sendfile(D, D, PLACE, N) Works Amount(3);
    copy_file_range(D, PLACE, D, PLACE, N, N) Works Amount(4);
    splice(D, PLACE, D, PLACE, N, N) Works Amount(4);
    tee(D, D, N, N) Works Amount(2);
    vmsplice(D, R, N, N) Works Number;
    readahead(D, N, N) Works Done;
    fadvise64(D, N, N, N) Works Done;
    fallocate(D, N, N, N) Works Done;
    ftruncate(D, N) Works Done;
    truncate(T, N) Works Done;
    fsync | fdatasync | syncfs(D) Works Done;
    sync_file_range(D, N, N, N) Works Done;
    sync() Works Done;
    flock(D, N) Waits Done;
    // Opening and closing
    openat(D, T, N, N) Works Descriptor;
    openat2(D, T, R, N) Works Descriptor;
    close(D) Works Done;
    close_range(N, N, N) Works Done;
    dup(D) Works Descriptor;
    dup3(D, D, N) Works Descriptor;
    pipe2(Written(8), N) Works Done;
    fcntl(D, N, N) Works Number;
    ioctl(D, N, N) Works Number;
    memfd_create(T, N) Works Descriptor;
    name_to_handle_at(D, T, Written(8), Written(4), N) Works Done;
    open_by_handle_at(D, R, N) Works Descriptor;
    open_tree(D, T, N) Works Descriptor;
    // What is known of files
    fstat(D, STAT) Works Done;
    #[cfg(target_arch = "x86_64")]
    newfstatat(D, T, STAT, N) Works Done;
    #[cfg(not(target_arch = "x86_64"))]
    fstatat(D, T, STAT, N) Works Done;
    statx(D, T, N, N, STATX) Works Done;
    statfs(T, STATFS) Works Done;
    fstatfs(D, STATFS) Works Done;
    faccessat(D, T, N) Works Done;
    faccessat2(D, T, N, N) Works Done;
    readlinkat(D, T, B, N) Works Bytes;
    getdents64(D, B, N) Works Bytes;
    getcwd(B, N) Works Bytes;
    cachestat(D, R, Written(40), N) Works Done;
    // Extended attributes
    getxattr | lgetxattr(T, T, B, N) Works Bytes;
    fgetxattr(D, T, B, N) Works Bytes;
    listxattr | llistxattr(T, B, N) Works Bytes;
    flistxattr(D, B, N) Works Bytes;
    setxattr | lsetxattr(T, T, R, N, N) Works Done;
    fsetxattr(D, T, R, N, N) Works Done;
    removexattr | lremovexattr(T, T) Works Done;
    fremovexattr(D, T) Works Done;
    // Changing directories and what is known of files
    mkdirat(D, T, N) Works Done;
    mknodat(D, T, N, N) Works Done;
    unlinkat(D, T, N) Works Done;
    renameat(D, T, D, T) Works Done;
    renameat2(D, T, D, T, N) Works Done;
    linkat(D, T, D, T, N) Works Done;
    symlinkat(T, D, T) Works Done;
    fchmod(D, N) Works Done;
    fchmodat(D, T, N) Works Done;
    fchmodat2(D, T, N, N) Works Done;
    fchown(D, N, N) Works Done;
    fchownat(D, T, N, N, N) Works Done;
    utimensat(D, T, R, N) Works Done;
    chdir(T) Works Done;
    fchdir(D) Works Done;
    chroot(T) Works Done;
    umask(N) Works Number;
    mount(T, T, T, N, N) Works Done;
    umount2(T, N) Works Done;
    inotify_init1(N) Works Descriptor;
    inotify_add_watch(D, T, N) Works Number;
    inotify_rm_watch(D, N) Works Done;
    // Those that only x86-64 has
    #[cfg(target_arch = "x86_64")]
    open(T, N, N) Works Descriptor;
    #[cfg(target_arch = "x86_64")]
    creat(T, N) Works Descriptor;
    #[cfg(target_arch = "x86_64")]
    stat | lstat(T, STAT) Works Done;
    #[cfg(target_arch = "x86_64")]
    access(T, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    readlink(T, B, N) Works Bytes;
    #[cfg(target_arch = "x86_64")]
    getdents(D, B, N) Works Bytes;
    #[cfg(target_arch = "x86_64")]
    dup2(D, D) Works Descriptor;
    #[cfg(target_arch = "x86_64")]
    pipe(Written(8)) Works Done;
    #[cfg(target_arch = "x86_64")]
    mkdir(T, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    mknod(T, N, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    rmdir | unlink(T) Works Done;
    #[cfg(target_arch = "x86_64")]
    rename | link | symlink(T, T) Works Done;
    #[cfg(target_arch = "x86_64")]
    chmod(T, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    chown | lchown(T, N, N) Works Done;
    #[cfg(target_arch = "x86_64")]
    utime | utimes(T, R) Works Done;
    #[cfg(target_arch = "x86_64")]
    futimesat(D, T, R) Works Done;
    #[cfg(target_arch = "x86_64")]
    inotify_init() Works Descriptor;
}
