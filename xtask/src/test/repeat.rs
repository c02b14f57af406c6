//! Runs a machine once more if the first time nothing but slowness can have
//! stopped it.

use anyhow::Result;

use super::tally::Tally;
use crate::progress::Progress;

/// One run of a machine.
pub(super) struct Attempt {
    /// What came of it.
    pub(super) tally: Tally,
    /// Whether what failed, if anything, can come from slowness alone.
    pub(super) slow: bool,
    /// What its limits were multiplied by.
    pub(super) scale: f64,
}

/// Calls `attempt` with the name of the run's logs: `name` and, if slowness
/// stopped that, once more with another. A failure of the module's would show
/// again; whatever the second run comes to counts.
///
/// # Errors
/// Those of `attempt`.
pub(super) fn once(
    title: &str,
    name: &str,
    attempt: impl Fn(&str) -> Result<Attempt>,
) -> Result<Tally> {
    let first = shown(title, || attempt(name))?;
    if first.tally.failures.is_empty() || !first.slow {
        return Ok(first.tally);
    }
    let again = format!("{title}, repeated");
    let mut second = shown(&again, || attempt(&format!("{name}-repeated")))?.tally;
    second.repeated.extend(first.tally.failures);
    Ok(second)
}

/// An attempt with its progress.
fn shown(title: &str, attempt: impl FnOnce() -> Result<Attempt>) -> Result<Attempt> {
    let progress = Progress::start(title);
    let result = attempt();
    let outcome = match &result {
        Ok(attempt) if attempt.tally.failures.is_empty() => "passed",
        Ok(attempt) if attempt.slow => "stopped by what slowness can cause",
        _ => "failed",
    };
    let scale = result.as_ref().map_or(1.0, |attempt| attempt.scale);
    if scale > 1.0 {
        progress.end(&format!("{outcome}, limits times {scale:.1}"));
    } else {
        progress.end(outcome);
    }
    result
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use anyhow::Result;

    use super::{Attempt, once};
    use crate::test::tally::Tally;

    /// What comes of attempts that end like these, and the names they had.
    fn run(attempts: &[(bool, bool)]) -> (Tally, Vec<String>) {
        let names = RefCell::new(Vec::new());
        let attempt = |name: &str| -> Result<Attempt> {
            let (passed, slow) = attempts[names.borrow().len()];
            names.borrow_mut().push(name.to_owned());
            let tally = if passed {
                Tally::passed(1)
            } else {
                Tally::failure(format!("{name} failed"))
            };
            Ok(Attempt {
                tally,
                slow,
                scale: 1.0,
            })
        };
        let tally = once("a test", "one", attempt).expect("attempts give no error");
        (tally, names.into_inner())
    }

    #[test]
    fn what_passes_or_fails_by_itself_is_not_repeated() {
        assert_eq!(run(&[(true, false)]).0, Tally::passed(1));
        assert_eq!(
            run(&[(false, false)]).0,
            Tally::failure("one failed".to_owned())
        );
    }

    #[test]
    fn what_slowness_stopped_is_repeated_once_and_told() {
        let repeated = vec!["one failed".to_owned()];
        let (tally, names) = run(&[(false, true), (true, false)]);
        assert_eq!(names, ["one", "one-repeated"]);
        assert_eq!((tally.passed, tally.failures.len()), (1, 0));
        assert_eq!(tally.repeated, repeated);
        let (tally, names) = run(&[(false, true), (false, true)]);
        assert_eq!(names.len(), 2);
        assert_eq!(tally.failures, ["one-repeated failed"]);
        assert_eq!(tally.repeated, repeated);
    }
}
