//! Which files' code is where in a process.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A range of a process's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mapping<'maps> {
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Whether the process can execute what is there.
    pub(super) is_code: bool,
    /// Whether it can't write there, and nobody else does: what is there is as in the file.
    pub(super) is_constant: bool,
    /// Where in the file it begins, in bytes.
    pub(super) offset: u64,
    /// The file's device, as it is printed.
    pub(super) device: &'maps [u8],
    /// Its number on the device; 0 where there is no file.
    pub(super) inode: u64,
    /// The file's path, or what else it is, such as `[vdso]`.
    pub(super) path: &'maps Path,
}

/// The ranges in what `/proc/PID/maps` says.
pub(super) fn mappings(maps: &[u8]) -> impl Iterator<Item = Mapping<'_>> {
    maps.split(|&byte| byte == b'\n').filter_map(mapping)
}

/// One line.
fn mapping(line: &[u8]) -> Option<Mapping<'_>> {
    let (range, rest) = word(line);
    let (access, rest) = word(rest);
    let (offset, rest) = word(rest);
    let (device, rest) = word(rest);
    let (inode, path) = word(rest);
    let range = str::from_utf8(range).ok()?;
    let (begin, end) = range.split_once('-')?;
    let inode = str::from_utf8(inode).ok()?.parse().ok()?;
    Some(Mapping {
        begin: u64::from_str_radix(begin, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
        is_code: access.get(2) == Some(&b'x'),
        is_constant: inode != 0 && matches!(access, [b'r', b'-', _, b'p', ..]),
        offset: u64::from_str_radix(str::from_utf8(offset).ok()?, 16).ok()?,
        device,
        inode,
        path: Path::new(OsStr::from_bytes(path.trim_ascii_start())),
    })
}

/// The bytes up to a space, and those behind it.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|&byte| byte == b' ');
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    (word, rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Mapping, mappings};
    use std::path::Path;

    #[test]
    fn ranges_are_found_with_their_files() {
        let maps = b"\
            55d0a7c00000-55d0a7c02000 r--p 00000000 fe:01 131 /usr/bin/a program\n\
            55d0a7c02000-55d0a7c07000 r-xp 00002000 fe:01 131 /usr/bin/a program\n\
            55d0a7c07000-55d0a7c08000 rw-p 00007000 fe:01 131 /usr/bin/a program\n\
            7ffd0a7c0000-7ffd0a7c1000 r-xp 00000000 00:00 0                          [vdso]\n\
            7ffe00000000-7ffe00001000 rwxp 00000000 00:00 0 \n";
        let found: Vec<Mapping<'_>> = mappings(maps).collect();
        let [header, program, data, vdso, anonymous] = found.as_slice() else {
            panic!("{found:?}");
        };
        let expected = Mapping {
            begin: 0x55d0_a7c0_2000,
            end: 0x55d0_a7c0_7000,
            is_code: true,
            is_constant: true,
            offset: 0x2000,
            device: b"fe:01",
            inode: 131,
            path: Path::new("/usr/bin/a program"),
        };
        assert_eq!(*program, expected);
        assert_eq!((vdso.path, vdso.inode), (Path::new("[vdso]"), 0));
        assert_eq!(anonymous.path, Path::new(""));
        let is_code = found.iter().map(|mapping| mapping.is_code);
        assert_eq!(
            is_code.collect::<Vec<_>>(),
            [false, true, false, true, true]
        );
        assert!(header.is_constant && !data.is_constant);
        assert!(!vdso.is_constant && !anonymous.is_constant);
    }

    #[test]
    fn what_is_no_mapping_is_left_out() {
        assert_eq!(mappings(b"\n1-2 r-xp\nx-y r-xp 0 0 0 a\n").count(), 0);
    }
}
