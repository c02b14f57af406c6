//! Descriptors: the loader's do not get in the way, and can't be closed.

use std::fs::File;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};

use crate::compare;

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

#[test]
fn new_descriptors_are_the_lowest_free() {
    compare("descriptors::new_descriptors_are_the_lowest_free", || {
        for _ in 0..3 {
            println!("{}", File::open("/").expect("the root").into_raw_fd());
        }
    });
}

#[test]
fn closing_all_leaves_the_program_running() {
    compare(
        "descriptors::closing_all_leaves_the_program_running",
        || {
            // SAFETY: nothing here uses those descriptors afterwards.
            let closed = unsafe { libc::close_range(3, u32::MAX, 0) };
            assert_eq!(closed, 0);
            // SAFETY: as above; most are no descriptors.
            let some = (3..2000)
                .filter(|&fd| unsafe { libc::close(fd) } == 0)
                .count();
            assert_eq!(some, 0);
            println!("{}", File::open("/").expect("the root").as_raw_fd());
            // SAFETY: the arguments are out of order.
            println!("{} {}", unsafe { libc::close_range(9, 8, 0) }, errno());
        },
    );
}

#[test]
fn nothing_is_said_of_the_loaders_descriptors() {
    compare(
        "descriptors::nothing_is_said_of_the_loaders_descriptors",
        || {
            for fd in 1018..=1023 {
                // SAFETY: asks for flags.
                println!("{fd} {}", unsafe { libc::fcntl(fd, libc::F_GETFD) });
                // SAFETY: gives no descriptor, as there is none to copy.
                println!("{} {}", unsafe { libc::dup(fd) }, errno());
            }
        },
    );
}

#[test]
fn a_table_of_ones_own() {
    compare("descriptors::a_table_of_ones_own", || {
        // SAFETY: a thread of this test's own gets a table of its own.
        let unshared = std::thread::spawn(|| unsafe { libc::unshare(libc::CLONE_FILES) });
        println!("{:?}", unshared.join());
    });
}
