//! Traces, as `strace` writes them.

/// The calls that each function made, between its marks.
pub(crate) fn pieces(trace: &str) -> Vec<Vec<String>> {
    let mut pieces = Vec::new();
    let mut piece: Option<Vec<String>> = None;
    for line in trace.lines() {
        // The number of the process comes first.
        let call = line
            .split_once(' ')
            .map_or(line, |(_, call)| call.trim_start());
        if call.contains("/mark/begin/") {
            piece = Some(Vec::new());
        } else if call.contains("/mark/end/") {
            pieces.extend(piece.take());
        } else if let Some(piece) = &mut piece
            && !is_memory(call)
            // A signal, which has the number of the process with it.
            && !call.starts_with("---")
        {
            piece.push(without_addresses(call));
        }
    }
    pieces
}

/// Whether it is one of those that an allocation makes.
fn is_memory(call: &str) -> bool {
    let names = ["brk(", "mmap(", "munmap(", "mremap(", "madvise("];
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
