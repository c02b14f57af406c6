//! Extended attributes, compared with the same calls made alone.

mod common;

use std::fs;
use std::path::Path;

use common::{backend, scratch};
use rustix::fs::XattrFlags;
use rustix::io::Errno;
use sysbatch::{Batch, spare_capacity};

const VALUE: &[u8] = b"some value";

/// A name of an attribute that files in this directory can have, if there is one.
fn name(directory: &Path) -> Option<&'static str> {
    let probe = directory.join("probe");
    fs::write(&probe, "").unwrap();
    // A tmpfs has the first from Linux 6.6 on, the second is for root.
    let names = ["user.sysbatch", "trusted.sysbatch"];
    let flags = XattrFlags::empty();
    names
        .into_iter()
        .find(|name| rustix::fs::setxattr(&probe, *name, VALUE, flags).is_ok())
}

#[test]
fn the_life_of_an_attribute() {
    let directory = scratch();
    let Some(name) = name(directory.path()) else {
        eprintln!("no attribute can be set in {}", directory.path().display());
        return;
    };
    let path = directory.path().join("file");
    let file = fs::File::create(&path).unwrap();
    let (create, replace) = (XattrFlags::CREATE, XattrFlags::REPLACE);
    let (mut one, mut two) = ([0; 64], Vec::with_capacity(64));
    let mut batch = Batch::new();
    let none = batch.buffer(0);
    let absent = batch.getxattr(&path, name, none);
    let set = batch.setxattr(&path, name, VALUE, create);
    let again = batch.fsetxattr(&file, name, VALUE, create);
    let needed = batch.getxattr(&path, name, none);
    let read = batch.getxattr(&path, name, &mut one);
    let small = batch.buffer(4);
    let short = batch.fgetxattr(&file, name, small);
    let replaced = batch.fsetxattr(&file, name, "other", replace);
    let other = batch.fgetxattr(&file, name, spare_capacity(&mut two));
    let list = batch.buffer(4096);
    let listed = batch.listxattr(&path, list);
    let all = batch.flistxattr(&file, none);
    let removed = batch.removexattr(&path, name);
    let gone = batch.fremovexattr(&file, name);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    for call in [&set, &replaced, &removed] {
        assert_eq!(results.get(call), Ok(()));
    }
    assert_eq!(results.get(&needed), Ok(VALUE.len()));
    assert_eq!(results.filled(&read), Ok(VALUE));
    assert_eq!(results.filled(&other), Ok(&b"other"[..]));
    let names = results.filled(&listed).unwrap();
    let mut names = names.split(|&byte| byte == 0);
    assert!(names.any(|listed| listed == name.as_bytes()));
    assert_eq!(results.get(&all), results.get(&listed));
    for (error, expected) in [
        (results.get(&absent).err(), Errno::NODATA),
        (results.get(&again).err(), Errno::EXIST),
        (results.get(&short).err(), Errno::RANGE),
        (results.get(&gone).err(), Errno::NODATA),
    ] {
        assert_eq!(error.unwrap().errno(), Some(expected));
    }
    drop(results);
    drop(batch);
    assert_eq!(&one[..VALUE.len()], VALUE);
    assert_eq!(two, b"other");
    let alone = rustix::fs::getxattr(&path, name, &mut one);
    assert_eq!(alone, Err(Errno::NODATA));
}

#[test]
fn attributes_of_symbolic_links() {
    let directory = scratch();
    let Some(name) = name(directory.path()) else {
        eprintln!("no attribute can be set in {}", directory.path().display());
        return;
    };
    let [file, link, other] = ["file", "link", "other"].map(|path| directory.path().join(path));
    fs::write(&file, "").unwrap();
    for link in [&link, &other] {
        std::os::unix::fs::symlink(&file, link).unwrap();
    }
    rustix::fs::setxattr(&file, name, VALUE, XattrFlags::empty()).unwrap();
    let [mut value, mut names] = [[0; 4096]; 2];
    let mut batch = Batch::new();
    let none = batch.buffer(0);
    let followed = batch.getxattr(&link, name, none);
    let set = batch.lsetxattr(&link, name, "link", XattrFlags::empty());
    let own = batch.lgetxattr(&link, name, &mut value);
    let listed = batch.llistxattr(&link, &mut names);
    let removed = batch.lremovexattr(&link, name);
    let backend = backend();
    let results = batch.run(&backend).unwrap();
    assert_eq!(results.get(&followed), Ok(VALUE.len()));
    // What a link can have depends on the name and the user: the same as alone.
    let mut buffer = [0; 4096];
    let alone = rustix::fs::lsetxattr(&other, name, b"link", XattrFlags::empty());
    assert_eq!(
        results.get(&set).map_err(|error| error.errno()),
        alone.map_err(Some)
    );
    let alone = rustix::fs::lgetxattr(&other, name, &mut buffer);
    assert_eq!(
        results.get(&own).map_err(|error| error.errno()),
        alone.map_err(Some)
    );
    let alone = rustix::fs::llistxattr(&other, &mut buffer);
    assert_eq!(
        results.get(&listed).map_err(|error| error.errno()),
        alone.map_err(Some)
    );
    let alone = rustix::fs::lremovexattr(&other, name);
    assert_eq!(
        results.get(&removed).map_err(|error| error.errno()),
        alone.map_err(Some)
    );
}

/// With no memory to fill, the call returns how much it needs.
#[test]
#[should_panic(expected = "does not fit a buffer of 0 bytes")]
fn the_length_needed_is_not_bounded() {
    let mut batch = Batch::new();
    let buffer = batch.buffer(0);
    let needed = batch.listxattr("/", buffer);
    let _ = buffer.first(&needed);
}

#[test]
#[should_panic(expected = "does not fit a buffer of 8 bytes")]
fn nor_is_that_for_memory_that_may_be_empty() {
    let file = fs::File::open("/dev/null").unwrap();
    let mut batch = Batch::new();
    let buffer = batch.buffer(8);
    let zero = batch.buffer(0);
    let none = batch.read(&file, zero);
    let needed = batch.listxattr("/", buffer.first(&none));
    let _ = buffer.first(&needed);
}
