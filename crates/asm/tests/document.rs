//! The document of the language tells the truth.

use std::fs;
use std::path::Path;

use sysbatch_abi::BuiltIn;
use sysbatch_asm::{Listing, assemble, disassemble};

fn of_the_project(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    fs::read_to_string(path).unwrap()
}

fn document() -> String {
    of_the_project("docs/assembly.md")
}

#[test]
fn its_programs_assemble_and_survive_a_dump() {
    let document = document();
    let programs: Vec<_> = document
        .split("```sb\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(programs.len(), 5);
    // So what is read here is what the tests run.
    assert_eq!(programs[0], of_the_project("examples/copy.sb"));
    for source in programs {
        let program = assemble("assembly.md", source).unwrap_or_else(|error| panic!("{error}"));
        let text = disassemble(&program, Listing::default());
        let again = assemble("dump", &text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(again.entries, program.entries);
        assert_eq!(again.data, program.data);
    }
}

#[test]
fn it_lists_every_built_in() {
    let document = document();
    for builtin in BuiltIn::ALL {
        let name = builtin.name();
        let listed = [format!("`{name}`"), format!("`{name}(")]
            .iter()
            .any(|form| document.contains(form));
        assert!(listed, "{name}");
    }
}

#[test]
fn it_lists_only_constants_that_exist() {
    let document = document();
    let start = document.find("The constants are those").unwrap();
    let paragraph = document[start..].split("\n\n").next().unwrap();
    let prefixes: Vec<_> = paragraph
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.ends_with('_') || *word == "EPOLL" || *word == "POLL" || *word == "W")
        .collect();
    assert!(prefixes.len() > 30, "{prefixes:?}");
    for prefix in prefixes {
        assert!(
            sysbatch_asm::constants().any(|(name, _)| name.starts_with(prefix)),
            "{prefix}"
        );
    }
}
