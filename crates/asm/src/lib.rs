//! The text form of a batch: assembler, disassembler and loader.
#![forbid(unsafe_code)]

mod assemble;
mod ast;
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
pub use diagnostics::Diagnostics;
pub use disassemble::{Listing, disassemble};
pub use image::Image;
pub use literal::quote;
pub use program::{Base, Block, BlockKind, Origin, Place, Program, Relocation, Section, Symbol};
pub use signature::{Argument, Set, signature};
