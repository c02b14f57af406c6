//! A program of functions made at random: `WAY COUNT FOLDER SITUATION...` runs that many of
//! them one after the other, in each of the situations, and prints what each came to.
//!
//! What is not the functions' is done aside, by another thread, so that a tracer of this one
//! has nothing else to follow and to interfere with.
#![allow(warnings)]

mod aside;
mod combined;
mod folder;
mod marks;
mod plain;
mod situation;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use sysbatch::rustix::fs::OFlags;

use aside::Aside;
pub use marks::{Failure, helper, mark};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, count, base, situations @ ..] = &arguments[..] else {
        panic!("WAY COUNT FOLDER SITUATION...");
    };
    let functions = match way.as_str() {
        "plain" => plain::FUNCTIONS,
        "combined" => combined::FUNCTIONS,
        _ => panic!("{way} is no way"),
    };
    let count: usize = count.parse().unwrap();
    let base = PathBuf::from(base);
    // A function may panic, and that is compared.
    std::panic::set_hook(Box::new(|_| ()));
    situation::ignore_file_size_signal();
    // What is done once is done before.
    let backend = sysbatch::combined_backend();
    let aside = Aside::start();
    let mut signals = 0;
    for (index, function) in functions.iter().enumerate().take(count) {
        for situation in situations {
            let about = (base.clone(), situation.clone(), index);
            let (dir, outside, before) = aside.run(move || {
                let (base, situation, index) = about;
                folder::prepare(&base, &situation, index)
            });
            // Nobody has it, and it stays so.
            let closed = unsafe { BorrowedFd::borrow_raw(900) };
            let outside = if situation == "closed" { closed } else { outside.as_fd() };
            let mut buffer = [b'z'; 16];
            let mut log = Vec::new();
            let flags = if index % 2 == 0 { OFlags::RDWR } else { OFlags::RDONLY };
            let number = index as u64 % 5;
            let limits = situation::begin(situation, index, before.lowest_free);
            mark(&format!("begin/{index}/{situation}"));
            let result = catch_unwind(AssertUnwindSafe(|| {
                function(dir.as_fd(), outside, b"data", &mut buffer, "b", number, flags, &mut log)
            }));
            mark(&format!("end/{index}/{situation}"));
            signals += situation::end(limits);
            let result = result.unwrap_or_else(|_| "panicked".to_owned());
            let line = format!("{index} {situation} {result} {log:?} {buffer:?}");
            aside.run(move || {
                println!("{line} {}", folder::look(&before));
                drop(dir);
                before.end();
            });
        }
    }
    let counts = format!(
        "batches={} crossings={} kernel={} signals={signals}",
        sysbatch::combined_batches(),
        backend.crossings(),
        u64::from(backend.kind() == sysbatch::Kind::Kernel),
    );
    aside.run(move || eprintln!("{counts}"));
}
