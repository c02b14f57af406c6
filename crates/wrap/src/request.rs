//! What a loader is told to execute, through a pipe: it fits into one whatever the
//! limits of the process are.

/// The longest path, with the zero behind it (`PATH_MAX`), in bytes.
pub(crate) const PATH_SIZE: usize = 4096;

/// The longest request in bytes. A pipe takes as much at once.
pub const REQUEST_SIZE: usize = 2 + PATH_SIZE;

/// What to execute. Its file is already open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whether this is the first program, for which there is no filter yet.
    pub is_first: bool,
    /// Whether the program ignores `SIGSYS`.
    pub ignores_sigsys: bool,
    /// The path as the program is told, without a zero.
    pub path: &'a [u8],
}

impl<'a> Request<'a> {
    /// Writes it down and returns how many bytes it has, with a zero behind the path;
    /// none if the path is too long.
    #[must_use]
    pub fn write(&self, buffer: &mut [u8; REQUEST_SIZE]) -> Option<usize> {
        let [first, sigsys, path @ ..] = buffer;
        *first = u8::from(self.is_first);
        *sigsys = u8::from(self.ignores_sigsys);
        path.get_mut(..self.path.len())?.copy_from_slice(self.path);
        *path.get_mut(self.path.len())? = 0;
        Some(2 + self.path.len() + 1)
    }

    /// Reads it again.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let [first, sigsys, path @ .., 0] = bytes else {
            return None;
        };
        Some(Self {
            is_first: *first != 0,
            ignores_sigsys: *sigsys != 0,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{REQUEST_SIZE, Request};

    #[test]
    fn requests_come_back() {
        let mut buffer = [7; REQUEST_SIZE];
        for path in [&b"/bin/true"[..], b"", &[b'x'; 4095]] {
            let request = Request {
                is_first: true,
                ignores_sigsys: path.is_empty(),
                path,
            };
            let size = request.write(&mut buffer).unwrap();
            assert_eq!(Request::read(&buffer[..size]), Some(request));
        }
        let long = Request {
            is_first: false,
            ignores_sigsys: false,
            path: &[b'x'; 4096],
        };
        assert_eq!(long.write(&mut buffer), None);
        assert_eq!(Request::read(b"\0\0/bin"), None);
    }
}
