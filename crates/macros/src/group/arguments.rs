//! Arguments of calls.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ExprCall};

use super::buffers::used;
use super::{Group, Kind, Of, Refused, Size};
use crate::ir::{Action, Entry, Label, Operand, Slot, Target};
use crate::known::{self, Known, Parameter, Returned, Width};
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
                known::Slot::High(at) => {
                    let number = [arguments[at][0], Operand::Constant(32)];
                    let high = self.assembly.operation(Action::Shr, number);
                    operands.push(Operand::Slot(high));
                }
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
        let after = self.assembly.label();
        let refused = self.refuse(slot, checked.elements, after);
        if known.call.ends_with("xattr") && known.returned == Returned::Length {
            // Without room the call says how much there would have to be.
            let length = arguments.iter().flatten().last().copied();
            self.assembly.entries[call].negative = Target::To(after);
            self.none_without_room(slot, length, after);
        }
        self.assembly.place(after);
        let of = || room.as_ref().map(|(name, _)| name.clone());
        let kind = match (known.returned, of()) {
            (Returned::Stat, Some(name)) => Kind::Stat(name),
            (Returned::Statx, Some(name)) => Kind::Statx(name),
            (Returned::Length, _) => Kind::Length { filled },
            (Returned::Received, _) => Kind::Received {
                filled,
                room: arguments.get(1).and_then(|memory| memory.get(1).copied()),
            },
            (Returned::Count, _) => Kind::Number {
                of: Of::Width(Width::Usize),
                size: Size::Any,
            },
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

    /// Has the result be zero if the length of the memory is.
    fn none_without_room(&mut self, result: Slot, length: Option<Operand>, past: Label) {
        let [some, none] = [Target::To(past), Target::Next];
        self.test(
            length.into_iter().collect(),
            Action::Set,
            [some, none, some],
        );
        let nothing = vec![Operand::Constant(0)];
        self.assembly.push(Entry::new(Action::Set, result, nothing));
        self.assembly.place(past);
    }

    /// Has these results of an element be that of a call.
    fn refuse(
        &mut self,
        result: Slot,
        elements: Vec<(Slot, usize)>,
        after: Label,
    ) -> core::ops::Range<usize> {
        let first = self.refused.len();
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
            Parameter::Slices => {
                self.outer(expr)?;
                Ok(self.alone_by(quote!(slices(#expr))))
            }
            Parameter::SlicesMut => {
                let place = super::buffers::place(expr);
                let borrowed = match expr {
                    Expr::Reference(_) => quote!(#expr),
                    other => quote!(&mut *#other),
                };
                self.own_memory(expr, place, quote!(slices_mut(#borrowed)))
            }
            Parameter::Owner => self.plain(expr, quote!(::sysbatch::__private::owner(#expr))),
            Parameter::Group => self.plain(expr, quote!(::sysbatch::__private::group(#expr))),
            Parameter::NonZero => self.plain(expr, quote!(::sysbatch::__private::non_zero(#expr))),
            Parameter::Times => {
                let tokens = quote!(::sysbatch::__private::Times::new(#expr));
                if self.element(expr)?.is_some() {
                    return Err(Reason::new(
                        expr,
                        "a batch needs times that are the same for all",
                    ));
                }
                let [address] =
                    self.prepared(expr, "times", &tokens, |name| [quote!(#name.address())])?;
                one(address)
            }
            Parameter::Here => match expr {
                Expr::Path(path) if path.path.is_ident("None") => one(Operand::Constant(0)),
                other => Err(Reason::new(other, "here a batch can have `None`")),
            },
            Parameter::NoFlags => {
                if self.element(expr)?.is_some() {
                    return Err(Reason::new(
                        expr,
                        "a batch needs flags that are the same for all",
                    ));
                }
                self.outer(expr)?;
                let refusal = quote!(::sysbatch::__private::no_flags(#expr));
                let name = self.evaluated("refusal", &refusal);
                checked.values.push(self.numbered(quote!(#name)));
                Ok(Vec::new())
            }
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
