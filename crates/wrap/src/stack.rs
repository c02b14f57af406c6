//! The stack that a program finds: its arguments, its environment, and what the kernel
//! tells it beside (the auxiliary vector).
#![expect(unsafe_code, reason = "the memory of the new stack")]

use crate::exec;

/// Entries of the auxiliary vector (`getauxval(3)`).
pub(crate) const AT_PHDR: u64 = 3;
pub(crate) const AT_PHNUM: u64 = 5;
pub(crate) const AT_BASE: u64 = 7;
pub(crate) const AT_ENTRY: u64 = 9;
pub(crate) const AT_EXECFN: u64 = 31;

/// The stack that the kernel has laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    /// The address of its first word, the number of arguments.
    address: u64,
    environment: u64,
    auxiliary: u64,
}

/// Words from an address on, up to a null one.
#[derive(Clone, Copy)]
struct Words(u64);

impl Words {
    fn read(address: u64) -> u64 {
        let pointer = core::ptr::with_exposed_provenance::<u64>(address as usize);
        // SAFETY: within the vectors that the kernel has laid on the stack; nothing here
        // goes beyond the null words that end them.
        unsafe { pointer.read() }
    }
}

impl Iterator for Words {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let word = Self::read(self.0);
        self.0 += 8;
        (word != 0).then_some(word)
    }
}

impl Stack {
    /// # Safety
    /// The kernel has laid one out there, or somebody has in the same way.
    pub(crate) unsafe fn at(address: u64) -> Self {
        let end = |from: u64| from + 8 * (Words(from).count() as u64 + 1);
        let environment = address + 8 * (Words::read(address) + 2);
        Self {
            address,
            environment,
            auxiliary: end(environment),
        }
    }

    fn arguments(&self) -> impl Iterator<Item = u64> {
        Words(self.address + 8)
    }

    fn environment(&self) -> impl Iterator<Item = u64> {
        Words(self.environment)
    }

    fn auxiliary(&self) -> impl Iterator<Item = (u64, u64)> {
        let address = self.auxiliary;
        let keys = (0..).map(move |index| address + 16 * index);
        keys.map(|at| (Words::read(at), Words::read(at + 8)))
            .take_while(|&(key, _)| key != 0)
    }

    /// The path that the kernel has executed.
    pub(crate) fn executed(&self) -> &[u8] {
        let found = self.auxiliary().find(|&(key, _)| key == AT_EXECFN);
        // SAFETY: the kernel has laid the string on the stack.
        found.map_or(b"", |(_, address)| unsafe { exec::string(address) })
    }

    /// Lays out another one below it, and returns its address: with `before` in the
    /// place of the first argument unless it is empty, and `changed` in the auxiliary
    /// vector.
    ///
    /// # Safety
    /// Nobody uses what is below it.
    pub(crate) unsafe fn lay(&self, before: &[u64], changed: &[(u64, u64)], below: u64) -> u64 {
        let kept = usize::from(!before.is_empty());
        let arguments = before.len() + self.arguments().count().saturating_sub(kept);
        let environment = self.environment().count();
        let auxiliary = self.auxiliary().count();
        let words = 1 + arguments + 1 + environment + 1 + 2 * (auxiliary + 1);
        let start = (below - 8 * words as u64) & !15;
        let mut at = start;
        let mut push = |word: u64| {
            let pointer = core::ptr::with_exposed_provenance_mut::<u64>(at as usize);
            // SAFETY: one of the words counted above, below what is in use.
            unsafe { pointer.write(word) };
            at += 8;
        };
        push(arguments as u64);
        for &argument in before {
            push(argument);
        }
        for argument in self.arguments().skip(kept) {
            push(argument);
        }
        push(0);
        for variable in self.environment() {
            push(variable);
        }
        push(0);
        for (key, value) in self.auxiliary() {
            let other = changed.iter().find(|(changed, _)| *changed == key);
            push(key);
            push(other.map_or(value, |&(_, other)| other));
        }
        push(0);
        push(0);
        start
    }

    /// Copies a string to below an address, with a zero behind it.
    ///
    /// # Safety
    /// Nobody uses what is below it.
    pub(crate) unsafe fn lay_string(below: u64, string: &[u8]) -> u64 {
        let start = below - string.len() as u64 - 1;
        for (at, &byte) in (start..).zip(string.iter().chain(&[0])) {
            let pointer = core::ptr::with_exposed_provenance_mut::<u8>(at as usize);
            // SAFETY: by the contract of this function.
            unsafe { pointer.write(byte) };
        }
        start
    }

    /// Where it begins: all below is free.
    pub(crate) const fn address(&self) -> u64 {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    /// Strings of a stack's words.
    fn strings(words: impl Iterator<Item = u64>) -> std::vec::Vec<&'static [u8]> {
        // SAFETY: strings of the tests' own.
        words.map(|word| unsafe { exec::string(word) }).collect()
    }

    #[test]
    fn a_stack_is_laid_below_another() {
        let [zero, one, home] = [b"zero\0", b"one\0\0", b"A=b\0\0"].map(sys::address);
        let mut memory = [0_u64; 200];
        let old = [
            2, zero, one, 0, home, 0, AT_PHDR, 64, 17, 100, AT_EXECFN, zero, 0, 0,
        ];
        memory[100..114].copy_from_slice(&old);
        let base = sys::address_mut(&mut memory);
        // SAFETY: it was laid there.
        let stack = unsafe { Stack::at(base + 800) };
        assert_eq!(stack.executed(), b"zero");
        // SAFETY: within the array, as all below.
        let name = unsafe { Stack::lay_string(stack.address(), b"/bin/sh") };
        for before in [&[][..], &[one, zero][..]] {
            let changed = [(AT_PHDR, 4711), (AT_EXECFN, name)];
            // SAFETY: as above.
            let start = unsafe { stack.lay(before, &changed, name & !7) };
            assert_eq!(start % 16, 0);
            // SAFETY: as above.
            let new = unsafe { Stack::at(start) };
            let expected: &[&[u8]] = if before.is_empty() {
                &[b"zero", b"one"]
            } else {
                &[b"one", b"zero", b"one"]
            };
            assert_eq!(Words::read(start), expected.len() as u64);
            assert_eq!(strings(new.arguments()), expected);
            assert_eq!(strings(new.environment()), [b"A=b"]);
            let auxiliary: std::vec::Vec<_> = new.auxiliary().collect();
            assert_eq!(auxiliary, [(AT_PHDR, 4711), (17, 100), (AT_EXECFN, name)]);
            assert_eq!(new.executed(), b"/bin/sh");
        }
    }
}
