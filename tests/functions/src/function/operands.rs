//! What calls are given: paths, descriptors, numbers, buffers and bytes.

use super::Writer;
use super::scope::Scope;

/// All are relative and lead into the function's own folder: what is done to them, by root
/// maybe, must not be done to files of the machine.
const PATHS: &[&str] = &[
    "\"a\"",
    "\"a\"",
    "\"b\"",
    "\"b\"",
    "name",
    "\"sub/c\"",
    "\"link\"",
    "c\"b\"",
    "\"missing\"",
    "\"new\"",
    "\"sub\"",
    "\"sub/c\"",
    "name",
    "\"full\"",
    "\"bad\\0\"",
    "c\"a\"",
    "\"link\"",
    "\"other\"",
];

pub(super) const FLAGS: &[&str] = &[
    "OFlags::RDONLY",
    "OFlags::RDWR",
    "OFlags::RDWR",
    "OFlags::RDWR | OFlags::CREATE",
    "OFlags::WRONLY | OFlags::CREATE",
    "OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC",
    "OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL",
    "OFlags::RDONLY | OFlags::DIRECTORY",
    "OFlags::RDWR | OFlags::APPEND",
    "flags",
];

/// What is known of a file, and the same for each run.
const FIELDS: &[&str] = &[
    "STAT.st_size",
    "STAT.st_size",
    "STAT.st_size as u64 + 5",
    "STAT.st_mode & 0o7",
    "(STAT.st_mode & 0o170000) >> 12",
    "(STAT.st_mode | 16) ^ 0o100000",
    "STAT.st_nlink",
    "u64::from(STAT.st_uid)",
    "(STAT.st_mtime as usize)",
    "STAT.st_size.cast_unsigned()",
];

impl Writer<'_> {
    pub(super) fn path(&mut self) -> &'static str {
        self.random.of(PATHS)
    }

    /// A descriptor, borrowed.
    pub(super) fn descriptor(&mut self, scope: &Scope) -> String {
        if scope.descriptors.is_empty() || self.random.one_in(6) {
            return self.random.of(&["outside", "dir", "&outside"]).to_owned();
        }
        let at = self.random.below(scope.descriptors.len());
        let name = &scope.descriptors[at].name;
        match self.random.below(4) {
            0 => format!("{name}.as_fd()"),
            _ => format!("&{name}"),
        }
    }

    /// A `u64`.
    pub(super) fn number(&mut self, scope: &Scope) -> String {
        match self.random.below(5) {
            0 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                format!("{} as u64", scope.lengths[at].name)
            }
            1 if !scope.stats.is_empty() => {
                let at = self.random.below(scope.stats.len());
                format!("{}.st_size as u64", scope.stats[at])
            }
            2 => "number".to_owned(),
            3 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                format!("{} as u64 + 2", scope.lengths[at].name)
            }
            _ => self.random.below(9).to_string(),
        }
    }

    /// The name of a buffer, and what a call is given to fill it.
    pub(super) fn buffer(&mut self, scope: &Scope) -> (String, String) {
        let at = self.random.below(scope.buffers.len());
        let name = scope.buffers[at].clone();
        let argument = if name == "buffer" {
            let ways = ["&mut *buffer", "&mut buffer[..]"];
            self.random.of(&ways).to_owned()
        } else {
            format!("&mut {name}")
        };
        (name, argument)
    }

    /// Bytes to be written.
    pub(super) fn bytes(&mut self, scope: &Scope) -> String {
        match self.random.below(5) {
            0 | 1 if !scope.lengths.is_empty() => {
                let at = self.random.below(scope.lengths.len());
                let length = &scope.lengths[at];
                format!("&{}[..{}]", length.buffer, length.name)
            }
            2 => "data".to_owned(),
            3 => "b\"text\"".to_owned(),
            _ => {
                let at = self.random.below(scope.buffers.len());
                format!("&{}[..]", scope.buffers[at])
            }
        }
    }

    /// A condition on what is known so far.
    pub(super) fn condition(&mut self, scope: &Scope) -> String {
        let operator = self.random.of(&["==", "!=", "<", "<=", ">", ">="]);
        let value = self.random.below(20);
        if let (false, Some(length)) = (self.random.one_in(4), scope.lengths.last()) {
            return format!("{} {operator} {value}", length.name);
        }
        if let (true, Some(stat)) = (self.random.one_in(2), scope.stats.last()) {
            let field = self.random.of(FIELDS).replace("STAT", stat);
            return format!("{field} {operator} {value}");
        }
        if let (true, Some(sum)) = (self.random.one_in(4), scope.sums.last()) {
            return format!("{sum} {operator} {value}");
        }
        if let (true, Some(stat)) = (self.random.one_in(4), scope.stats.last()) {
            let of = self
                .random
                .of(&["RegularFile", "Directory", "Symlink", "Unknown"]);
            return format!("FileType::from_raw_mode({stat}.st_mode) == FileType::{of}");
        }
        if let (true, Some(counter)) = (self.random.one_in(2), scope.counters.last()) {
            return format!("{counter} {operator} number && number {operator} 3");
        }
        format!("number {operator} {value}")
    }

    /// A call whose result is nothing of use, without what is done with it.
    pub(super) fn plain_call(&mut self, scope: &Scope) -> String {
        let (first, second) = (self.path(), self.path());
        let descriptor = self.descriptor(scope);
        let number = self.number(scope);
        match self.random.below(16) {
            8 => format!("chmodat(dir, {first}, Mode::RWXU, AtFlags::empty())"),
            9 => format!("chownat(dir, {first}, None, None, AtFlags::SYMLINK_NOFOLLOW)"),
            10 => format!("access({first}, Access::EXISTS)"),
            11 => format!("renameat_with(dir, {first}, dir, {second}, RenameFlags::NOREPLACE)"),
            12 => format!("fsetxattr({descriptor}, \"user.x\", data, XattrFlags::CREATE)"),
            13 => format!("fcntl_setfl({descriptor}, OFlags::APPEND | OFlags::NONBLOCK)"),
            14 => format!("fadvise({descriptor}, {number}, None, Advice::Normal)"),
            0 => format!("mkdirat(dir, {first}, Mode::RWXU)"),
            1 | 2 => format!("unlinkat(dir, {first}, AtFlags::empty())"),
            3 => format!("renameat(dir, {first}, dir, {second})"),
            4 => format!("linkat(dir, {first}, dir, {second}, AtFlags::empty())"),
            5 => format!("symlinkat({first}, dir, {second})"),
            6 => format!("ftruncate({descriptor}, {number})"),
            7 => format!("fsync({descriptor})"),
            _ => format!("fchmod({descriptor}, Mode::RUSR)"),
        }
    }
}
