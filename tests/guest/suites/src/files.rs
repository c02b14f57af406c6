//! Real files, and what closing one in a batch lets the next entry see.

use std::os::fd::{AsRawFd as _, IntoRawFd as _};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, ipproto};
use sysbatch::abi::{BuiltIn, Entry, Status, Width};
use sysbatch_reference::{EntryExt as _, Operand, built_in};
use syscalls::Sysno;

use crate::harness::cases;
use crate::lab::{
    Batch, Lab, UNWRITTEN, address_of, address_of_mut, at, error, imm, result, set, sys,
};
use crate::scratch::Scratch;

cases! {
    both copy_of_ten_mebibytes within 120;
    both closed_pipe_is_at_its_end_in_the_next_entry;
    both closed_reader_breaks_the_pipe_in_the_next_entry;
    both closed_lock_is_free_in_the_next_entry;
    both closed_listener_frees_its_port_in_the_next_entry;
    both closed_listener_frees_its_name_in_the_next_entry;
    both replaced_descriptor_is_closed_in_the_next_entry;
    kernel closed_and_unlinked_file_frees_its_blocks_in_the_next_entry;
    kernel closed_file_lets_go_of_its_file_system_in_the_next_entry;
    both everyday_calls_on_a_file;
    both a_directory_is_read_in_one_batch;
}

const EXIT: i16 = i16::MIN;

fn open(path: &core::ffi::CStr, flags: i32, mode: u32) -> Entry {
    let path = at(address_of(path.to_bytes_with_nul()));
    sys(
        Sysno::openat,
        [imm(libc::AT_FDCWD), path, imm(flags), imm(mode)],
    )
}

fn close(fd: impl Into<i64>) -> Entry {
    sys(Sysno::close, [imm(fd.into())])
}

fn copy_of_ten_mebibytes(lab: &mut Lab) {
    const LEN: usize = 10 << 20;
    const BLOCK: usize = 64 << 10;
    let scratch = Scratch::new("copy");
    let [from, to] = ["from", "to"].map(|name| scratch.file(name));
    // Bytes that repeat nowhere near a block's length.
    let bytes: Vec<u8> = (0..LEN as u64)
        .map(|i| ((i * i) >> 7).to_le_bytes()[0])
        .collect();
    std::fs::write(scratch.path().join("from"), &bytes).expect("write");
    let mut buffer = vec![0_u8; BLOCK];
    let buffer = at(address_of_mut(&mut buffer));
    let create = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
    let mut batch = Batch::new([
        open(&from, libc::O_RDONLY, 0).jumps(EXIT, 0, 0),
        open(&to, create, 0o600).jumps(EXIT, 0, 0),
        sys(Sysno::read, [result(0), buffer, imm(BLOCK)]).jumps(EXIT, 1, 0),
        sys(Sysno::write, [result(1), buffer, result(2)]).jumps(EXIT, -2, -2),
        sys(Sysno::close, [result(0)]),
        sys(Sysno::close, [result(1)]),
    ])
    .with_fuel(10_000);
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done), "{:?}", batch.results);
    let crossings = lab.backend.crossings() - before;
    println!(
        "{LEN} bytes in {crossings} crossings and {} steps",
        batch.run.steps
    );
    let copy = std::fs::read(scratch.path().join("to")).expect("read");
    assert!(copy == bytes, "the copy differs");
    assert_eq!(batch.results[2..], [0, BLOCK as i64, 0, 0]);
    let steps = 2 * (LEN / BLOCK) as u64 + 5;
    assert_eq!(batch.run.steps, steps);
    assert_eq!(crossings, if lab.is_kernel() { 1 } else { steps });
}

fn nonblocking_pipe() -> (i32, i32) {
    let pipe = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).expect("pipe2");
    (pipe.0.into_raw_fd(), pipe.1.into_raw_fd())
}

fn closed_pipe_is_at_its_end_in_the_next_entry(lab: &mut Lab) {
    let (reader, writer) = nonblocking_pipe();
    let mut byte = [0_u8];
    let read = sys(
        Sysno::read,
        [imm(reader), at(address_of_mut(&mut byte)), imm(1)],
    );
    let mut batch = Batch::new([read, close(writer), read]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [error(Errno::AGAIN), 0, 0]);
}

fn closed_reader_breaks_the_pipe_in_the_next_entry(lab: &mut Lab) {
    crate::signal::count(rustix::process::Signal::PIPE, 0);
    let (reader, writer) = nonblocking_pipe();
    let byte = [0_u8];
    let write = sys(Sysno::write, [imm(writer), at(address_of(&byte)), imm(1)]);
    let handled = built_in(
        BuiltIn::Load(Width::Eight),
        &[at(crate::signal::handled_address())],
    );
    let mut batch = Batch::new([write, close(reader), write, handled]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results, [1, 0, error(Errno::PIPE), 1]);
}

fn closed_lock_is_free_in_the_next_entry(lab: &mut Lab) {
    let scratch = Scratch::new("lock");
    let path = scratch.file("file");
    std::fs::write(scratch.path().join("file"), b"").expect("write");
    let lock = |fd| {
        sys(
            Sysno::flock,
            [result(fd), imm(libc::LOCK_EX | libc::LOCK_NB)],
        )
    };
    let mut batch = Batch::new([
        open(&path, libc::O_RDONLY, 0),
        open(&path, libc::O_RDONLY, 0),
        lock(0),
        lock(1),
        sys(Sysno::close, [result(0)]),
        lock(1),
        sys(Sysno::close, [result(1)]),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[2..], [0, error(Errno::AGAIN), 0, 0, 0]);
}

/// Listens at an address, is refused it a second time, closes, and gets it.
fn listen_twice(lab: &mut Lab, family: AddressFamily, protocol: i64, address: &[u8]) {
    let kind = i64::from(SocketType::STREAM.as_raw());
    let socket = sys(
        Sysno::socket,
        [imm(family.as_raw()), imm(kind), imm(protocol)],
    );
    let bind = |fd| {
        sys(
            Sysno::bind,
            [result(fd), at(address_of(address)), imm(address.len())],
        )
    };
    let mut batch = Batch::new([
        socket,
        bind(0),
        sys(Sysno::listen, [result(0), imm(8)]),
        socket,
        bind(3),
        sys(Sysno::close, [result(0)]),
        bind(3),
        sys(Sysno::listen, [result(3), imm(8)]),
        sys(Sysno::close, [result(3)]),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[1..3], [0, 0]);
    assert_eq!(batch.results[4..], [error(Errno::ADDRINUSE), 0, 0, 0, 0]);
}

fn closed_listener_frees_its_port_in_the_next_entry(lab: &mut Lab) {
    // A port that is free now; any address, so that no interface is needed.
    let probe = std::net::TcpListener::bind("0.0.0.0:0").expect("bind");
    let port = probe.local_addr().expect("an address").port();
    drop(probe);
    // struct sockaddr_in: family, port in network order, address, padding.
    let mut address = [0; 16];
    address[..2].copy_from_slice(&AddressFamily::INET.as_raw().to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    let protocol = i64::from(ipproto::TCP.as_raw().get());
    listen_twice(lab, AddressFamily::INET, protocol, &address);
}

fn closed_listener_frees_its_name_in_the_next_entry(lab: &mut Lab) {
    let name = format!("\0sysbatch-{}", std::process::id());
    let mut address = AddressFamily::UNIX.as_raw().to_ne_bytes().to_vec();
    address.extend_from_slice(name.as_bytes());
    listen_twice(lab, AddressFamily::UNIX, 0, &address);
}

fn replaced_descriptor_is_closed_in_the_next_entry(lab: &mut Lab) {
    let (reader, writer) = nonblocking_pipe();
    let null = std::fs::File::open("/dev/null").expect("/dev/null");
    let mut byte = [0_u8];
    let read = sys(
        Sysno::read,
        [imm(reader), at(address_of_mut(&mut byte)), imm(1)],
    );
    let replace = sys(Sysno::dup3, [imm(null.as_raw_fd()), imm(writer), imm(0)]);
    let mut batch = Batch::new([read, replace, read, close(writer)]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(
        batch.results,
        [error(Errno::AGAIN), i64::from(writer), 0, 0]
    );
}

/// Mounts a small file system on a directory.
fn mount(on: &std::path::Path) {
    let flags = rustix::mount::MountFlags::empty();
    rustix::mount::mount("none", on, "tmpfs", flags, c"size=8m").expect("root may mount");
}

fn closed_and_unlinked_file_frees_its_blocks_in_the_next_entry(lab: &mut Lab) {
    let scratch = Scratch::new("blocks");
    mount(scratch.path());
    let directory = scratch.file("");
    let path = scratch.file("file");
    let data = vec![1_u8; 1 << 20];
    let mut before = [0_u64; 15];
    let mut after = [0_u64; 15];
    let statfs = |to: &mut [u64; 15]| {
        let path = at(address_of(directory.to_bytes_with_nul()));
        sys(Sysno::statfs, [path, at(address_of_mut(to))])
    };
    let mut batch = Batch::new([
        open(&path, libc::O_RDWR | libc::O_CREAT, 0o600),
        sys(
            Sysno::write,
            [result(0), at(address_of(&data)), imm(data.len())],
        ),
        crate::arch::unlink(at(address_of(path.to_bytes_with_nul()))),
        statfs(&mut before),
        sys(Sysno::close, [result(0)]),
        statfs(&mut after),
        sys(
            Sysno::umount2,
            [at(address_of(directory.to_bytes_with_nul())), imm(0)],
        ),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(batch.results[1..], [1 << 20, 0, 0, 0, 0, 0]);
    // struct statfs: type, block size, blocks, free blocks, …
    assert_eq!((after[3] - before[3]) * after[1], 1 << 20);
}

fn closed_file_lets_go_of_its_file_system_in_the_next_entry(lab: &mut Lab) {
    let scratch = Scratch::new("mount");
    mount(scratch.path());
    let directory = scratch.file("");
    let path = scratch.file("file");
    let umount = sys(
        Sysno::umount2,
        [at(address_of(directory.to_bytes_with_nul())), imm(0)],
    );
    let mut batch = Batch::new([
        open(&path, libc::O_RDWR | libc::O_CREAT, 0o600),
        umount,
        sys(Sysno::close, [result(0)]),
        umount,
        umount,
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert_eq!(
        batch.results[1..],
        [error(Errno::BUSY), 0, 0, error(Errno::INVAL)]
    );
}

fn everyday_calls_on_a_file(lab: &mut Lab) {
    let scratch = Scratch::new("calls");
    let [path, other] = ["a", "b"].map(|name| scratch.file(name));
    let [path_at, other_at] = [&path, &other].map(|path| at(address_of(path.as_bytes_with_nul())));
    let cwd = imm(libc::AT_FDCWD);
    let text = b"hello, batch";
    let mut back = [0_u8; 16];
    let mut batch = Batch::new([
        open(&path, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600),
        sys(
            Sysno::write,
            [result(0), at(address_of(text)), imm(text.len())],
        ),
        sys(Sysno::lseek, [result(0), imm(7), imm(libc::SEEK_SET)]),
        sys(
            Sysno::read,
            [result(0), at(address_of_mut(&mut back)), imm(16)],
        ),
        sys(Sysno::ftruncate, [result(0), imm(3)]),
        sys(Sysno::lseek, [result(0), imm(0), imm(libc::SEEK_END)]),
        sys(Sysno::fsync, [result(0)]),
        sys(Sysno::close, [result(0)]),
        sys(Sysno::renameat2, [cwd, path_at, cwd, other_at, imm(0)]),
        sys(Sysno::unlinkat, [cwd, path_at, imm(0)]),
        sys(Sysno::unlinkat, [cwd, other_at, imm(0)]),
        sys(
            Sysno::read,
            [result(0), at(address_of_mut(&mut back)), imm(16)],
        ),
    ]);
    assert_eq!(lab.run(&mut batch), Ok(Status::Done));
    assert!(batch.results[0] >= 0);
    let gone = error(Errno::NOENT);
    let bad = error(Errno::BADF);
    assert_eq!(batch.results[1..], [12, 7, 5, 0, 3, 0, 0, 0, gone, 0, bad]);
    assert_eq!(&back[..5], b"batch");
    assert_eq!(
        std::fs::read_dir(scratch.path()).expect("readdir").count(),
        0
    );
}

fn a_directory_is_read_in_one_batch(lab: &mut Lab) {
    // The batch itself steps from record to record by d_reclen and looks at
    // each name; it adds up the sizes.
    let scratch = Scratch::new("directory");
    for index in 0..40_usize {
        let name = format!("file-{index}-{}", "x".repeat(index));
        std::fs::write(scratch.path().join(name), vec![0; index]).expect("write");
    }
    let path = scratch.file("");
    let mut records = vec![0_u8; 8192];
    let mut data = [0_u8; 256];
    let start = address_of_mut(&mut records);
    let data = address_of_mut(&mut data);
    let regular = built_in(BuiltIn::Load(Width::Two), &[at(data), imm(28)]);
    let mut batch = Batch::new([
        open(&path, libc::O_RDONLY | libc::O_DIRECTORY, 0).jumps(EXIT, 0, 0),
        sys(Sysno::getdents64, [result(0), at(start), imm(8192)]).jumps(EXIT, EXIT, 0),
        // Slot 2: the record; slot 3: the end; slot 4: the sum.
        set(start.cast_signed()),
        built_in(BuiltIn::Add, &[at(start), result(1)]),
        set(0),
        // The loop: look at the name, which begins at offset 19.
        built_in(BuiltIn::Add, &[result(2), imm(19)]),
        sys(
            Sysno::statx,
            [
                result(0),
                result(5),
                imm(libc::AT_SYMLINK_NOFOLLOW),
                imm(0xFFF),
                at(data),
            ],
        ),
        regular,
        // Only regular files count: the type is in the upper four bits.
        built_in(BuiltIn::Shr, &[result(7), imm(12)]),
        built_in(BuiltIn::Sub, &[result(8), imm(8)]).jumps(1, 0, 1),
        built_in(BuiltIn::Add, &[result(4), Operand::Memory(data + 40)]).to_slot(4),
        // The next record.
        built_in(BuiltIn::Load(Width::Two), &[result(2), imm(16)]),
        built_in(BuiltIn::Add, &[result(2), result(11)]).to_slot(2),
        built_in(BuiltIn::Sub, &[result(2), result(3)]).jumps(-9, 0, EXIT),
        sys(Sysno::close, [result(0)]),
    ])
    .with_fuel(1000);
    let before = lab.backend.crossings();
    assert_eq!(lab.run(&mut batch), Ok(Status::Done), "{:?}", batch.results);
    assert_eq!(batch.results[4], (0..40).sum::<i64>());
    assert_eq!(batch.results[14], 0);
    assert_eq!(batch.results[10], UNWRITTEN);
    if lab.is_kernel() {
        assert_eq!(lab.backend.crossings() - before, 1);
    }
}
