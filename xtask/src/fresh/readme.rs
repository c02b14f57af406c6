//! What the README has people type, so that what is tried is what is written
//! there.

use anyhow::{Result, bail};

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commands {
    /// The packages that are installed beforehand.
    pub(super) beforehand: Vec<String>,
    /// The demonstration.
    pub(super) demo: String,
    /// The tests.
    pub(super) test: String,
}

/// How root installs packages.
const INSTALL: &str = "apt-get install ";

/// What the text of a README has people type.
///
/// # Errors
/// When its console blocks do not have exactly the two commands, and before
/// them the one by which root installs what they need.
pub(super) fn commands(text: &str) -> Result<Commands> {
    let typed = |prompt| console(text).filter_map(move |line| line.strip_prefix(prompt));
    let project = typed("$ ").filter(|line| line.starts_with("cargo xtask "));
    let project: Vec<&str> = project.map(str::trim).collect();
    let [demo, test] = project[..] else {
        bail!(
            "README.md promises two `cargo xtask` commands, but its console blocks have {}: {}",
            project.len(),
            project.join(", ")
        );
    };
    if demo != "cargo xtask demo" || test != "cargo xtask test" {
        bail!(
            "README.md's commands are `{demo}` and `{test}`, not the demonstration and the \
             tests: xtask/src/fresh/table.rs says what they are to do and has to follow"
        );
    }
    let beforehand: Vec<&str> = typed("# ")
        .filter_map(|line| line.strip_prefix(INSTALL))
        .collect();
    let [beforehand] = beforehand[..] else {
        bail!(
            "README.md's console blocks have {} lines `# {INSTALL}…`, not the one that says which \
             packages have to be there beforehand",
            beforehand.len()
        );
    };
    Ok(Commands {
        beforehand: beforehand.split_whitespace().map(str::to_owned).collect(),
        demo: demo.to_owned(),
        test: test.to_owned(),
    })
}

/// The lines of the console blocks.
fn console(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            inside = *line == "```console";
        }
        inside
    })
}

#[cfg(test)]
mod tests {
    use super::commands;

    const BEFOREHAND: &str = "```console\n# apt-get install git gcc\n```\n";

    #[test]
    fn the_readme_has_them() {
        let text = include_str!("../../../README.md");
        let commands = commands(text).expect("the README has them");
        assert_eq!(commands.demo, "cargo xtask demo");
        assert_eq!(commands.test, "cargo xtask test");
        assert!(commands.beforehand.contains(&"git".to_owned()));
    }

    #[test]
    fn only_what_is_typed_in_a_console_counts() {
        let text = "`$ cargo xtask a`\n```console\n$ cargo xtask demo\n…\n$ git pull\n```\n\
                    ```\n$ cargo xtask b\n```\n# apt-get install c\n\
                    ```console\n$ cargo xtask test\n```\n";
        let commands = commands(&format!("{BEFOREHAND}{text}")).expect("there are two");
        assert_eq!(commands.demo, "cargo xtask demo");
        assert_eq!(commands.test, "cargo xtask test");
        assert_eq!(commands.beforehand, ["git", "gcc"]);
    }

    #[test]
    fn more_or_fewer_are_refused() {
        let two = "```console\n$ cargo xtask demo\n$ cargo xtask test\n```\n";
        assert!(commands(&format!("{BEFOREHAND}{two}")).is_ok());
        assert!(commands(two).is_err());
        assert!(commands(&format!("{BEFOREHAND}{BEFOREHAND}{two}")).is_err());
        for others in [
            "$ cargo xtask demo\n",
            "$ cargo xtask demo\n$ cargo xtask setup\n$ cargo xtask test\n",
            "$ cargo xtask setup\n$ cargo xtask test\n",
        ] {
            let text = format!("{BEFOREHAND}```console\n{others}```\n");
            assert!(commands(&text).is_err(), "{others}");
        }
    }
}
