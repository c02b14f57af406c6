//! The builder: chains, branches, loops, parameters, descriptors.

mod common;

use std::fs;
use std::io::Read as _;

use common::{backend, scratch};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;
use sysbatch::abi::Status;
use sysbatch::{Batch, BatchError, BuildError, CallErrorKind, Target};

#[test]
fn a_chain_of_three() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "hello").unwrap();
    let mut buffer = [0; 16];
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, &mut buffer);
    let close = batch.close(file);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read), Ok(5));
    assert_eq!(results.get(&close), Ok(()));
    assert_eq!(results.status(), Status::Done);
    assert_eq!(results.steps(), 3);
    drop(results);
    drop(batch);
    assert_eq!(&buffer[..5], b"hello");
    assert_eq!(backend.crossings(), 3);
}

#[test]
fn what_needs_a_failed_call_is_skipped() {
    let directory = scratch();
    let path = directory.path().join("missing");
    let mut buffer = [0; 16];
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.read(&file, &mut buffer);
    let pid = batch.getpid();
    let stat = batch.statx(&file, "x", AtFlags::empty(), StatxFlags::SIZE);
    let close = batch.close(file);
    let uid = batch.getuid();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    let error = results.get(&read).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NotExecuted);
    assert_eq!(error.to_string(), "read (entry 1): not executed");
    for error in [
        results.get(&stat).unwrap_err(),
        results.get(&close).unwrap_err(),
    ] {
        assert_eq!(error.kind(), CallErrorKind::NotExecuted);
    }
    assert_eq!(results.get(&pid), Ok(rustix::process::getpid()));
    assert_eq!(results.get(&uid), Ok(rustix::process::getuid()));
    // openat, getpid, getuid: nothing else was called.
    assert_eq!(backend.crossings(), 3);
}

#[test]
fn an_error_names_its_call() {
    let mut batch = Batch::new();
    batch.getpid();
    let file = batch.openat(CWD, "/nowhere/at/all", OFlags::RDONLY, Mode::empty());
    let results = batch.run(&backend()).unwrap();
    let error = results.fd(&file).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NOENT));
    assert_eq!(
        error.to_string(),
        "openat (entry 1): No such file or directory (os error 2)"
    );
    let error = std::io::Error::from(error);
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_loop_copies_a_large_file() {
    let directory = scratch();
    let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
    let content: Vec<u8> = (0..10_u32 << 20)
        .map(|at| (at ^ (at >> 11)) as u8)
        .collect();
    fs::write(&from, &content).unwrap();

    let mut batch = Batch::new();
    let buffer = batch.buffer(65536);
    let total = batch.param(0_u64);
    let short = batch.label();
    let done = batch.label();
    let input = batch.openat(CWD, &from, OFlags::RDONLY, Mode::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE;
    let output = batch.openat(CWD, &to, flags, Mode::RUSR | Mode::WUSR);
    let again = batch.here();
    let read = batch.read(&input, buffer);
    batch.on_error(&read, Target::Exit);
    batch.on_zero(&read, done);
    let written = batch.write(&output, buffer.first(&read));
    batch.on_error(&written, Target::Exit);
    batch.add_assign(&total, &written);
    let difference = batch.sub(&read, &written);
    batch.on_positive(&difference, short);
    batch.on_zero(&difference, again);
    batch.place(done);
    let closed = batch.close(output);
    batch.close(input);
    batch.place(short);
    batch.fuel(10_000);

    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.status(), Status::Done);
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(results.value(&total), 10 << 20);
    drop(results);
    assert!(fs::read(&to).unwrap() == content);
    // Two opens, 160 reads with a write each and one without, two closes.
    assert_eq!(backend.crossings(), 2 + 321 + 2);
}

#[test]
fn fuel_ends_a_loop() {
    let mut batch = Batch::new();
    let count = batch.param(0_i64);
    let again = batch.here();
    batch.add_assign(&count, 1_i64);
    batch.jump(again);
    assert_eq!(
        batch.run(&backend()).unwrap_err(),
        BatchError::Build(BuildError::FuelNeeded {
            name: "SET",
            index: 1
        })
    );
    batch.fuel(101);
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.status(), Status::OutOfFuel);
    assert_eq!(results.steps(), 101);
    assert_eq!(results.value(&count), 51);
}

#[test]
fn arithmetic() {
    let mut batch = Batch::new();
    let (a, b) = (batch.param(13_i64), batch.param(5_i64));
    let handles = [
        batch.add(&a, &b),
        batch.sub(&b, &a),
        batch.mul(&a, &b),
        batch.and(&a, &b),
        batch.or(&a, &b),
        batch.xor(&a, &b),
        batch.shl(&a, &b),
        batch.shr(&a, 2_u32),
        batch.shl(&a, 64_u32),
        batch.test(-1_i64),
    ];
    let results = batch.run(&backend()).unwrap();
    let values = handles.map(|handle| results.get(&handle).unwrap());
    assert_eq!(values, [18, -8, 65, 5, 13, 8, 416, 3, 0, -1]);
}

#[test]
fn branches_by_sign() {
    for (number, expected) in [(-7_i64, 1_i64), (0, 2), (7, 3)] {
        let mut batch = Batch::new();
        let [negative, zero, positive, end] = [0; 4].map(|_| batch.label());
        let result = batch.param(0_i64);
        let number = batch.test(number);
        batch.on_negative(&number, negative);
        batch.on_zero(&number, zero);
        batch.on_positive(&number, positive);
        for (label, value) in [(negative, 1_i64), (zero, 2), (positive, 3)] {
            batch.place(label);
            batch.assign(&result, value);
            batch.jump(end);
        }
        batch.place(end);
        let results = batch.run(&backend()).unwrap();
        assert_eq!(results.value(&result), expected);
    }
}

#[test]
fn leaving_early() {
    let mut batch = Batch::new();
    let first = batch.getpid();
    batch.exit();
    let second = batch.getpid();
    let results = batch.run(&backend()).unwrap();
    assert_eq!(results.status(), Status::Exit);
    assert!(results.get(&first).is_ok());
    assert_eq!(
        results.get(&second).unwrap_err().kind(),
        CallErrorKind::NotExecuted
    );
}

#[test]
fn parameters_change_between_runs() {
    let directory = scratch();
    let names = ["a", "b", "c"];
    for (length, name) in names.iter().enumerate() {
        fs::write(directory.path().join(name), vec![b'x'; length]).unwrap();
    }
    let opened = fs::File::open(directory.path()).unwrap();
    let other = fs::File::open("/").unwrap();
    let mut batch = Batch::new();
    let base = batch.param(std::os::fd::AsFd::as_fd(&other));
    let path = batch.path_param("nothing").unwrap();
    let offset = batch.param(0_u64);
    let buffer = batch.buffer(1);
    let stat = batch.statx(&base, &path, AtFlags::empty(), StatxFlags::SIZE);
    let file = batch.openat(&base, &path, OFlags::RDONLY, Mode::empty());
    let read = batch.pread(&file, buffer, &offset);
    assert_eq!(
        batch.path_param("a\0b").unwrap_err(),
        Errno::INVAL,
        "a zero byte"
    );
    assert_eq!(batch.set_path(&path, "\0"), Err(Errno::INVAL));
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&stat).unwrap_err().errno(), Some(Errno::NOENT));
    drop(results);
    batch.set(&base, std::os::fd::AsFd::as_fd(&opened));
    for (length, name) in names.iter().enumerate() {
        batch.set_path(&path, *name).unwrap();
        batch.set(&offset, 1);
        let results = batch.run(&backend).unwrap();
        assert_eq!(results.get(&stat).unwrap().stx_size, length as u64);
        assert_eq!(results.get(&read), Ok(length.saturating_sub(1)));
    }
}

#[test]
fn a_length_is_never_negative() {
    // The read fails; its result must not become the length of a write.
    let directory = scratch();
    let path = directory.path().join("out");
    let backend = backend();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let output = fs::File::create(&path).unwrap();
    let directory = fs::File::open("/").unwrap();
    let again = batch.label();
    let after = batch.label();
    batch.jump(after);
    batch.place(again);
    let read = batch.read(&directory, buffer);
    batch.place(after);
    // First come by with nothing read, then with an error.
    let write = batch.write(&output, buffer.first(&read));
    let round = batch.param(-2_i64);
    let round = batch.add_assign(&round, 1_i64);
    batch.on_negative(&round, again);
    batch.fuel(100);
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&read).unwrap_err().errno(), Some(Errno::ISDIR));
    assert_eq!(
        results.get(&write).unwrap_err().kind(),
        CallErrorKind::NotExecuted
    );
    drop(results);
    assert_eq!(backend.crossings(), 1);
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
#[should_panic(expected = "a length of up to 16 bytes does not fit a buffer of 8 bytes")]
fn a_length_is_never_too_large() {
    let file = fs::File::open("/dev/zero").unwrap();
    let mut batch = Batch::new();
    let [large, small] = [16, 8].map(|len| batch.buffer(len));
    let read = batch.read(&file, large);
    let _ = small.first(&read);
}

#[test]
#[should_panic(expected = "this argument belongs to another batch")]
fn a_handle_of_another_batch() {
    let mut one = Batch::new();
    let mut other = Batch::new();
    let file = one.openat(CWD, "/", OFlags::RDONLY, Mode::empty());
    other.fsync(&file);
}

/// Whether anything is open that refers to this inode.
fn is_open(path: &std::path::Path) -> bool {
    let path = fs::canonicalize(path).unwrap();
    let mut open = fs::read_dir("/proc/self/fd").unwrap();
    open.any(|entry| fs::read_link(entry.unwrap().path()).is_ok_and(|target| target == path))
}

#[test]
fn descriptors_are_closed_or_taken() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "x").unwrap();
    let backend = backend();
    let mut batch = Batch::new();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    for _ in 0..3 {
        let results = batch.run(&backend).unwrap();
        assert!(results.fd(&file).is_ok());
        assert!(is_open(&path));
        drop(results);
        assert!(!is_open(&path), "closed with the results");
    }
    let mut results = batch.run(&backend).unwrap();
    let taken = results.take(&file).unwrap();
    let error = results.take(&file).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Taken);
    drop(results);
    assert!(is_open(&path), "what is taken stays");
    let mut content = String::new();
    fs::File::from(taken).read_to_string(&mut content).unwrap();
    assert_eq!(content, "x");
    assert!(!is_open(&path));
    batch.close(file);
    drop(batch.run(&backend).unwrap());
    assert!(!is_open(&path));
}

#[test]
fn a_loop_closes_what_it_opens_once() {
    let directory = scratch();
    let path = directory.path().join("file");
    fs::write(&path, "x").unwrap();
    let mut batch = Batch::new();
    let rounds = batch.param(-3_i64);
    let again = batch.here();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let closing = batch.here();
    let close = batch.close(file);
    // Goes through the close twice for each open: the second is skipped.
    let twice = batch.param(-1_i64);
    let second = batch.add_assign(&twice, 1_i64);
    batch.on_zero(&second, closing);
    batch.assign(&twice, -1_i64);
    let round = batch.add_assign(&rounds, 1_i64);
    batch.on_negative(&round, again);
    batch.fuel(1000);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    // The last time it came by there was nothing to close.
    let error = results.get(&close).unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::NotExecuted);
    assert_eq!(backend.crossings(), 6, "three opens, three closes");
    assert!(!is_open(&path));
}

#[test]
fn pipes() {
    let mut input = [0; 8];
    let mut batch = Batch::new();
    let (reader, writer) = batch.pipe2(PipeFlags::CLOEXEC);
    let written = batch.write(&writer, b"through");
    let closed = batch.close(writer);
    let read = batch.read(&reader, &mut input);
    let backend = backend();
    let mut results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&written), Ok(7));
    assert_eq!(results.get(&closed), Ok(()));
    assert_eq!(results.get(&read), Ok(7));
    // pipe2 and two loads, then no checks.
    assert_eq!(results.steps(), 6);
    let reader = results.take(&reader).unwrap();
    drop(results);
    drop(batch);
    assert_eq!(&input, b"through\0");
    assert_eq!(rustix::io::read(&reader, &mut input), Ok(0), "closed");
}

#[test]
fn a_pipe_that_cannot_be_made() {
    let mut batch = Batch::new();
    let (reader, writer) = batch.pipe2(PipeFlags::from_bits_retain(1));
    let write = batch.write(&writer, b"x");
    let pid = batch.getpid();
    let buffer = batch.buffer(1);
    let read = batch.read(&reader, buffer);
    let results = batch.run(&backend()).unwrap();
    for end in [&reader, &writer] {
        assert_eq!(results.fd(end).unwrap_err().errno(), Some(Errno::INVAL));
    }
    assert!(results.get(&pid).is_ok());
    for call in [&write, &read] {
        let kind = results.get(call).unwrap_err().kind();
        assert_eq!(kind, CallErrorKind::NotExecuted);
    }
}

#[test]
fn mistakes_in_building() {
    let run = |batch: &mut Batch<'_>| match batch.run(&backend()) {
        Err(BatchError::Build(error)) => error,
        other => panic!("{other:?}"),
    };
    let mut batch = Batch::new();
    batch.getpid();
    batch.openat(CWD, "a\0b", OFlags::RDONLY, Mode::empty());
    let error = run(&mut batch);
    assert_eq!(
        error.to_string(),
        "openat (entry 1): the path cannot be passed to the kernel: Invalid argument (os error 22)"
    );

    let mut batch = Batch::new();
    let label = batch.label();
    batch.jump(label);
    let unplaced = BuildError::UnplacedLabel {
        name: "SET",
        index: 0,
    };
    assert_eq!(run(&mut batch), unplaced);
    batch.place(label);
    assert!(batch.run(&backend()).is_ok());
    batch.place(label);
    assert_eq!(run(&mut batch), BuildError::LabelPlacedTwice { index: 1 });

    let mut batch = Batch::new();
    let end = batch.label();
    batch.jump(end);
    for _ in 0..32_767 {
        batch.getpid();
    }
    let mut near = batch;
    near.place(end);
    assert_eq!(near.run(&backend()).unwrap().steps(), 1);

    let mut batch = Batch::new();
    let end = batch.label();
    batch.jump(end);
    for _ in 0..32_768 {
        batch.getpid();
    }
    batch.place(end);
    let far = BuildError::JumpTooFar {
        name: "SET",
        index: 0,
        distance: 32_768,
    };
    assert_eq!(run(&mut batch), far);
}

#[test]
fn many_calls_on_one_descriptor() {
    // Too many to be led past at once: those beyond are checked.
    let mut batch = Batch::new();
    let buffer = batch.buffer(1);
    let path = batch.path_param("/dev/zero").unwrap();
    let file = batch.openat(CWD, &path, OFlags::RDONLY, Mode::empty());
    let reads: Vec<_> = (0..40_000).map(|_| batch.read(&file, buffer)).collect();
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert!(reads.iter().all(|read| results.get(read) == Ok(1)));
    drop(results);
    assert_eq!(backend.crossings(), 40_001);
    batch.set_path(&path, "/nowhere").unwrap();
    let results = batch.run(&backend).unwrap();
    assert!(reads.iter().all(|read| results.get(read).is_err()));
    drop(results);
    assert_eq!(backend.crossings(), 40_002, "no read of nothing");
}
