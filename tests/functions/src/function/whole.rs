//! The function that has each call.

use super::PARAMETERS;

/// A function with each call that is known, whose arguments are those of all functions.
pub(super) fn whole(name: &str) -> String {
    format!("pub fn {name}{PARAMETERS} -> io::Result<u64> {{\n{WHOLE}\n}}\n")
}

const WHOLE: &str = r#"
    let now = Timespec { tv_sec: 1_000_000_000, tv_nsec: 5 };
    let times = Timestamps { last_access: now, last_modification: now };
    let (mut left, mut right) = ([0; 3], [0; 5]);
    let mut parts = [IoSliceMut::new(&mut left), IoSliceMut::new(&mut right)];
    let whole = [IoSlice::new(data), IoSlice::new(b"more")];
    let (mut link_, mut none, mut attribute) = ([0; 8], [0; 0], [0; 8]);
    let some = std::num::NonZeroU64::new(5);
    let start = mkdir("made", Mode::RWXU)?;
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
    chmod(name, Mode::RWXU)?;
    chmodat(dir, "a", Mode::RWXU, AtFlags::empty())?;
    let _ = chmodat(dir, "a", Mode::RWXU, AtFlags::SYMLINK_NOFOLLOW);
    let _ = chmodat(dir, "a", Mode::RWXU, AtFlags::EMPTY_PATH);
    let _ = chmodat(dir, "bad\0", Mode::RWXU, AtFlags::SYMLINK_NOFOLLOW);
    chown("a", None, None)?;
    chownat(dir, "link", None, None, AtFlags::SYMLINK_NOFOLLOW)?;
    fchown(&two, None, None)?;
    utimensat(dir, "link", &times, AtFlags::SYMLINK_NOFOLLOW)?;
    futimens(&two, &times)?;
    access("a", Access::EXISTS)?;
    access("missing", Access::READ_OK).ok();
    renameat_with(dir, "again", dir, "a", RenameFlags::NOREPLACE).ok();
    renameat_with(dir, "again", dir, "swapped", RenameFlags::empty()).ok();
    let length_ = readlinkat_raw(dir, "link", &mut link_)?;
    write(&two, &link_[..length_])?;
    readlinkat_raw(dir, "a", &mut link_).ok();
    fadvise(&two, 5, some, Advice::WillNeed)?;
    fadvise(&two, number, None, Advice::Sequential)?;
    let copied = copy_file_range(&one, None, &two, None, 9)?;
    if copied < 9 { fsync(&one)?; }
    let sent = sendfile(&two, &one, None, 5)?;
    if sent < 5 { fsync(&one)?; }
    let made = memfd_create("made", MemfdFlags::CLOEXEC)?;
    fcntl_setfl(&made, OFlags::APPEND)?;
    fcntl_setfd(&made, FdFlags::empty())?;
    setxattr("a", "user.x1", data, XattrFlags::CREATE).ok();
    lsetxattr("a", "user.x2", b"2", XattrFlags::empty()).ok();
    fsetxattr(&one, "user.x3", data, XattrFlags::REPLACE).ok();
    getxattr("a", "user.x1", &mut attribute).ok();
    lgetxattr("a", "user.x1", &mut attribute).ok();
    fgetxattr(&one, c"user.x2", &mut attribute).ok();
    let unread = fgetxattr(&one, c"user.x2", &mut none);
    let unlisted = flistxattr(&one, &mut none);
    listxattr("a", &mut attribute).ok();
    llistxattr("link", &mut attribute).ok();
    flistxattr(&one, &mut attribute).ok();
    removexattr("a", "user.x1").ok();
    lremovexattr("a", "user.x2").ok();
    fremovexattr(&one, "user.x3").ok();
    writev(&made, &whole)?;
    pwritev(&made, &whole, 3).ok();
    preadv(&made, &mut parts, 1)?;
    seek(&made, SeekFrom::Start(0))?;
    readv(&made, &mut parts).ok();
    let _ = recv(&one, &mut attribute, RecvFlags::PEEK);
    let _ = accept(&one);
    let _ = accept_with(&one, SocketFlags::CLOEXEC);
    listen(&one, 5).ok();
    listen(&one, -1).ok();
    send(&one, data, SendFlags::NOSIGNAL).ok();
    shutdown(&one, Shutdown::Both).ok();
    log.push(unread.map_or(99, |length| length as u64));
    log.push(unlisted.map_or(99, |length| length as u64));
    log.push(copied as u64);
    log.extend(left.iter().chain(&right).map(|byte| u64::from(*byte)));
    Ok(number)
"#;
