//! Which function an address belongs to.

use std::path::Path;

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSegment as _, ObjectSymbol as _, SymbolKind};

/// The functions of a kernel with its modules, or of a program.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// Sorted by address.
    functions: Vec<Function>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) address: u64,
    pub(crate) name: String,
    /// Whose it is: a module, or the kernel or program itself.
    pub(crate) owner: String,
}

impl Symbols {
    fn new(mut functions: Vec<Function>) -> Self {
        // Of several names for one address the first is kept.
        functions.sort_by_key(|function| function.address);
        functions.dedup_by_key(|function| function.address);
        Self { functions }
    }

    /// Those of `/proc/kallsyms`, see `proc_kallsyms(5)`.
    pub(crate) fn of_kernel(text: &str) -> Self {
        let functions = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = u64::from_str_radix(words.next()?, 16).ok()?;
            let kind = words.next()?;
            let name = demangled(words.next()?);
            let owner = words.next().map_or("kernel", |module| {
                module.trim_start_matches('[').trim_end_matches(']')
            });
            // Code, and what is not zero because addresses are hidden.
            (matches!(kind, "t" | "T" | "w" | "W") && address != 0).then(|| Function {
                address,
                name,
                owner: owner.to_owned(),
            })
        });
        Self::new(functions.collect())
    }

    /// Those of a program whose first segment lies at `base`.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(crate) fn of_program(file: &Path, base: u64) -> Result<Self> {
        let unreadable = || format!("can't read the symbols of {}", file.display());
        let data = std::fs::read(file).with_context(unreadable)?;
        let program = object::File::parse(&*data).with_context(unreadable)?;
        let first = program.segments().map(|segment| segment.address()).min();
        let shift = base.wrapping_sub(first.unwrap_or(0) & !0xfff);
        let code = program
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition());
        let functions = code.filter_map(|symbol| {
            Some(Function {
                address: symbol.address().wrapping_add(shift),
                name: demangled(symbol.name().ok()?),
                owner: "program".to_owned(),
            })
        });
        Ok(Self::new(functions.collect()))
    }

    /// The function that an address lies in: the last that begins before it.
    pub(crate) fn function(&self, address: u64) -> Option<&Function> {
        let after = self
            .functions
            .partition_point(|function| function.address <= address);
        self.functions.get(after.checked_sub(1)?)
    }

    /// The address of a function of the kernel or program itself.
    ///
    /// # Errors
    /// When there is none of the name.
    pub(crate) fn address(&self, name: &str) -> Result<u64> {
        let mut functions = self.functions.iter();
        let found = functions.find(|function| function.name == name);
        found
            .map(|function| function.address)
            .with_context(|| format!("there is no function `{name}`"))
    }
}

/// A name as a person wrote it.
fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::Symbols;

    #[test]
    fn addresses_belong_to_the_function_before_them() {
        let symbols = Symbols::of_kernel(
            "0000000000000000 A fixed_percpu_data\n\
             ffffffff81000100 T second\n\
             ffffffff81000000 t first\n\
             ffffffff81000180 d data\n\
             ffffffffc0000000 t _RNvNtC6engine4loop3run\t[sysbatch]\n",
        );
        let name = |address| symbols.function(address).map(|f| (&*f.name, &*f.owner));
        assert_eq!(name(0xffff_ffff_80ff_ffff), None);
        assert_eq!(name(0xffff_ffff_8100_0000), Some(("first", "kernel")));
        assert_eq!(name(0xffff_ffff_8100_00ff), Some(("first", "kernel")));
        assert_eq!(name(0xffff_ffff_8100_0200), Some(("second", "kernel")));
        let engine = ("engine::loop::run", "sysbatch");
        assert_eq!(name(0xffff_ffff_c000_0010), Some(engine));
        assert_eq!(symbols.address("second").ok(), Some(0xffff_ffff_8100_0100));
        assert!(symbols.address("data").is_err());
    }
}
