//! The function that has each call.

use super::PARAMETERS;

/// A function with each call that is known, whose arguments are those of all functions.
pub(super) fn whole(name: &str) -> String {
    format!("pub fn {name}{PARAMETERS} -> io::Result<u64> {{\n{WHOLE}\n}}\n")
}

const WHOLE: &str = r#"
    mkdir("made", Mode::RWXU)?;
    mkdirat(CWD, "made/too", Mode::RWXU)?;
    let one = open("a", OFlags::RDWR, Mode::empty())?;
    let two = openat(CWD, name, OFlags::RDWR | OFlags::CREATE, Mode::RUSR)?;
    let first = stat("a")?;
    let second = lstat("link")?;
    let third = fstat(&two)?;
    let fourth = statat(dir, "link", AtFlags::SYMLINK_NOFOLLOW)?;
    let fifth = statx(dir, "a", AtFlags::empty(), StatxFlags::BASIC_STATS)?;
    let _ = statx(dir, "a", AtFlags::empty(), StatxFlags::from_bits_retain(0x8000_0000));
    let _ = statx(dir, "a", AtFlags::empty(), StatxFlags::from_bits_retain(0x4000_0001));
    let _ = stat("bad\0");
    if first.st_size == 43 { fsync(&one)?; }
    if fifth.stx_size != 43 { fdatasync(&one)?; }
    ftruncate(&two, third.st_size as u64)?;
    ftruncate(&two, fifth.stx_size)?;
    fallocate(&two, FallocateFlags::KEEP_SIZE, 0, 10).ok();
    fdatasync(&two)?;
    syncfs(&two)?;
    fchmod(&two, Mode::RUSR | Mode::WUSR)?;
    flock(&two, FlockOperation::LockExclusive)?;
    seek(&one, SeekFrom::Data(1)).ok();
    seek(&one, SeekFrom::Hole(number)).ok();
    let place = seek(&one, SeekFrom::End(-3))?;
    let same = tell(&one)?;
    if place == same { fsync(&one)?; }
    let length = pread(&one, &mut *buffer, place)?;
    pwrite(&two, &buffer[..length], same)?;
    write(&two, data)?;
    let more = read(&one, &mut *buffer)?;
    rename("sub/c", "renamed")?;
    renameat(dir, "renamed", CWD, "again")?;
    link("a", "hard")?;
    linkat(dir, "link", dir, "soft", AtFlags::empty())?;
    symlink("a", "symbolic")?;
    symlinkat(name, dir, "other")?;
    unlink("hard")?;
    unlinkat(dir, "made/too", AtFlags::REMOVEDIR)?;
    rmdir("made")?;
    let three = dup(&one)?;
    let four = fcntl_dupfd_cloexec(&one, 20)?;
    drop(three);
    let (reader, writer) = pipe()?;
    let (also, too) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    write(&writer, b"text")?;
    read(&reader, &mut *buffer)?;
    let _ = accept(&one);
    let _ = accept_with(&one, SocketFlags::CLOEXEC);
    listen(&one, 5).ok();
    listen(&one, -1).ok();
    send(&one, data, SendFlags::NOSIGNAL).ok();
    shutdown(&one, Shutdown::Both).ok();
    Ok(number)
"#;
