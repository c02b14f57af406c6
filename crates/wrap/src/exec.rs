//! `execve(2)`: the loader takes the place of the program, and is told what to load.
//!
//! What the kernel would find wrong is found before: afterwards there is no program
//! left that could be told.
#![expect(unsafe_code, reason = "strings that the kernel has read before")]

use crate::call;
use crate::elf::Elf;
use crate::layout::Descriptor;
use crate::nr;
use crate::program;
use crate::request::{PATH_SIZE, REQUEST_SIZE, Request};
use crate::script::{self, HEAD_SIZE};
use crate::signal;
use crate::sys::{self, Error};

const X_OK: u64 = 1;
const FILE_TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;

pub(crate) fn execve(args: [u64; 6]) -> i64 {
    let [path, argv, envp, ..] = args;
    call::count_direct();
    fail(execute(sys::AT_FDCWD, path, argv, envp, 0))
}

pub(crate) fn execveat(args: [u64; 6]) -> i64 {
    let [directory, path, argv, envp, flags, _] = args;
    call::count_direct();
    fail(execute(directory, path, argv, envp, flags & 0xffff_ffff))
}

/// It only comes back with an error.
fn fail(result: Result<core::convert::Infallible, Error>) -> i64 {
    match result {
        Err(error) => error,
    }
}

fn execute(
    directory: u64,
    path: u64,
    argv: u64,
    envp: u64,
    flags: u64,
) -> Result<core::convert::Infallible, Error> {
    if flags & !(sys::AT_EMPTY_PATH | sys::AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(sys::EINVAL);
    }
    let mut own = [0; 40];
    let opened = program::redirect_path(path, &mut own);
    let file = open(directory, opened, flags)?;
    let told = check(file).and_then(|()| tell(directory, path));
    let request = match told {
        Ok(request) => request,
        Err(error) => {
            sys::close(file);
            return Err(error);
        }
    };
    let places = [
        (file, call::descriptor(Descriptor::File)),
        (request, call::descriptor(Descriptor::Request)),
    ];
    let mut result = Ok(());
    for (fd, place) in places {
        result = result.and_then(|()| sys::duplicate_above_limit(fd, place));
        sys::close(fd);
    }
    let error = match result {
        Ok(()) => {
            let empty = sys::address(&0_u8);
            let loader = call::descriptor(Descriptor::Loader);
            let args = [loader, empty, argv, envp, sys::AT_EMPTY_PATH, 0];
            // SAFETY: the program has asked to be replaced; if it is not, nothing has
            // happened.
            unsafe { sys::call(nr::EXECVEAT, args) }
        }
        Err(error) => error,
    };
    for (_, place) in places {
        sys::close(place);
    }
    Err(error)
}

/// Opens a file that is to be executed.
///
/// # Errors
/// Those of the kernel, in its order; and `EACCES` if it may be executed but not read.
pub(crate) fn open(directory: u64, path: u64, flags: u64) -> Result<u64, Error> {
    let mode = sys::mode(directory, path, flags)?;
    if mode & FILE_TYPE == 0o120_000 {
        return Err(sys::ELOOP);
    }
    if mode & FILE_TYPE != REGULAR {
        return Err(sys::EACCES);
    }
    sys::access(directory, path, X_OK, flags | sys::AT_EACCESS)?;
    let nofollow = if flags & sys::AT_SYMLINK_NOFOLLOW != 0 {
        sys::O_NOFOLLOW
    } else {
        0
    };
    match sys::open(directory, path, sys::O_CLOEXEC | nofollow) {
        // The path is empty: the file is the descriptor's.
        Err(sys::ENOENT) if flags & sys::AT_EMPTY_PATH != 0 => {
            let mut buffer = [0; 40];
            let path = program::join(&mut buffer, b"/proc/self/fd/", directory);
            sys::open(sys::AT_FDCWD, sys::address(path), sys::O_CLOEXEC)
        }
        other => other,
    }
}

/// Reads the beginning of a file, with zeroes behind its end.
pub(crate) fn head(file: u64) -> Result<[u8; HEAD_SIZE], Error> {
    let mut head = [0; HEAD_SIZE];
    sys::read_at(file, &mut head, 0)?;
    Ok(head)
}

/// Opens the interpreter that a path with a zero behind it names.
pub(crate) fn open_named(path: &[u8]) -> Result<u64, Error> {
    if path.len() > PATH_SIZE {
        return Err(sys::ENAMETOOLONG);
    }
    open(sys::AT_FDCWD, sys::address(path), 0)
}

/// Whether a file can be executed, with all that it takes.
///
/// # Errors
/// Those of the kernel.
pub(crate) fn check(file: u64) -> Result<(), Error> {
    let mut file = file;
    for depth in 0..=script::DEPTH {
        let checked = check_one(file);
        if depth > 0 {
            sys::close(file);
        }
        match checked? {
            None => return Ok(()),
            Some(interpreter) => file = interpreter,
        }
    }
    sys::close(file);
    Err(sys::ELOOP)
}

/// Whether a file can be executed, except for the interpreter of a script, which is
/// returned open.
fn check_one(file: u64) -> Result<Option<u64>, Error> {
    let head = head(file)?;
    if script::is_script(&head) {
        let script = script::parse(&head).ok_or(sys::ENOEXEC)?;
        let mut path = [0; HEAD_SIZE + 1];
        for (place, byte) in path.iter_mut().zip(script.interpreter) {
            *place = *byte;
        }
        return open_named(&path).map(Some);
    }
    let elf = Elf::read(file, &head)?;
    let mut buffer = [0; PATH_SIZE];
    if let Some(path) = elf.interpreter(file, &mut buffer)? {
        sys::close(open_named(path)?);
    }
    Ok(None)
}

/// Writes down what is to be executed, and returns the end of a pipe to read it from.
fn tell(directory: u64, path: u64) -> Result<u64, Error> {
    // SAFETY: the kernel has just found a file by it, and read it for that.
    let given = unsafe { string(path) };
    let mut buffer = [0; PATH_SIZE];
    let mut prefix = [0; 40];
    let is_relative_to_directory = directory as u32 != sys::AT_FDCWD as u32;
    let path = if is_relative_to_directory && !given.starts_with(b"/") {
        let prefix = program::join(&mut prefix, b"/dev/fd/", directory);
        let prefix = prefix.strip_suffix(b"\0").unwrap_or(prefix);
        let slash: &[u8] = if given.is_empty() { b"" } else { b"/" };
        let mut size = 0;
        let bytes = prefix.iter().chain(slash).chain(given);
        for (place, byte) in buffer.iter_mut().zip(bytes) {
            *place = *byte;
            size += 1;
        }
        buffer.get(..size).unwrap_or_default()
    } else {
        given
    };
    let request = Request {
        is_first: false,
        ignores_sigsys: signal::is_ignored(),
        path,
    };
    let mut bytes = [0; REQUEST_SIZE];
    let size = request.write(&mut bytes).ok_or(sys::ENAMETOOLONG)?;
    let (from, to) = sys::pipe()?;
    let written = sys::write(to, bytes.get(..size).unwrap_or_default());
    sys::close(to);
    match written {
        Ok(_) => Ok(from),
        Err(error) => {
            sys::close(from);
            Err(error)
        }
    }
}

/// The bytes of a string, without the zero behind it.
///
/// # Safety
/// There is one at the address, and it stays.
pub(crate) unsafe fn string<'a>(address: u64) -> &'a [u8] {
    let pointer = core::ptr::with_exposed_provenance(address as usize);
    // SAFETY: by the contract of this function.
    unsafe { core::ffi::CStr::from_ptr(pointer) }.to_bytes()
}
