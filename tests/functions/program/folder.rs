//! The folder that a function works in.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use sysbatch::rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

/// What there is before a function.
pub struct Before {
    folder: PathBuf,
    filler: PathBuf,
    pub lowest_free: u64,
    /// What is open, by its number.
    open: Vec<String>,
}

impl Before {
    pub fn end(self) {
        let _ = fs::remove_file(&self.filler);
    }
}

/// Makes the folder anew, as it is in this situation, and this process work there; it comes
/// open, and with a file in it that is open.
pub fn prepare(base: &Path, situation: &str, index: usize) -> (File, File, Before) {
    let folder = base.join("folder");
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(folder.join("a"), "some text that is longer than sixteen bytes").unwrap();
    if situation != "missing" {
        fs::write(folder.join("b"), "short").unwrap();
        fs::write(folder.join("sub/c"), "").unwrap();
    }
    // A device of our own that is always full, where we may make one.
    let _ = mknodat(CWD, folder.join("full"), FileType::CharacterDevice, Mode::RWXU, makedev(1, 7));
    symlink("a", folder.join("link")).unwrap();
    std::env::set_current_dir(&folder).unwrap();
    let dir = File::open(&folder).unwrap();
    let outside = File::options().read(true).write(true).open("a").unwrap();
    let filler = base.join("filler");
    if situation == "full" {
        fill(&filler, index % 3);
    }
    let lowest_free = dir.try_clone().unwrap().as_raw_fd() as u64;
    let before = Before { folder, filler, lowest_free, open: open_descriptors() };
    (dir, outside, before)
}

/// Fills the file system but for some pages.
fn fill(path: &Path, free: usize) {
    const PAGE: usize = 4096;
    let mut file = File::create(path).unwrap();
    let mut pages = 0;
    while pages < 4096 {
        match file.write(&[0; PAGE]) {
            Ok(PAGE) => pages += 1,
            Ok(_) => continue,
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                file.set_len((pages.max(free) - free) as u64 * PAGE as u64).unwrap();
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the file system of {} is not small", path.display());
}

/// What is different from before, and the files.
pub fn look(before: &Before) -> String {
    let mut text = String::new();
    let open = open_descriptors();
    for (sign, some, others) in [('+', &open, &before.open), ('-', &before.open, &open)] {
        for one in some.iter().filter(|one| !others.contains(one)) {
            write!(text, "{sign}{one} ").unwrap();
        }
    }
    let mut files = Vec::new();
    list(&before.folder, &before.folder, &mut files);
    files.sort();
    text + &files.join(" ")
}

fn open_descriptors() -> Vec<String> {
    let all = fs::read_dir("/proc/self/fd").unwrap();
    let all = all.filter_map(|entry| {
        let path = entry.unwrap().path();
        let to = fs::read_link(&path).ok()?.display().to_string();
        // The listing itself.
        if to.starts_with("/proc/") {
            return None;
        }
        // Pipes and sockets have numbers, which are new each time.
        let to = to.split(":[").next().unwrap();
        Some(format!("{}:{to}", path.file_name().unwrap().display()))
    });
    all.collect()
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap();
        let contents = if about.is_symlink() {
            format!("{:?}", fs::read_link(&path).unwrap())
        } else if about.is_file() {
            // Not everyone may read what has been made so that nobody may.
            format!("{:?}", fs::read(&path).map(|bytes| bytes.escape_ascii().to_string()).ok())
        } else {
            String::new()
        };
        files.push(format!("{name:?}:{:o}:{}:{contents}", about.mode(), about.nlink()));
        if about.is_dir() {
            list(root, &path, files);
        }
    }
}
