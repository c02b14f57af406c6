//! Functions and lines of files that code is from.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use addr2line::Loader;
use object::{Object as _, ReadCache};

use super::object::ObjectFile;
use crate::call::{Frame, Object};
use crate::symbols::Place;

/// Where distributions put debug information that is not in the files themselves.
const DEBUG: &str = "/usr/lib/debug";

/// What has been loaded of the files so far.
#[derive(Default)]
pub(super) struct Names(HashMap<Object, Loaded>);

/// A file, and another with its debug information, if there is one.
#[derive(Default)]
struct Loaded {
    itself: Option<Loader>,
    apart: Option<Loader>,
}

impl Names {
    /// What is known of an address of a file.
    pub(super) fn places(&mut self, frame: Frame, object: &ObjectFile) -> Vec<Place> {
        let loaded = self
            .0
            .entry(frame.object)
            .or_insert_with(|| object.file.as_ref().map(Loaded::new).unwrap_or_default());
        loaded.places(frame.address)
    }
}

impl Loaded {
    fn new(file: &File) -> Self {
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let apart = apart(file).filter(|path| path.exists());
        Self {
            itself: Loader::new(path).ok(),
            apart: apart.and_then(|path| load_apart(&path)),
        }
    }

    fn places(&self, address: u64) -> Vec<Place> {
        // The call, not what comes after it, which can be of another line or function.
        let address = address.saturating_sub(1);
        let loaders = || self.apart.iter().chain(&self.itself);
        loaders()
            .find_map(|loader| lines(loader, address))
            .or_else(|| {
                let name = loaders().find_map(|loader| loader.find_symbol(address))?;
                Some(vec![Place {
                    function: Some(addr2line::demangle_auto(name.into(), None).into_owned()),
                    ..Place::default()
                }])
            })
            .unwrap_or_default()
    }
}

/// What debug information says of an address.
fn lines(loader: &Loader, address: u64) -> Option<Vec<Place>> {
    let mut frames = loader.find_frames(address).ok()?;
    let mut places = Vec::new();
    while let Ok(Some(frame)) = frames.next() {
        let function = frame
            .function
            .as_ref()
            .and_then(|name| name.demangle().ok());
        let location = frame.location.as_ref();
        places.push(Place {
            function: function.map(std::borrow::Cow::into_owned),
            file: location.and_then(|at| at.file).map(str::to_owned),
            line: location.and_then(|at| at.line),
        });
    }
    // A last one without a name is of code that the symbols may have a name for.
    if let Some(last) = places.last_mut()
        && last.function.is_none()
    {
        let name = loader.find_symbol(address)?;
        last.function = Some(addr2line::demangle_auto(name.into(), None).into_owned());
    }
    (!places.is_empty()).then_some(places)
}

/// Where debug information of a file is if it is not in it: it is named after the
/// number that the linker gave the file.
fn apart(file: &File) -> Option<PathBuf> {
    let cache = ReadCache::new(file);
    let object = object::File::parse(&cache).ok()?;
    let (first, rest) = object.build_id().ok()??.split_first()?;
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!(".build-id/{first:02x}/{rest}.debug");
    Some(Path::new(DEBUG).join(name))
}

/// Loads it, with what several such files have in common, to which it has a link.
fn load_apart(path: &Path) -> Option<Loader> {
    use std::os::unix::ffi::OsStrExt as _;
    let file = File::open(path).ok()?;
    let cache = ReadCache::new(&file);
    let object = object::File::parse(&cache).ok()?;
    let common = match object.gnu_debugaltlink() {
        Ok(Some((name, _))) => {
            let folder = path.canonicalize().ok()?;
            Some(folder.parent()?.join(std::ffi::OsStr::from_bytes(name)))
        }
        _ => None,
    };
    Loader::new_with_sup(path, common).ok()
}
