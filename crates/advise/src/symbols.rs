//! Names for places in a program.

use crate::call::{Frame, Object};

/// A function, and the line of its source that was being executed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The function's name as its language has it.
    pub function: Option<String>,
    /// The source file.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// Has names for what a trace has numbers for.
pub trait Symbols {
    /// The path of a file that code is from.
    fn object(&self, object: Object) -> &str;

    /// What is known of a frame: the functions inlined there, the innermost first, and
    /// last the one that they are in. There is none where nothing is known.
    fn places(&mut self, frame: Frame) -> Vec<Place>;
}
