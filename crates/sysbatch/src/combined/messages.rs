//! Many messages on one socket.

use std::os::fd::AsFd;

use rustix::net::{RecvFlags, SendFlags};

use super::CombinedError;
use crate::{Backend, Batch, Target};

/// Sends messages until one cannot be sent; returns how many bytes of each
/// were.
///
/// # Errors
/// That of the first message, if it cannot be sent.
pub fn send_many<'a>(
    backend: &Backend,
    socket: impl AsFd,
    messages: impl IntoIterator<Item = &'a [u8]>,
    flags: SendFlags,
) -> Result<Vec<usize>, CombinedError> {
    let socket = socket.as_fd();
    let mut batch = Batch::new();
    let mut calls = Vec::new();
    for message in messages {
        let sent = batch.sendto(socket, message, flags, None);
        batch.on_error(&sent, Target::Exit);
        calls.push(sent);
    }
    let results = batch.run(backend)?;
    until_error(calls.iter().map(|call| results.get(call)))
}

/// Receives up to `count` messages of up to `size` bytes until none can be
/// received: waits for the first alone, unless `flags` say otherwise.
///
/// # Errors
/// That of the first message, if it cannot be received.
pub fn receive_many(
    backend: &Backend,
    socket: impl AsFd,
    count: usize,
    size: usize,
    flags: RecvFlags,
) -> Result<Vec<Vec<u8>>, CombinedError> {
    let socket = socket.as_fd();
    let mut batch = Batch::new();
    let mut calls = Vec::new();
    let mut flags = flags;
    for _ in 0..count {
        let buffer = batch.buffer(size);
        let received = batch.recvfrom(socket, buffer, flags);
        batch.on_error(&received, Target::Exit);
        calls.push((received, buffer));
        flags |= RecvFlags::DONTWAIT;
    }
    let results = batch.run(backend)?;
    until_error(calls.iter().map(|(call, buffer)| {
        let length = results.get(call)?.min(size);
        Ok(results.bytes(*buffer)[..length].to_vec())
    }))
}

/// What there is before the first error, which counts only if it is the first
/// of all.
fn until_error<T>(
    results: impl Iterator<Item = Result<T, crate::CallError>>,
) -> Result<Vec<T>, CombinedError> {
    let mut found = Vec::new();
    for result in results {
        match result {
            Ok(value) => found.push(value),
            Err(error) if found.is_empty() => return Err(error.into()),
            Err(_) => break,
        }
    }
    Ok(found)
}
