//! Any text is read, well or with mistakes.

use proptest::prelude::*;
use sysbatch_asm::{Listing, assemble, disassemble};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_without_a_panic(text in "[ -~\n]{0,200}") {
        let _ = assemble("text", &text).map_err(|diagnostics| diagnostics.to_string());
    }

    #[test]
    fn any_words_of_the_language_are_read_without_a_panic(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60)
    ) {
        let text = words.join(" ");
        match assemble("text", &text) {
            Ok(program) => {
                let text = disassemble(&program, Listing::default());
                let again = assemble("text", &text);
                prop_assert!(again.is_ok(), "{}\n{}", text, again.unwrap_err());
                let again = again.unwrap();
                prop_assert_eq!(&again.entries, &program.entries, "{}", text);
                prop_assert_eq!(&again.data, &program.data, "{}", text);
            }
            Err(diagnostics) => prop_assert!(!diagnostics.to_string().is_empty()),
        }
    }
}

/// What programs consist of.
const WORDS: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "a",
    "b",
    "a:",
    "b:",
    "a =",
    "b =",
    "->",
    "%",
    "(",
    ")",
    "[",
    "]",
    ",",
    "+",
    "-",
    "|",
    "<<",
    "&",
    ".",
    "arg1",
    "1",
    "0x10",
    "0644",
    "'x'",
    "\"text\"",
    "O_CREAT",
    "getpid()",
    "read(",
    "repeat(0, -3, 1, 8)",
    "repeat(",
    "ADD(",
    "SET(1)",
    "neg",
    "zero",
    "pos",
    "goto",
    "else",
    "exit",
    "end",
    "next",
    "fuel 9",
    "slots",
    "start",
    "slot",
    "word",
    "words",
    "data",
    "u8",
    "be16",
    "buffer",
    "string",
    "align",
    "const",
    "entry",
    "nr=",
    "args=",
    "sizeof",
    "offsetof(",
    "statx",
    "stx_size",
];
