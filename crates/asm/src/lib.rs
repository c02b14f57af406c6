//! The text form of a batch: assembler, disassembler and loader.
//!
//! ```text
//!  source ── assemble ──► Program ── Image::load ──► memory and a run header
//!                            └── disassemble ──► text that assembles to it
//! ```
//!
//! The language is described in `docs/assembly.md`. Inside, the text goes
//! through `lexer`, `parse` and `assemble`, each of which notes mistakes and
//! goes on; `constants` and `signature` know the system's names.
//!
//! ```
//! use sysbatch_asm::{Image, assemble};
//!
//! let source = "again: n = ADD(n, 1)
//!               SUB(n, 10)   neg again
//!               fuel 100";
//! let program = assemble("count.sb", source)?;
//! let image = Image::load(&program);
//! let run = image.run();
//! assert_eq!((run.len, run.fuel), (2, 100));
//! // Run it with a backend, then read `image.result(0)`.
//! assert_eq!(program.slot("n"), Some(0));
//! # Ok::<(), sysbatch_asm::Diagnostics>(())
//! ```
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod assemble;
mod ast;
mod calls;
mod constants;
mod diagnostics;
mod disassemble;
mod image;
mod lexer;
mod literal;
mod mistake;
mod parse;
mod program;
mod signature;
mod span;

pub use assemble::assemble;
pub use calls::call_name;
pub use constants::constants;
pub use diagnostics::{Detail, Diagnostics};
pub use disassemble::{Listing, disassemble};
pub use image::Image;
pub use literal::{quote, quote_byte};
pub use program::{Base, Block, BlockKind, Origin, Place, Program, Relocation, Section, Symbol};
pub use signature::{Argument, Set, signature};
