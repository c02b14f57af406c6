//! What is done on the submitting thread, and what is not.
#![expect(unsafe_code, reason = "calls that are not among those of the builder")]

mod calls;
mod closing;
mod names;
mod reading;

use std::fs;
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, SeekFrom};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::net::{RecvFlags, SendFlags, SocketFlags};
use sysbatch::{Batch, Completion, Handle, Ring, Submit};
use tempfile::TempDir;

use crate::common::{backend, scratch};
use crate::ring;

/// Adds a call that returns the number of the thread that runs the batch.
fn who_runs(batch: &mut Batch<'static>) -> Handle<i64> {
    // SAFETY: it has no arguments and no effect.
    unsafe { batch.syscall(libc::SYS_gettid as u32, [0_u64.into(); 6]) }
}

/// Runs a batch on a ring, and says whether it came to its end on this thread.
fn is_inline(ring: &Ring, mut batch: Batch<'static>) -> (bool, Completion) {
    let thread = who_runs(&mut batch);
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let thread = completion.results().unwrap().get(&thread).unwrap();
    let inline = thread == rustix::thread::gettid().as_raw_nonzero().get().into();
    (inline, completion)
}

/// A batch that opens a file.
fn open(path: &Path, flags: OFlags) -> (Batch<'static>, Handle<OwnedFd>) {
    let mut batch = Batch::new();
    let file = batch.openat(CWD, path, flags, Mode::RUSR | Mode::WUSR);
    (batch, file)
}

/// A file that is in the cache.
fn file(directory: &Path, name: &str, content: &[u8]) -> std::path::PathBuf {
    let path = directory.join(name);
    fs::write(&path, content).unwrap();
    assert_eq!(fs::read(&path).unwrap(), content);
    path
}

/// A directory on a file system that is memory, where there is one.
fn in_shared_memory() -> Option<TempDir> {
    tempfile::tempdir_in("/dev/shm")
        .ok()
        .filter(|directory| is_tmpfs(directory.path()))
}

/// Directories on all file systems that there are to test on.
fn places() -> Vec<TempDir> {
    let mut places = vec![scratch()];
    places.extend(in_shared_memory());
    places
}

fn is_tmpfs(path: &Path) -> bool {
    const TMPFS_MAGIC: u64 = 0x0102_1994;
    rustix::fs::statfs(path).unwrap().f_type as u64 == TMPFS_MAGIC
}

/// Whether something happens on this thread, if not at first: the kernel also gives up
/// looking in the cache when anybody renames or mounts something meanwhile.
pub(crate) fn at_last(mut is_inline: impl FnMut() -> bool) -> bool {
    (0..100).any(|_| is_inline())
}

/// Whether the module makes the first try: it needs no other forms of calls.
fn is_in_kernel() -> bool {
    backend().kind() == sysbatch::Kind::Kernel
}

/// Whether reading from a socket has a form that does not wait. Older kernels
/// have none, and without the module the batch is left to a worker.
fn sockets_have_nowait() -> bool {
    if is_in_kernel() {
        return true;
    }
    let (ours, theirs) = UnixStream::pair().unwrap();
    rustix::io::write(&ours, b"x").unwrap();
    let mut byte = [0];
    let mut buffers = [IoSliceMut::new(&mut byte)];
    // The offset of what has none (`preadv2(2)`).
    match rustix::io::preadv2(&theirs, &mut buffers, u64::MAX, ReadWriteFlags::NOWAIT) {
        Ok(1) => true,
        Err(Errno::OPNOTSUPP) => false,
        other => panic!("reading without waiting gave {other:?}"),
    }
}

#[test]
fn calls_that_never_wait() {
    let ring = ring();
    let mut batch = Batch::new();
    batch.getpid();
    batch.getuid();
    batch.clock_gettime(rustix::time::ClockId::Monotonic);
    batch.pipe2(rustix::pipe::PipeFlags::CLOEXEC);
    batch.eventfd2(0, rustix::event::EventfdFlags::CLOEXEC);
    assert!(is_inline(&ring, batch).0);
}

#[test]
fn a_cached_file_is_opened_read_and_closed() {
    let ring = ring();
    let directory = scratch();
    let path = file(directory.path(), "file", b"hello, world");
    let (mut batch, opened) = open(&path, OFlags::RDONLY | OFlags::CLOEXEC);
    let buffer = batch.buffer(64);
    let first = batch.read(&opened, buffer.part(0, 5));
    let rest = batch.read(&opened, buffer.part(5, 59));
    let end = batch.read(&opened, buffer.part(63, 1));
    let offset = batch.lseek(&opened, SeekFrom::Current(0));
    let again = batch.pread(&opened, buffer.part(32, 32), 7_u64);
    let closed = batch.close(opened);
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let results = completion.results().unwrap();
    assert_eq!(results.get(&first), Ok(5));
    assert_eq!(results.get(&rest), Ok(7));
    assert_eq!(results.get(&end), Ok(0));
    assert_eq!(results.get(&offset), Ok(12));
    assert_eq!(results.get(&again), Ok(5));
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(&results.bytes(buffer)[..12], b"hello, world");
    assert_eq!(&results.bytes(buffer)[32..37], b"world");
}

#[test]
fn the_descriptor_has_the_number_it_would_have() {
    // In a child there are no threads that open files meanwhile.
    let directory = scratch();
    let path = file(directory.path(), "file", b"x");
    crate::common::in_child(|| {
        let ring = Ring::new(backend()).unwrap();
        let lowest = rustix::io::dup(std::io::stdin()).unwrap();
        let expected = std::os::fd::AsRawFd::as_raw_fd(&lowest);
        drop(lowest);
        let (batch, opened) = open(&path, OFlags::RDONLY);
        let mut completion = ring.submit(batch).unwrap().wait().unwrap();
        let mut results = completion.results().unwrap();
        let opened = results.take(&opened).unwrap();
        assert_eq!(std::os::fd::AsRawFd::as_raw_fd(&opened), expected);
        // It is as `openat` makes it, to the last flag.
        let plain = rustix::fs::open(&path, OFlags::RDONLY, Mode::empty()).unwrap();
        let flags = |fd: &OwnedFd| rustix::fs::fcntl_getfl(fd).unwrap();
        assert_eq!(flags(&opened), flags(&plain));
    });
}

#[test]
fn what_may_wait_is_left_to_workers() {
    let ring = ring();
    let directory = scratch();
    let path = file(directory.path(), "file", b"hello");
    let written = [
        OFlags::WRONLY,
        OFlags::RDWR,
        OFlags::RDONLY | OFlags::CREATE,
        OFlags::RDONLY | OFlags::TRUNC,
    ];
    // The kernel itself looks at such a file when it is read, and not before.
    let direct = (!is_in_kernel()).then_some(OFlags::RDONLY | OFlags::DIRECT);
    for flags in written.into_iter().chain(direct) {
        let (batch, _) = open(&path, flags);
        assert!(!is_inline(&ring, batch).0, "{flags:?}");
    }
}

#[test]
fn a_fifo_is_waited_for_elsewhere() {
    let ring = ring();
    let directory = scratch();
    let path = directory.path().join("fifo");
    rustix::fs::mknodat(
        CWD,
        &path,
        rustix::fs::FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    let (mut batch, opened) = open(&path, OFlags::RDONLY);
    let buffer = batch.buffer(8);
    let read = batch.read(&opened, buffer);
    // It comes back although nobody writes yet.
    let ticket = ring.submit(batch).unwrap();
    assert!(!ticket.is_complete());
    fs::write(&path, b"late").unwrap();
    let mut completion = ticket.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&read), Ok(4));
}

#[test]
fn pipes_and_sockets_that_are_ready() {
    let ring = ring();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(16);
    let socket = batch.keep(OwnedFd::from(theirs));
    let read = batch.read(socket, buffer.part(0, 4));
    let received = batch.recvfrom(socket, buffer.part(4, 8), RecvFlags::empty());
    rustix::io::write(&ours, b"onetwo").unwrap();
    let (inline, mut completion) = is_inline(&ring, batch);
    assert_eq!(inline, sockets_have_nowait());
    let results = completion.results().unwrap();
    assert_eq!(results.get(&read), Ok(4));
    assert_eq!(results.get(&received), Ok(2), "as much as there is");
    assert_eq!(&results.bytes(buffer)[..6], b"onetwo");
    drop(results);
    // Now there is nothing, and it waits.
    let ticket = ring.submit(completion.into_batch()).unwrap();
    assert!(!ticket.is_complete());
    rustix::io::write(&ours, b"more").unwrap();
    rustix::net::shutdown(&ours, rustix::net::Shutdown::Write).unwrap();
    let mut completion = ticket.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&received), Ok(0));
}

#[test]
fn a_message_is_received_whole_or_waited_for() {
    let ring = ring();
    let (ours, theirs) = UnixStream::pair().unwrap();
    rustix::io::write(&ours, b"part").unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let socket = batch.keep(OwnedFd::from(theirs));
    let received = batch.recvfrom(socket, buffer, RecvFlags::WAITALL);
    let ticket = ring.submit(batch).unwrap();
    assert!(!ticket.is_complete());
    rustix::io::write(&ours, b"rest").unwrap();
    let mut completion = ticket.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&received), Ok(8));

    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let mut batch = Batch::new();
    let socket = batch.keep(OwnedFd::from(theirs));
    let sent = batch.sendto(socket, b"message", SendFlags::empty(), None);
    let written = batch.write(socket, b"another");
    let (inline, mut completion) = is_inline(&ring, batch);
    assert_eq!(inline, sockets_have_nowait());
    let results = completion.results().unwrap();
    assert_eq!(results.get(&sent), Ok(7));
    assert_eq!(results.get(&written), Ok(7));
    let mut bytes = [0; 16];
    assert_eq!(ours.recv(&mut bytes).unwrap(), 7);
    assert_eq!(&bytes[..7], b"message");
}

#[test]
fn streams_are_not_written_to_in_part() {
    let ring = ring();
    let (ours, theirs) = UnixStream::pair().unwrap();
    // More than the socket holds.
    let bytes: &'static [u8] = vec![7; 1 << 20].leak();
    let mut batch = Batch::new();
    let socket = batch.keep(OwnedFd::from(theirs));
    let written = batch.write(socket, bytes);
    let ticket = ring.submit(batch).unwrap();
    let mut read = vec![0; bytes.len()];
    std::io::Read::read_exact(&mut &ours, &mut read).unwrap();
    assert_eq!(read, bytes);
    let mut completion = ticket.wait().unwrap();
    assert_eq!(completion.results().unwrap().get(&written), Ok(bytes.len()));
}

#[test]
fn connections_are_waited_for_elsewhere() {
    let ring = ring();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut batch = Batch::new();
    let socket = batch.keep(OwnedFd::from(listener.try_clone().unwrap()));
    let accepted = batch.accept4(socket, SocketFlags::CLOEXEC);
    let ticket = ring.submit(batch).unwrap();
    assert!(!ticket.is_complete());
    let client = std::net::TcpStream::connect(address).unwrap();
    let mut completion = ticket.wait().unwrap();
    assert!(completion.results().unwrap().fd(&accepted).is_ok());
    drop(client);
    // One that does not wait says so at once.
    listener.set_nonblocking(true).unwrap();
    let (inline, mut completion) = is_inline(&ring, completion.into_batch());
    assert!(inline);
    let error = completion.results().unwrap().fd(&accepted).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::AGAIN));
}

#[test]
fn it_can_be_declined() {
    let ring = ring();
    let mut batch = Batch::new();
    let thread = who_runs(&mut batch);
    let submit = Submit::new(batch).inline_first(false);
    let mut completion = ring.submit(submit).unwrap().wait().unwrap();
    let thread = completion.results().unwrap().get(&thread).unwrap();
    let caller = rustix::thread::gettid().as_raw_nonzero().get();
    assert_ne!(thread, caller.into());
}

#[test]
fn a_file_that_is_cached_in_part_is_read_whole() {
    const LEN: usize = 1 << 20;
    let ring = ring();
    let directory = scratch();
    let content: Vec<u8> = (0..LEN as u32).map(|at| (at ^ (at >> 9)) as u8).collect();
    let path = file(directory.path(), "file", &content);
    // The first page alone, where the file system has a cache to speak of; all
    // of it where it has not.
    let plain = fs::File::open(&path).unwrap();
    plain.sync_all().unwrap();
    rustix::fs::fadvise(&plain, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    rustix::fs::fadvise(&plain, 0, None, rustix::fs::Advice::Random).unwrap();
    rustix::io::pread(&plain, &mut [0; 1], 0).unwrap();
    let (mut batch, opened) = open(&path, OFlags::RDONLY);
    let buffer = batch.buffer(LEN + 1);
    let first = batch.read(&opened, buffer.part(0, LEN / 2));
    let rest = batch.read(&opened, buffer.part(LEN / 2, LEN / 2 + 1));
    let mut completion = ring.submit(batch).unwrap().wait().unwrap();
    let results = completion.results().unwrap();
    assert_eq!(results.get(&first), Ok(LEN / 2));
    assert_eq!(results.get(&rest), Ok(LEN / 2));
    assert_eq!(results.bytes(buffer)[..LEN], content);
}
