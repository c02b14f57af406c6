//! What is said of what was done.

use proc_macro2::Span;
use syn::Error;

use crate::rewrite::Event;

/// Tells what was combined, what was not, and why, on standard error of the compiler.
pub(crate) fn explain(events: &[Event], name: &str) {
    for event in events {
        let (at, text) = match event {
            Event::Combined { at, end, calls } => {
                let (first, last) = (at.unwrap().line(), end.unwrap().line());
                let calls = calls.join(", ");
                let text = match last - first {
                    0 => format!("one batch: {calls}"),
                    _ => format!("one batch, with all up to the statement in line {last}: {calls}"),
                };
                (*at, text)
            }
            Event::Alone(at) => (*at, "one call, which needs no batch".to_owned()),
            Event::Split(reason) => (
                reason.span,
                format!("the batch before this ends here: {}", reason.text),
            ),
            Event::Left(reason) => (reason.span, format!("left as it is: {}", reason.text)),
        };
        eprintln!("combine: {name}: {}: {text}", place(at));
    }
    if events.is_empty() {
        eprintln!("combine: {name}: there is no call that is understood");
    }
}

fn place(at: Span) -> String {
    let at = at.unwrap();
    format!("{}:{}", at.file(), at.line())
}

/// The errors that options make of what was done, and of having done nothing.
pub(crate) fn check(events: &[Event], deny_split: bool, name: &str) -> syn::Result<()> {
    if events.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            format!(
                "there is nothing to combine in `{name}`: a call is known by its name in rustix, \
                 `openat(…)` or `rustix::fs::openat(…)`; docs/combining.md has the list"
            ),
        ));
    }
    if !deny_split {
        return Ok(());
    }
    let errors = events.iter().filter_map(|event| match event {
        Event::Combined { .. } | Event::Alone(_) => None,
        Event::Split(reason) => {
            let text = format!("the batch is split here: {}", reason.text);
            Some(Error::new(reason.span, text))
        }
        Event::Left(reason) => {
            let text = format!("this call is not combined: {}", reason.text);
            Some(Error::new(reason.span, text))
        }
    });
    let all = errors.reduce(|mut all, error| {
        all.combine(error);
        all
    });
    all.map_or(Ok(()), Err)
}
