//! The memory of a traced process.
#![expect(unsafe_code, reason = "process_vm_readv(2)")]

/// What is read at once of a text: most end long before, and a page that can't be read
/// begins at a multiple of it.
const PIECE: u64 = 256;

/// The longest path that the kernel takes, with its zero.
const LONGEST: usize = 4096;

/// Reads memory of a process, and gives how many bytes there were to read.
pub(crate) fn read(process: u32, address: u64, bytes: &mut [u8]) -> usize {
    let Ok(process) = libc::pid_t::try_from(process) else {
        return 0;
    };
    let local = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(address as usize),
        iov_len: bytes.len(),
    };
    // SAFETY: the local vector is of bytes that are borrowed mutably; the remote one is
    // of another process, or else checked by the kernel.
    let read =
        unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read).unwrap_or(0)
}

/// Reads a text up to its zero; none if no memory is there, or no zero within the length
/// of a path.
pub(super) fn text(process: u32, address: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while text.len() < LONGEST {
        let at = address.checked_add(text.len() as u64)?;
        let mut piece = [0; PIECE as usize];
        // No piece extends over two pages, so that each is there whole or not at all.
        let size = (PIECE - at % PIECE) as usize;
        let piece = piece.get_mut(..size)?;
        if read(process, at, piece) < size {
            return None;
        }
        match piece.iter().position(|&byte| byte == 0) {
            Some(end) => {
                text.extend_from_slice(piece.get(..end)?);
                return Some(text);
            }
            None => text.extend_from_slice(piece),
        }
    }
    None
}
