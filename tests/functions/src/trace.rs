//! Traces, as `strace` writes them.

/// What a tracer has seen of one function.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// Its system calls.
    pub(crate) calls: Vec<String>,
    /// How often the kernel's device was entered. It hands the calls of a batch back where
    /// there is a tracer, and enters again after some.
    pub(crate) entries: u64,
}

/// What each function made, between its marks.
pub(crate) fn pieces(trace: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut piece: Option<Piece> = None;
    for call in trace.lines() {
        if call.contains("/mark/begin/") {
            piece = Some(Piece::default());
        } else if call.contains("/mark/end/") {
            pieces.extend(piece.take());
        } else if let Some(piece) = &mut piece {
            if is_entry(call) {
                piece.entries += 1;
            } else if !is_memory(call)
                // A signal, of which the number of the process is told.
                && !call.starts_with("---")
            {
                piece.calls.push(without_addresses(call));
            }
        }
    }
    pieces
}

/// Whether it enters the device (`SYSBATCH_IOC_RUN`), which no function does as it is written.
fn is_entry(call: &str) -> bool {
    call.starts_with("ioctl(") && call.contains(", _IOC(_IOC_NONE, 0xc5, 0x1, 0), ")
}

/// Whether it is one of those that an allocation makes, also when it waits for that of
/// another thread.
fn is_memory(call: &str) -> bool {
    let names = ["brk(", "mmap(", "munmap(", "mremap(", "madvise(", "futex("];
    names.iter().any(|name| call.starts_with(name))
}

/// The call with addresses of memory replaced: they are not the same in two programs.
fn without_addresses(call: &str) -> String {
    let mut words = call.split("0x");
    let mut text = words.next().unwrap_or("").to_owned();
    for word in words {
        let end = word
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(word.len());
        if end >= 11 {
            text.push_str("ADDRESS");
        } else {
            text.push_str("0x");
            text.push_str(&word[..end]);
        }
        text.push_str(&word[end..]);
    }
    text
}
