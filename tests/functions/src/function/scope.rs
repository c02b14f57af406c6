//! The variables that a function has at a place.

/// How many bytes a call has put into a buffer.
#[derive(Clone)]
pub(super) struct Length {
    pub(super) name: String,
    pub(super) buffer: String,
}

/// A variable that owns a descriptor.
#[derive(Clone)]
pub(super) struct Descriptor {
    pub(super) name: String,
    /// How deep the block is that declares it.
    pub(super) depth: usize,
}

/// What there is in a function so far. A variable that is declared again hides the one
/// before it.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) lengths: Vec<Length>,
    pub(super) stats: Vec<String>,
    pub(super) counters: Vec<String>,
    pub(super) buffers: Vec<String>,
    /// Numbers that are added up.
    pub(super) sums: Vec<String>,
    /// The labels of the loops around.
    pub(super) labels: Vec<String>,
    pub(super) depth: usize,
    pub(super) in_loop: bool,
}

impl Scope {
    /// What is in scope at the beginning: the parameters.
    pub(super) fn of_parameters() -> Self {
        Self {
            buffers: vec!["buffer".to_owned()],
            ..Self::default()
        }
    }

    /// A descriptor that this block declares.
    pub(super) fn add_descriptor(&mut self, name: String) {
        self.add_descriptor_at(name, self.depth);
    }

    /// A descriptor that is declared so deep: a name in a pattern, one deeper than what is
    /// around the block.
    pub(super) fn add_descriptor_at(&mut self, name: String, depth: usize) {
        self.remove_descriptor(&name);
        self.descriptors.push(Descriptor { name, depth });
    }

    pub(super) fn remove_descriptor(&mut self, name: &str) {
        self.descriptors.retain(|other| other.name != name);
    }

    pub(super) fn add_length(&mut self, name: String, buffer: String) {
        self.lengths.retain(|other| other.name != name);
        self.lengths.push(Length { name, buffer });
    }

    pub(super) fn add_stat(&mut self, name: String) {
        self.stats.retain(|other| *other != name);
        self.stats.push(name);
    }

    pub(super) fn add_counter(&mut self, name: String) {
        self.counters.retain(|other| *other != name);
        self.counters.push(name);
    }

    pub(super) fn add_sum(&mut self, name: String) {
        self.sums.retain(|other| *other != name);
        self.sums.push(name);
    }

    /// A buffer, which is empty: no length of one before it counts for it.
    pub(super) fn add_buffer(&mut self, name: String) {
        self.lengths.retain(|length| length.buffer != name);
        self.buffers.retain(|other| *other != name);
        self.buffers.push(name);
    }
}
