//! Arguments of calls.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ExprCall};

use super::buffers::used;
use super::{Group, Kind, Refused};
use crate::ir::{Action, Entry, Operand, Slot, Target};
use crate::known::{self, Known, Parameter, Returned};
use crate::pure::{Purity, Reason, identifiers, purity};

/// A call that was added.
pub(super) struct Called {
    pub(super) slot: Slot,
    /// The index of its entry.
    pub(super) entry: usize,
    pub(super) returned: Returned,
    /// What a variable of its result is.
    pub(super) kind: Kind,
    /// The second descriptor, of two.
    pub(super) room: Option<(Ident, Operand)>,
    /// What is done in its place, among all that are refused.
    refused: core::ops::Range<usize>,
}

/// What may refuse a call.
#[derive(Default)]
struct Checked {
    /// Values that are known before.
    values: Vec<usize>,
    /// What elements of lists have: the slot of the error, and the entry that finds it.
    elements: Vec<(Slot, usize)>,
}

/// `AT_FDCWD`, extended as the interface has it.
const CWD: u64 = -100_i64 as u64;

impl Group {
    /// Adds a call.
    pub(super) fn call(
        &mut self,
        call: &ExprCall,
        known: &'static Known,
    ) -> Result<Called, Reason> {
        if call.args.len() != known.parameters.len() {
            let count = known.parameters.len();
            return Err(Reason::new(
                call,
                format!("`{}` of rustix has {count} argument(s)", known.name),
            ));
        }
        let mut filled = None;
        let mut checked = Checked::default();
        let mut arguments = Vec::new();
        for (expr, &parameter) in call.args.iter().zip(known.parameters) {
            if let Parameter::Fill = parameter {
                let (operands, place) = self.fill(expr)?;
                filled = Some(place).filter(|place| !place.is_empty());
                arguments.push(operands);
                continue;
            }
            arguments.push(self.argument(expr, parameter, &mut checked)?);
        }
        let room = match known.returned {
            Returned::Stat => Some(self.room(&quote!(Stat))),
            Returned::Statx => Some(self.room(&quote!(Statx))),
            Returned::Descriptors => Some(self.room(&quote!(Pair))),
            _ => None,
        };
        let mut operands = Vec::new();
        for slot in known.operands {
            match *slot {
                known::Slot::Argument(at) => operands.extend_from_slice(&arguments[at]),
                known::Slot::Cwd => operands.push(Operand::Constant(CWD)),
                known::Slot::Fixed(number) => operands.push(Operand::Constant(number)),
                known::Slot::Room => operands.extend(room.as_ref().map(|(_, address)| *address)),
            }
        }
        let slot = self.assembly.slot();
        let mut entry = Entry::new(Action::Call(known.call), slot, operands);
        entry.checked = checked.values;
        self.assembly.push(entry);
        let call = self.assembly.entries.len() - 1;
        let refused = self.refuse(slot, checked.elements);
        let of = || room.as_ref().map(|(name, _)| name.clone());
        let kind = match (known.returned, of()) {
            (Returned::Stat, Some(name)) => Kind::Stat(name),
            (Returned::Statx, Some(name)) => Kind::Statx(name),
            (Returned::Length, _) => Kind::Length { filled },
            (Returned::Offset, _) => Kind::Offset,
            (Returned::Descriptor, _) => Kind::Descriptor,
            _ => Kind::Unit,
        };
        Ok(Called {
            slot,
            entry: call,
            refused,
            returned: known.returned,
            kind,
            room,
        })
    }

    /// Has these results of an element be that of a call.
    fn refuse(&mut self, result: Slot, elements: Vec<(Slot, usize)>) -> core::ops::Range<usize> {
        let first = self.refused.len();
        if elements.is_empty() {
            return first..first;
        }
        let after = self.assembly.label();
        self.assembly.place(after);
        for (error, entry) in elements {
            let label = self.assembly.label();
            self.assembly.entries[entry].negative = Target::To(label);
            self.refused.push(Refused {
                label,
                error,
                result,
                next: Target::To(after),
            });
        }
        first..self.refused.len()
    }

    /// Where it leads if a call fails.
    pub(super) fn fails(&mut self, called: &Called, target: Target) {
        self.assembly.entries[called.entry].negative = target;
        for refused in &mut self.refused[called.refused.clone()] {
            refused.next = target;
        }
    }

    /// The operands of an argument.
    fn argument(
        &mut self,
        expr: &Expr,
        parameter: Parameter,
        checked: &mut Checked,
    ) -> Result<Vec<Operand>, Reason> {
        let one = |operand| Ok(vec![operand]);
        match parameter {
            Parameter::Descriptor => one(self.descriptor(expr)?),
            Parameter::Number(width) => one(self.number_argument(expr, width)?),
            Parameter::Bytes => self.bytes(expr),
            Parameter::Fill => self.fill(expr).map(|(operands, _)| operands),
            Parameter::Path => {
                if let Some(name) = self.record_name(expr) {
                    return one(name);
                }
                if let Some(list) = self.element(expr)? {
                    let (address, entry) = self.element_path(expr, list)?;
                    checked.elements.push((address, entry));
                    return one(Operand::Slot(address));
                }
                self.outer(expr)?;
                let name =
                    self.evaluated("path", &quote!(::sysbatch::__private::Path::new(&#expr)));
                let address = self.value(quote!(#name.address()));
                checked.values.push(self.numbered(quote!(#name.refusal())));
                one(address)
            }
            Parameter::StatxMask => {
                if self.element(expr)?.is_some() {
                    return Err(Reason::new(
                        expr,
                        "a batch needs a mask that is the same for all",
                    ));
                }
                self.outer(expr)?;
                let mask = quote!(::sysbatch::__private::StatxMask::new(#expr));
                let name = self.evaluated("mask", &mask);
                let bits = self.value(quote!(#name.bits()));
                checked.values.push(self.numbered(quote!(#name.refusal())));
                one(bits)
            }
            Parameter::Seek => {
                let tokens = quote!(::sysbatch::__private::seek(#expr));
                let both = |name: &Ident| [quote!(#name.0), quote!(#name.1)];
                Ok(self.prepared(expr, "seek", &tokens, both)?.to_vec())
            }
            Parameter::Bits => {
                self.plain(expr, quote!(::core::primitive::u64::from((#expr).bits())))
            }
            Parameter::OpenFlags => {
                self.plain(expr, quote!(::sysbatch::__private::open_flags(#expr)))
            }
            Parameter::Choice => self.plain(
                expr,
                quote!(::core::primitive::u64::from((#expr) as ::core::primitive::u32)),
            ),
            Parameter::Integer => self.plain(expr, quote!(::sysbatch::__private::integer(#expr))),
        }
    }

    /// A value that is evaluated before the batch.
    fn plain(&mut self, expr: &Expr, tokens: TokenStream) -> Result<Vec<Operand>, Reason> {
        let [value] = self.prepared(expr, "value", &tokens, |name| [quote!(#name)])?;
        Ok(vec![value])
    }

    pub(super) fn evaluated(&mut self, what: &str, tokens: &TokenStream) -> Ident {
        let name = self.name(what);
        self.setup.push(quote!(let #name = #tokens;));
        name
    }

    /// A descriptor, that is borrowed.
    pub(super) fn descriptor(&mut self, expr: &Expr) -> Result<Operand, Reason> {
        if self.element(expr)?.is_some() {
            let tokens = quote!(::sysbatch::__private::descriptor(#expr));
            let [number] = self.prepared(expr, "descriptor", &tokens, |name| [quote!(#name)])?;
            return Ok(number);
        }
        let (place, borrowed) = borrowed(expr);
        if let Expr::Path(path) = place
            && let Some(name) = path.path.get_ident()
            && let Some(variable) = self.variable(name)
        {
            return match (&variable.kind, variable.live) {
                (Kind::Descriptor, true) if borrowed => Ok(Operand::Slot(variable.slot)),
                (Kind::Descriptor, true) => Err(Reason::new(
                    expr,
                    format!("the call takes and closes `{name}`; hand over `&{name}`"),
                )),
                (Kind::Descriptor, false) => {
                    Err(Reason::new(expr, format!("`{name}` is closed before")))
                }
                _ => Err(used(expr, &name.to_string())),
            };
        }
        // Fields of `self` are borrowed one by one; others may be behind a `Deref`.
        let mut found = identifiers(expr);
        found.remove("self");
        if let Some(root) = self.filled(expr).filter(|root| found.contains(*root)) {
            return Err(Reason::new(
                expr,
                format!("an earlier call of the batch fills `{root}`, which is borrowed for that"),
            ));
        }
        self.check(expr)?;
        self.evaluated.extend(found);
        let name = self.evaluated(
            "descriptor",
            &quote!(::sysbatch::__private::descriptor(#expr)),
        );
        Ok(self.value(quote!(#name)))
    }

    /// Checks that something can be evaluated before the batch.
    pub(super) fn outer(&mut self, expr: &Expr) -> Result<(), Reason> {
        if let Some(root) = self.filled(expr) {
            return Err(Reason::new(
                expr,
                format!("an earlier call of the batch fills `{root}`, which is read here"),
            ));
        }
        self.check(expr)?;
        self.evaluated.extend(identifiers(expr));
        Ok(())
    }

    fn check(&self, expr: &Expr) -> Result<(), Reason> {
        let found = identifiers(expr);
        for variable in &self.variables {
            let name = variable.name.to_string();
            if found.contains(&name) && !matches!(variable.kind, Kind::Element(_)) {
                return Err(used(expr, &name));
            }
        }
        if purity(expr)? == Purity::MayPanic && !self.assembly.entries.is_empty() {
            return Err(Reason::new(
                expr,
                "this may panic, and calls before it are in the batch already; bind it to a \
                 variable before the calls",
            ));
        }
        Ok(())
    }
}

/// What a descriptor is borrowed from, and whether it is.
fn borrowed(expr: &Expr) -> (&Expr, bool) {
    match expr {
        Expr::Reference(reference) => (borrowed(&reference.expr).0, true),
        Expr::Paren(inner) => borrowed(&inner.expr),
        Expr::MethodCall(call) if call.method == "as_fd" && call.args.is_empty() => {
            (borrowed(&call.receiver).0, true)
        }
        other => (other, false),
    }
}
