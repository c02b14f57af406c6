//! Sizes and field offsets of the kernel's structures.

use std::mem::{offset_of, size_of};

struct Structure {
    name: &'static str,
    size: usize,
    fields: &'static [(&'static str, usize)],
}

macro_rules! structures {
    ($($name:ident { $($field:ident)* })*) => {
        &[$(Structure {
            name: stringify!($name),
            size: size_of::<libc::$name>(),
            fields: &[$((stringify!($field), offset_of!(libc::$name, $field))),*],
        }),*]
    };
}

const STRUCTURES: &[Structure] = structures! {
    statx {
        stx_mask stx_blksize stx_attributes stx_nlink stx_uid stx_gid stx_mode
        stx_ino stx_size stx_blocks stx_attributes_mask stx_atime stx_btime
        stx_ctime stx_mtime stx_rdev_major stx_rdev_minor stx_dev_major
        stx_dev_minor
    }
    stat { st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size st_blksize st_blocks }
    dirent64 { d_ino d_off d_reclen d_type d_name }
    timespec { tv_sec tv_nsec }
    timeval { tv_sec tv_usec }
    itimerspec { it_interval it_value }
    iovec { iov_base iov_len }
    msghdr { msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags }
    pollfd { fd events revents }
    epoll_event { events u64 }
    sockaddr_in { sin_family sin_port sin_addr }
    sockaddr_in6 { sin6_family sin6_port sin6_flowinfo sin6_addr sin6_scope_id }
    sockaddr_un { sun_family sun_path }
    open_how { flags mode resolve }
    rlimit { rlim_cur rlim_max }
    flock { l_type l_whence l_start l_len l_pid }
    utsname { sysname nodename release version machine }
};

fn structure(name: &str) -> Option<&'static Structure> {
    STRUCTURES.iter().find(|structure| structure.name == name)
}

/// The size of a structure in bytes.
pub(crate) fn structure_size(name: &str) -> Option<u64> {
    structure(name).map(|structure| structure.size as u64)
}

/// The offset in bytes of a field in its structure.
pub(crate) fn field_offset(name: &str, field: &str) -> Option<u64> {
    structure(name)?
        .fields
        .iter()
        .find(|(known, _)| *known == field)
        .map(|&(_, offset)| offset as u64)
}

/// The names of the fields of a structure.
pub(crate) fn fields(name: &str) -> Option<Vec<&'static str>> {
    structure(name).map(|structure| structure.fields.iter().map(|&(name, _)| name).collect())
}

/// The names of the structures.
pub(crate) fn structure_names() -> impl Iterator<Item = &'static str> {
    STRUCTURES.iter().map(|structure| structure.name)
}
