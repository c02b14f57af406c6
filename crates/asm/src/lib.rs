//! The text form of a batch: assembler, disassembler and loader.
#![forbid(unsafe_code)]
