//! What happens when nobody reads any more what is printed.
#![expect(unsafe_code, reason = "what a signal does is set by signal(2)")]

/// Has `SIGPIPE` end the process again, as it ends other commands: Rust's start-up
/// code ignores it, and then a write to a pipe without a reader is an error that
/// each place which prints would have to tell from others.
///
/// A batch that writes to such a pipe ends the process, too, as its calls do when
/// they are made alone.
pub(crate) fn end_by_signal() {
    // SAFETY: the default action is no function of this process, so that nothing
    // can run in the middle of anything else; the signal and the action are valid,
    // and no other thread is there yet that could depend on the old one.
    let before = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    debug_assert_ne!(before, libc::SIG_ERR, "SIGPIPE may be set to its default");
}
