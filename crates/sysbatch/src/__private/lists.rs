//! What a loop over a list has of its elements.

use rustix::path::Arg;

use super::{Path, negated};

/// How many elements are made ready at a time.
const PART: usize = 256;

/// A list whose elements are there before anything is done with them.
#[diagnostic::on_unimplemented(
    message = "`combine` takes this for a list, and it is none",
    label = "not a slice, an array, a `Vec` or a reference to one",
    note = "give the type another name than `Vec`, or put the loop into a function of its own"
)]
pub trait List<'a> {
    /// What is in it.
    type Element;

    /// Its elements.
    fn elements(self) -> &'a [Self::Element];
}

impl<'a, T> List<'a> for &'a [T] {
    type Element = T;

    fn elements(self) -> &'a [T] {
        self
    }
}

impl<'a, T, const N: usize> List<'a> for &'a [T; N] {
    type Element = T;

    fn elements(self) -> &'a [T] {
        self
    }
}

impl<'a, T> List<'a> for &'a Vec<T> {
    type Element = T;

    fn elements(self) -> &'a [T] {
        self
    }
}

/// The elements of a list.
pub fn list<'a, L: List<'a>>(list: L) -> &'a [L::Element] {
    list.elements()
}

/// Numbers for each element of a part of a list. They are where they were as long as it lives.
#[derive(Debug)]
pub struct Rows<const WIDTH: usize> {
    rows: Vec<[u64; WIDTH]>,
    paths: Vec<Path>,
    part: usize,
    parts: usize,
}

impl<const WIDTH: usize> Rows<WIDTH> {
    /// For a list of this length, and so many paths for each element.
    #[must_use]
    pub fn new(length: usize, paths: usize) -> Self {
        let part = length.min(PART);
        Self {
            rows: Vec::with_capacity(part),
            paths: Vec::with_capacity(part * paths),
            part: 0,
            parts: length.div_ceil(PART),
        }
    }

    /// Begins a part; gives its elements.
    pub fn begin<'a, T>(&mut self, list: &'a [T], part: usize) -> &'a [T] {
        self.rows.clear();
        self.paths.clear();
        self.part = part;
        list.chunks(PART).nth(part).unwrap_or_default()
    }

    /// The address of a path, or the error of one that there cannot be.
    ///
    /// # Panics
    /// If there are more than there were to be: their addresses are known.
    pub fn path(&mut self, path: &impl Arg) -> u64 {
        assert!(self.paths.len() < self.paths.capacity());
        self.paths.push(Path::new(path));
        let last = &self.paths[self.paths.len() - 1];
        last.refusal().map_or_else(|| last.address(), negated)
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If there are more than there were to be: their addresses are known.
    pub fn push(&mut self, row: [u64; WIDTH]) {
        assert!(self.rows.len() < self.rows.capacity());
        self.rows.push(row);
    }

    /// The address of the first row.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.rows.as_ptr().expose_provenance() as u64
    }

    /// That after the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start() + self.rows.len() as u64 * self.stride()
    }

    /// How many parts the list has.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.parts as u64
    }

    /// How long a row is.
    #[must_use]
    pub fn stride(&self) -> u64 {
        size_of::<[u64; WIDTH]>() as u64
    }

    /// The element whose row is at this address.
    #[must_use]
    pub fn element<'a, T>(&self, list: &'a [T], row: i64) -> &'a T {
        let at = (row.cast_unsigned() - self.start()) / self.stride();
        &list[self.part * PART + at as usize]
    }
}
