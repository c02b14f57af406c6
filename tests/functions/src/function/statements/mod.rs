//! The statements that functions are made of. Each kind is a table, and a new statement is
//! a line of one of them.

mod buffers;
mod descriptors;
mod directories;
mod errors;
mod flow;
mod lists;
mod other;
mod transfers;

use super::Writer;
use super::scope::Scope;

/// A kind of statement.
pub(super) struct Statement {
    /// How often it is chosen, as a share of all weights.
    weight: usize,
    /// Whether it has blocks, which are nested only so deep.
    has_blocks: bool,
    /// Writes one, and adds what it declares. It may write nothing where it makes no sense.
    write: fn(&mut Writer<'_>, &mut Scope),
}

impl Statement {
    const fn of(weight: usize, write: fn(&mut Writer<'_>, &mut Scope)) -> Self {
        Self {
            weight,
            has_blocks: false,
            write,
        }
    }

    const fn with_blocks(weight: usize, write: fn(&mut Writer<'_>, &mut Scope)) -> Self {
        Self {
            weight,
            has_blocks: true,
            write,
        }
    }
}

const ALL: &[&[Statement]] = &[
    buffers::STATEMENTS,
    descriptors::STATEMENTS,
    directories::STATEMENTS,
    errors::STATEMENTS,
    flow::STATEMENTS,
    lists::STATEMENTS,
    other::STATEMENTS,
    transfers::STATEMENTS,
];

/// How deep blocks are nested.
const DEPTH: usize = 3;

impl Writer<'_> {
    /// A statement at random.
    pub(super) fn statement(&mut self, scope: &mut Scope) {
        self.left = self.left.saturating_sub(1);
        let all = || ALL.iter().copied().flatten();
        let mut at = self.random.below(all().map(|one| one.weight).sum());
        let chosen = all().find(|one| {
            let found = at < one.weight;
            at = at.saturating_sub(one.weight);
            found
        });
        let chosen = chosen.expect("the number is below the sum of the weights");
        if !chosen.has_blocks || scope.depth < DEPTH {
            (chosen.write)(self, scope);
        }
    }

    /// The statements of a block, without its braces.
    fn block(&mut self, scope: &Scope, in_loop: bool) {
        let mut inner = scope.clone();
        inner.depth += 1;
        inner.in_loop |= in_loop;
        for _ in 0..1 + self.random.below(3) {
            self.statement(&mut inner);
        }
        if self.random.one_in(3) {
            let leave = self.leave(&inner);
            self.line(&leave);
        }
    }

    /// A label for a loop, or none.
    fn label(&mut self, scope: &mut Scope) -> String {
        if self.random.one_in(2) {
            return String::new();
        }
        self.names += 1;
        let label = format!("'loop{}", self.names);
        scope.labels.push(label.clone());
        format!("{label}: ")
    }

    /// A statement that leaves the function or the loop.
    fn leave(&mut self, scope: &Scope) -> String {
        let value = self.random.below(100);
        if let (true, Some(label)) = (self.random.one_in(3), scope.labels.last()) {
            let labels = [label, &scope.labels[0]];
            let label = labels[self.random.below(2)];
            return format!("{} {label};", self.random.of(&["break", "continue"]));
        }
        match self.random.below(5) {
            0 if scope.in_loop => "break;".to_owned(),
            1 if scope.in_loop => "continue;".to_owned(),
            2 => format!("{{ log.push({value}); return Ok({value}); }}"),
            3 => format!("return Err(Errno::PERM{});", self.error),
            _ => format!("return Ok({value});"),
        }
    }
}
