//! The README's commands, so that what is tried is what is written there.

use anyhow::{Result, bail};

/// The lines to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commands {
    /// The demonstration.
    pub(super) demo: String,
    /// The tests.
    pub(super) test: String,
}

/// The two commands in the text of a README.
///
/// # Errors
/// When its console blocks do not have exactly these two.
pub(super) fn commands(text: &str) -> Result<Commands> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside
            && let Some(command) = line.strip_prefix("$ ")
            && command.starts_with("cargo xtask ")
        {
            found.push(command.trim());
        }
    }
    let [demo, test] = found[..] else {
        bail!(
            "README.md promises two `cargo xtask` commands, but its console blocks have {}: {}",
            found.len(),
            found.join(", ")
        );
    };
    if demo != "cargo xtask demo" || test != "cargo xtask test" {
        bail!(
            "README.md's commands are `{demo}` and `{test}`, not the demonstration and the \
             tests: xtask/src/fresh/table.rs says what they are to do and has to follow"
        );
    }
    Ok(Commands {
        demo: demo.to_owned(),
        test: test.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn the_readme_has_the_two() {
        let text = include_str!("../../../README.md");
        let commands = commands(text).expect("the README has them");
        assert_eq!(commands.demo, "cargo xtask demo");
        assert_eq!(commands.test, "cargo xtask test");
    }

    #[test]
    fn only_what_is_typed_in_a_console_counts() {
        let text = "`$ cargo xtask a`\n```console\n$ cargo xtask demo\n…\n$ git pull\n```\n\
                    ```\n$ cargo xtask b\n```\n```console\n$ cargo xtask test\n```\n";
        let commands = commands(text).expect("there are two");
        assert_eq!(commands.demo, "cargo xtask demo");
        assert_eq!(commands.test, "cargo xtask test");
    }

    #[test]
    fn more_or_fewer_are_refused() {
        assert!(commands("```console\n$ cargo xtask demo\n```\n").is_err());
        let more = "```console\n$ cargo xtask demo\n$ cargo xtask setup\n$ cargo xtask test\n```\n";
        assert!(commands(more).is_err());
        let others = "```console\n$ cargo xtask setup\n$ cargo xtask test\n```\n";
        assert!(commands(others).is_err());
    }
}
