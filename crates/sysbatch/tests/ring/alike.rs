//! A batch gives the same whether or not it is tried on the submitting thread:
//! results, memory, files.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, SeekFrom, Statx, StatxFlags};
use rustix::io::Errno;
use sysbatch::{Backend, Batch, CallError, Handle, Ring, Submit};

use crate::common::{backend, scratch};

/// How long the buffer of a batch is, in bytes.
const BUFFER: usize = 3 * 4096;
/// What there is to open.
const NAMES: [&str; 6] = ["empty", "short", "long", "link", "directory", "missing"];

/// What to add to a batch. Numbers choose among what there is by then.
#[derive(Clone, Debug)]
enum Step {
    Open(usize, OFlags),
    Read(usize, usize, usize),
    Pread(usize, usize, usize, u64),
    Write(usize, usize),
    Seek(usize, SeekFrom),
    Close(usize),
    Stat(usize, AtFlags),
    StatFile(usize),
    Link(usize, usize, usize),
    List(usize, usize, usize),
    Pid,
}

fn step() -> impl Strategy<Value = Step> {
    let flags = prop::sample::select(vec![
        OFlags::RDONLY,
        OFlags::RDONLY | OFlags::CLOEXEC,
        OFlags::RDONLY | OFlags::NOFOLLOW,
        OFlags::RDONLY | OFlags::DIRECTORY,
        OFlags::RDONLY | OFlags::NONBLOCK,
        OFlags::RDWR,
        OFlags::RDONLY | OFlags::CREATE,
    ]);
    let at = prop::sample::select(vec![
        AtFlags::empty(),
        AtFlags::SYMLINK_NOFOLLOW,
        AtFlags::EMPTY_PATH,
    ]);
    let place = || (0..BUFFER, 0..BUFFER);
    let seek = prop_oneof![
        (0..9000_u64).prop_map(SeekFrom::Start),
        (-100..100_i64).prop_map(SeekFrom::Current),
        (-100..100_i64).prop_map(SeekFrom::End),
    ];
    prop_oneof![
        4 => (0..NAMES.len(), flags).prop_map(|(name, flags)| Step::Open(name, flags)),
        4 => (any::<usize>(), place()).prop_map(|(file, (at, len))| Step::Read(file, at, len)),
        3 => (any::<usize>(), place(), 0..9000_u64)
            .prop_map(|(file, (at, len), offset)| Step::Pread(file, at, len, offset)),
        1 => (any::<usize>(), 0..BUFFER).prop_map(|(file, len)| Step::Write(file, len)),
        2 => (any::<usize>(), seek).prop_map(|(file, to)| Step::Seek(file, to)),
        1 => any::<usize>().prop_map(Step::Close),
        2 => (0..NAMES.len(), at).prop_map(|(name, flags)| Step::Stat(name, flags)),
        1 => any::<usize>().prop_map(Step::StatFile),
        1 => (0..NAMES.len(), place()).prop_map(|(name, (at, len))| Step::Link(name, at, len)),
        1 => (any::<usize>(), place()).prop_map(|(file, (at, len))| Step::List(file, at, len)),
        1 => Just(Step::Pid),
    ]
}

/// What one step returned.
type Returned = Result<u64, Option<Errno>>;

/// The files that the steps work on, as they are at first.
fn prepare(directory: &Path) {
    let bytes = |len: u32| {
        (0..len)
            .map(|at| ((at * 31) >> 3) as u8)
            .collect::<Vec<_>>()
    };
    fs::write(directory.join("empty"), []).unwrap();
    fs::write(directory.join("short"), bytes(100)).unwrap();
    fs::write(directory.join("long"), bytes(9000)).unwrap();
    std::os::unix::fs::symlink("short", directory.join("link")).unwrap();
    fs::create_dir(directory.join("directory")).unwrap();
}

enum Added {
    Opened,
    Length(Handle<usize>),
    Offset(Handle<u64>),
    Nothing(Handle<()>),
    Status(Handle<Statx>),
    /// What is in the buffer differs from directory to directory.
    Entries(Handle<usize>),
    Pid(Handle<rustix::process::Pid>),
}

/// How a batch is run.
#[derive(Clone, Copy)]
enum How<'a> {
    Now(&'a Backend),
    On(&'a Ring, bool),
}

/// Runs the steps on files of their own, which are in shared memory if that is
/// asked for and there is any; returns what came of them.
fn run(
    steps: &[Step],
    in_memory: bool,
    how: How<'_>,
) -> (Vec<Returned>, Vec<u8>, Vec<Option<Vec<u8>>>) {
    let scratch = match tempfile::tempdir_in("/dev/shm") {
        Ok(directory) if in_memory => directory,
        _ => scratch(),
    };
    prepare(scratch.path());
    let mut batch = Batch::new();
    let buffer = batch.buffer(BUFFER);
    let mut files: Vec<Handle<OwnedFd>> = Vec::new();
    let mut added = Vec::new();
    for step in steps {
        let part = |at: usize, len: usize| buffer.part(at, len.min(BUFFER - at));
        let chosen = |file: usize| file % files.len();
        added.push(match step {
            Step::Open(name, flags) => {
                let path = scratch.path().join(NAMES[*name]);
                files.push(batch.openat(CWD, path, *flags, Mode::RUSR | Mode::WUSR));
                Added::Opened
            }
            Step::Pid => Added::Pid(batch.getpid()),
            Step::Stat(name, flags) => {
                let path = scratch.path().join(NAMES[*name]);
                Added::Status(batch.statx(CWD, path, *flags, StatxFlags::BASIC_STATS))
            }
            &Step::Link(name, at, len) => {
                let path = scratch.path().join(NAMES[name]);
                Added::Length(batch.readlinkat(CWD, path, part(at, len)))
            }
            _ if files.is_empty() => continue,
            &Step::Read(file, at, len) => {
                Added::Length(batch.read(&files[chosen(file)], part(at, len)))
            }
            &Step::Pread(file, at, len, offset) => {
                Added::Length(batch.pread(&files[chosen(file)], part(at, len), offset))
            }
            &Step::Write(file, len) => {
                Added::Length(batch.write(&files[chosen(file)], part(0, len)))
            }
            &Step::Seek(file, to) => Added::Offset(batch.lseek(&files[chosen(file)], to)),
            &Step::StatFile(file) => {
                let mask = StatxFlags::BASIC_STATS;
                let file = &files[chosen(file)];
                Added::Status(batch.statx(file, "", AtFlags::EMPTY_PATH, mask))
            }
            &Step::List(file, at, len) => {
                let entries = batch.buffer(BUFFER);
                let entries = entries.part(at, len.min(BUFFER - at));
                Added::Entries(batch.getdents64(&files[chosen(file)], entries))
            }
            &Step::Close(file) => {
                let file = files.swap_remove(chosen(file));
                Added::Nothing(batch.close(file))
            }
        });
    }
    let mut completion;
    let results = match how {
        How::Now(backend) => batch.run(backend).unwrap(),
        How::On(ring, inline) => {
            let submit = Submit::new(batch).inline_first(inline);
            completion = ring.submit(submit).unwrap().wait().unwrap();
            completion.results().unwrap()
        }
    };
    let errno = |error: CallError| error.errno();
    let returned = added
        .into_iter()
        .map(|added| match added {
            Added::Opened => Ok(0),
            Added::Length(handle) => results.get(&handle).map(|len| len as u64).map_err(errno),
            Added::Status(handle) => {
                let status = results.get(&handle).map_err(errno);
                status.map(|status| status.stx_size + u64::from(status.stx_mode))
            }
            Added::Entries(handle) => results.get(&handle).map(|len| len as u64).map_err(errno),
            Added::Offset(handle) => results.get(&handle).map_err(errno),
            Added::Nothing(handle) => results.get(&handle).map(|()| 0).map_err(errno),
            Added::Pid(handle) => {
                let pid = results.get(&handle).map_err(errno);
                pid.map(|pid| pid.as_raw_nonzero().get() as u64)
            }
        })
        .chain(files.iter().map(|file| {
            let fd = results.fd(file).map_err(errno)?;
            let flags = rustix::fs::fcntl_getfl(fd).unwrap();
            Ok(flags.bits().into())
        }))
        .collect();
    let bytes = results.bytes(buffer).to_vec();
    drop(results);
    let files = NAMES.map(|name| fs::read(scratch.path().join(name)).ok());
    (returned, bytes, files.to_vec())
}

static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Arc::new(backend()));
static RING: LazyLock<Ring> = LazyLock::new(|| Ring::new(Arc::clone(&BACKEND)).unwrap());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn with_and_without_a_first_try(
        steps in prop::collection::vec(step(), 1..20),
        in_memory in any::<bool>(),
    ) {
        let expected = run(&steps, in_memory, How::Now(&BACKEND));
        for inline in [true, false] {
            prop_assert_eq!(&run(&steps, in_memory, How::On(&RING, inline)), &expected);
        }
    }
}
