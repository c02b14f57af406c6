use std::error::Error;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use sysbatch::{Backend, Batch, Target};

/// Copies a file; returns how many bytes it has.
pub(crate) fn copy(backend: &Backend, source: &Path, target: &Path) -> Result<u64, Box<dyn Error>> {
    let mut batch = Batch::new();
    let buffer = batch.buffer(1 << 20);
    let copied = batch.param(0_u64);
    let end = batch.label();

    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let input = batch.openat(CWD, source, flags, Mode::empty());
    // Without a source the target is left alone.
    batch.on_error(&input, Target::Exit);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let output = batch.openat(CWD, target, flags, Mode::from(0o666));
    batch.on_error(&output, Target::Exit);

    let again = batch.here();
    let read = batch.pread(&input, buffer, &copied);
    batch.on_error(&read, end);
    batch.on_zero(&read, end);
    let written = batch.pwrite(&output, buffer.first(&read), &copied);
    batch.on_error(&written, end);
    // A write may write less than it is given: the next round begins there.
    batch.add_assign(&copied, &written);
    batch.jump(again);

    batch.place(end);
    batch.close(output);
    batch.fuel(1 << 32);

    let results = batch.run(backend)?;
    results.check()?;
    Ok(results.value(&copied))
}
