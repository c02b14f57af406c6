//! The code of a batch.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, Stmt};

use crate::group::{Code, Exit, Group, Kind, List, Of, Variable, rows};
use crate::ir::{Action, Entry, Operand};
use crate::known::{Returned, called};
use crate::path::{is_drop, is_new};

/// The code of a group that is finished; nothing if a branch is too long for an entry.
pub(crate) fn generate(group: &Group) -> Option<TokenStream> {
    let own = |name: &str| Ident::new(name, Span::mixed_site());
    let (slots, entries, out) = (own("__slots"), own("__entries"), own("__out"));
    let hoisted = &group.hoisted;
    let written = written(group);
    let buffers = group.buffers.iter().map(|buffer| buffer.setup());
    let kept = group.buffers.iter().map(|buffer| &buffer.name);
    let setup = &group.setup;
    let lists = group.lists.iter().map(list);
    let laid: Option<Vec<TokenStream>> = (0..group.assembly.entries.len())
        .map(|at| entry(group, at))
        .collect();
    let laid = laid?;
    let slot_count = group.assembly.slots();
    let from = own("__from");
    let (mut exits, mut resumed) = (Vec::new(), Vec::new());
    for (index, exit) in group.exits.iter().enumerate() {
        let number = index as i64 + 1;
        match exit.code.resume() {
            Some(label) => {
                let code = resuming(group, exit, &slots);
                let at = group.assembly.index(label) as u64;
                resumed.push(quote!(#number => { #code #from = #at; }));
            }
            None => {
                let code = leaving(group, exit, &slots);
                exits.push(quote!(#number => { #code }));
            }
        }
    }
    let run = quote! {
        // SAFETY: the entries are those of the statements above, as rustix makes the
        // calls; the memory that they name is borrowed until after this.
        #ALLOW
        unsafe { ::sysbatch::__private::run(&mut #entries, &mut #slots, #from) };
    };
    let run = if resumed.is_empty() {
        quote!(let #from = 0; #run)
    } else {
        quote! {
            let mut #from = 0;
            loop {
                #run
                match #slots[0] {
                    #(#resumed)*
                    _ => break,
                }
            }
        }
    };
    let last = |at: usize, variable: &Variable| {
        !group.variables[at + 1..]
            .iter()
            .any(|later| later.name == variable.name)
    };
    let mut values = Vec::new();
    let mut names = Vec::new();
    for (at, variable) in group.variables.iter().enumerate() {
        if !variable.live || variable.kind.is_within() {
            continue;
        }
        let place = syn::Index::from(values.len());
        values.push(value(group, variable, &slots));
        let mutability = &variable.mutability;
        // What is shadowed is dropped in its turn.
        let name = if last(at, variable) {
            variable.name.clone()
        } else {
            format_ident!("__shadowed{at}", span = Span::mixed_site())
        };
        names.push(quote!(#ALLOW let #mutability #name = #out.#place;));
    }
    // What follows is never come to, and has to have its variables all the same.
    let on = if group.ended {
        quote!(::core::unreachable!())
    } else {
        quote!({})
    };
    Some(quote! {
        #(#hoisted)*
        #[allow(unused_variables, unreachable_code, clippy::let_unit_value, reason = "generated")]
        let #out = {
            #[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction, reason = "checked as it is written, and not run")]
            if false {
                #(#written)*
                #[allow(unreachable_code, reason = "generated")]
                { ::core::unreachable!() }
            }
            #(#buffers)*
            #(#setup)*
            #(#lists)*
            let mut #slots = [0_i64; #slot_count];
            let mut #entries = [#(#laid),*];
            #run
            #(::sysbatch::__private::keep(&#kept);)*
            match #slots[0] {
                #(#exits)*
                _ => #on,
            }
            #ALLOW
            { (#(#values,)*) }
        };
        #(#names)*
    })
}

/// The variables that there are at a way out.
fn variables(group: &Group, exit: &Exit, slots: &Ident) -> TokenStream {
    let variables = exit.variables.iter().map(|variable| {
        let (name, mutability) = (&variable.name, &variable.mutability);
        let value = value(group, variable, slots);
        quote!(#ALLOW let #mutability #name = #value;)
    });
    quote!(#(#variables)*)
}

/// What is done at a way out for good.
fn leaving(group: &Group, exit: &Exit, slots: &Ident) -> TokenStream {
    let variables = variables(group, exit, slots);
    let code = match &exit.code {
        Code::Question(slot) => {
            let slot = usize::from(*slot);
            quote!(::sysbatch::__private::failed(#slots[#slot])?;)
        }
        Code::Written(code) => quote!(#code;),
        Code::Overflow { .. } | Code::Refill { .. } => TokenStream::new(),
    };
    quote! {
        #variables
        #code
        #[allow(unreachable_code, reason = "it leads elsewhere")]
        { ::core::unreachable!() }
    }
}

/// What is done at a way out after which the batch goes on.
fn resuming(group: &Group, exit: &Exit, slots: &Ident) -> TokenStream {
    let (sum, addend, width) = match &exit.code {
        Code::Overflow {
            sum, addend, width, ..
        } => (sum, addend, width),
        Code::Refill { list, next, .. } => return refill(&group.lists[*list], *next, slots),
        _ => return TokenStream::new(),
    };
    // Under names of their own, for one may have the name of another before it.
    let kept: Vec<_> = (0..exit.variables.len())
        .map(|index| format_ident!("__kept{index}", span = Span::mixed_site()))
        .collect();
    let variables = exit.variables.iter().zip(&kept).map(|(variable, kept)| {
        let value = value(group, variable, slots);
        quote!(#ALLOW let #kept = #value;)
    });
    let sum = usize::from(*sum);
    let of = Of::Width(*width).tokens();
    let addend = match addend {
        Operand::Constant(value) => quote!(#value),
        Operand::Slot(slot) => {
            let slot = usize::from(*slot);
            quote!(#slots[#slot])
        }
        Operand::Value(at) => group.values[*at].clone(),
    };
    let own = |name: &str| Ident::new(name, Span::mixed_site());
    let (left, right, total) = (own("__left"), own("__right"), own("__total"));
    quote! {
        #(#variables)*
        let #right = #addend as #of;
        let #left = (#slots[#sum] as #of).wrapping_sub(#right);
        // A panic, or not, as the function has it.
        let #total: #of = #left + #right;
        #slots[#sum] = #total as ::core::primitive::i64;
        // They stay open.
        #(::core::mem::forget(#kept);)*
    }
}

/// What makes the elements of a list ready.
fn list(of: &List) -> TokenStream {
    let List {
        list,
        rows: name,
        fill,
        source,
        pat,
        setup,
        columns,
        paths,
        ..
    } = of;
    let rows = rows();
    let width = columns.len().max(1);
    let columns = match &columns[..] {
        [] => quote!(0),
        some => quote!(#(#some),*),
    };
    quote! {
        let #list = ::sysbatch::__private::list(#source);
        let mut #name = ::sysbatch::__private::Rows::<#width>::new(#list.len(), #paths);
        let #fill = |#rows: &mut ::sysbatch::__private::Rows<#width>, part: ::core::primitive::usize| {
            for #pat in #rows.begin(#list, part) {
                #(#setup)*
                #rows.push([#columns]);
            }
        };
        #fill(&mut #name, 0);
    }
}

/// What makes other elements ready.
fn refill(of: &List, next: bool, slots: &Ident) -> TokenStream {
    let List { rows, fill, .. } = of;
    let [row, end, part] = [of.row, of.end, of.part].map(usize::from);
    let which = if next {
        quote!(#slots[#part] += 1;)
    } else {
        quote!(#slots[#part] = 0;)
    };
    quote! {
        #which
        #fill(&mut #rows, #slots[#part] as ::core::primitive::usize);
        #slots[#row] = #rows.start() as ::core::primitive::i64;
        #slots[#end] = #rows.end() as ::core::primitive::i64;
    }
}

/// The attribute of generated statements.
struct Allow;
const ALLOW: Allow = Allow;

impl quote::ToTokens for Allow {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(quote!(#[allow(
            unsafe_code, unused_variables, unused_mut, unused_unsafe, clippy::all,
            clippy::pedantic, clippy::restriction, reason = "generated"
        )]));
    }
}

/// The statements as they are written, with each call checked to be that of rustix.
fn written(group: &Group) -> Vec<Stmt> {
    struct Check;
    impl VisitMut for Check {
        fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
            visit_mut::visit_expr_call_mut(self, call);
            let function = &call.func;
            let span = function.span();
            if let Some(known) = called(function) {
                let module = format_ident!("{}", known.module, span = span);
                let name = format_ident!("{}", known.name, span = span);
                *call.func = Expr::Verbatim(quote_spanned! {span=>
                    ::sysbatch::__private::known(#function, ::sysbatch::rustix::#module::#name)
                });
            } else if is_new(call) {
                *call.func = Expr::Verbatim(quote_spanned! {span=>
                    ::sysbatch::__private::known(#function, ::sysbatch::rustix::fs::RawDir::new)
                });
            } else if is_drop(call) {
                *call.func = Expr::Verbatim(quote_spanned! {span=>
                    ::sysbatch::__private::known(#function, ::core::mem::drop)
                });
            }
        }
    }
    let mut statements: Vec<Stmt> = group.within().cloned().collect();
    for statement in &mut statements {
        Check.visit_stmt_mut(statement);
    }
    statements
}

/// An entry as it is written into the array.
fn entry(group: &Group, at: usize) -> Option<TokenStream> {
    let entry: &Entry = &group.assembly.entries[at];
    let name = format_ident!("{}", name(entry.action));
    let width = match entry.action {
        Action::Load(width) => {
            let width = &group.values[width];
            quote!(#width,)
        }
        _ => TokenStream::new(),
    };
    let slot = entry.destination;
    let [negative, zero, positive] = [entry.negative, entry.zero, entry.positive]
        .map(|target| group.assembly.offset(at, target));
    let (negative, zero, positive) = (negative?, zero?, positive?);
    let operands = entry.operands.iter().map(|operand| match operand {
        Operand::Constant(value) => quote!(::sysbatch::__private::Operand::Value(#value)),
        Operand::Slot(slot) => quote!(::sysbatch::__private::Operand::Slot(#slot)),
        Operand::Value(at) => {
            let value = &group.values[*at];
            quote!(::sysbatch::__private::Operand::Value(#value))
        }
    });
    let call = quote!(::sysbatch::__private::calls::#name(
        #slot, [#negative, #zero, #positive], &[#(#operands),*], #width
    ));
    if entry.checked.is_empty() {
        return Some(call);
    }
    let refusals = entry.checked.iter().map(|&at| &group.values[at]);
    Some(quote!(::sysbatch::__private::calls::refused(#call, &[#(#refusals),*])))
}

/// The constructor of an entry.
fn name(action: Action) -> &'static str {
    match action {
        Action::Call(name) => name,
        Action::Close => "close",
        Action::Set => "set",
        Action::Add => "add",
        Action::Sub => "sub",
        Action::And => "and",
        Action::Or => "or",
        Action::Xor => "xor",
        Action::Shl => "shl",
        Action::Shr => "shr",
        Action::Load1 => "load1",
        Action::Load2 => "load2",
        Action::Load4 => "load4",
        Action::Load8 => "load8",
        Action::Load(_) => "load",
    }
}

/// The value of a variable after the batch.
fn value(group: &Group, variable: &Variable, slots: &Ident) -> TokenStream {
    let slot = usize::from(variable.slot);
    let result = quote!(#slots[#slot]);
    let private = quote!(::sysbatch::__private);
    match &variable.kind {
        Kind::Unit => quote!(()),
        // SAFETY: the batch has opened it, and has not closed it.
        Kind::Descriptor => quote!(unsafe { #private::owned(#result) }),
        Kind::Length { .. } => quote!(#result as ::core::primitive::usize),
        Kind::Offset => quote!(#result as ::core::primitive::u64),
        // Its parts are variables of their own.
        Kind::Received { .. } => quote!(()),
        Kind::Number { of, .. } => {
            let of = of.tokens();
            quote!(#result as #of)
        }
        // SAFETY: the call has succeeded.
        Kind::Stat(room) | Kind::Statx(room) => quote!(unsafe { #room.get() }),
        Kind::FileType => quote!(#private::file_type(#result)),
        Kind::Element(list) => {
            let List {
                list, rows, pat, ..
            } = &group.lists[*list];
            let name = &variable.name;
            quote!({ let #pat = #rows.element(#list, #result); #name })
        }
        // Nothing that is mentioned after the batch.
        Kind::Directory(_) | Kind::Record => quote!(()),
        Kind::Errno => quote!(#private::errno(#result)),
        Kind::Outcome(returned, room) => {
            let ok = match (returned, room) {
                (Returned::Descriptor, _) => quote!(unsafe { #private::owned(#result) }),
                (Returned::Length | Returned::Count, _) => {
                    quote!(#result as ::core::primitive::usize)
                }
                (Returned::Offset, _) => quote!(#result as ::core::primitive::u64),
                (_, Some(room)) => quote!(unsafe { #room.get() }),
                _ => quote!(()),
            };
            quote!(#private::outcome(#result).map(|()| #ok))
        }
    }
}
