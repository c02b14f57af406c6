//! The macros of [`sysbatch`](https://docs.rs/sysbatch): ordinary code becomes batches.
//!
//! [`combine`](macro@combine) is for functions, [`combine_block`](macro@combine_block) for a block in one.
//! They are to be used by the names that `sysbatch` gives them.

mod generate;
mod group;
mod ir;
mod known;
mod options;
mod path;
mod pure;
mod report;
mod rewrite;
mod surroundings;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::{Block, Error, Expr, ItemFn, Stmt};

use options::Options;
use rewrite::Rewriter;
use surroundings::Surroundings;

/// Combines the system calls of a function into batches.
#[proc_macro_attribute]
pub fn combine(
    options: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let item: TokenStream = item.into();
    match function(options.into(), item.clone()) {
        Ok(tokens) => tokens.into(),
        Err(error) => {
            // The function as it is written, so that there is no second error for its lack.
            let mut tokens = error.to_compile_error();
            tokens.extend(item);
            tokens.into()
        }
    }
}

/// Combines the system calls of a block into batches.
#[proc_macro]
pub fn combine_block(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    match block(input.into()) {
        Ok(tokens) => tokens.into(),
        Err(error) => error.to_compile_error().into(),
    }
}

fn function(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options = Options::parse.parse2(options)?;
    let mut function: ItemFn =
        syn::parse2(item.clone()).map_err(|error| no_function(item, error))?;
    let signature = &function.sig;
    if let Some(token) = &signature.asyncness {
        return Err(Error::new_spanned(
            token,
            "a batch runs to its end without giving way to other tasks, so `#[combine]` takes \
             no `async fn`; put the calls into a function of their own, or use `sysbatch::Ring`",
        ));
    }
    if let Some(token) = &signature.constness {
        return Err(Error::new_spanned(
            token,
            "a `const fn` cannot make system calls",
        ));
    }
    let plain_errors = options::is_plain_error(&signature.output);
    let surroundings = Surroundings::new(plain_errors, Some(signature), &function.block);
    rewrite(
        &mut function.block,
        surroundings,
        options,
        &signature.ident.to_string(),
    )?;
    if let (true, syn::ReturnType::Type(_, of)) = (plain_errors, &function.sig.output) {
        let check = quote_spanned!(of.span()=> if false {
            ::sysbatch::__private::plain_errors::<#of>();
        });
        function
            .block
            .stmts
            .insert(0, Stmt::Expr(Expr::Verbatim(check), None));
    }
    Ok(function.into_token_stream())
}

/// Why an item is no function that can be combined.
fn no_function(item: TokenStream, error: Error) -> Error {
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let is_function = tokens
        .iter()
        .any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"));
    let has_body = matches!(
        tokens.last(),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace
    );
    if is_function && has_body {
        let message = format!("`#[combine]` cannot read this function: {error}");
        return Error::new(error.span(), message);
    }
    Error::new(
        tokens.first().map_or_else(Span::call_site, TokenTree::span),
        format!("`#[combine]` is for functions with a body, and this is none ({error})"),
    )
}

fn block(input: TokenStream) -> syn::Result<TokenStream> {
    let parser = |input: syn::parse::ParseStream<'_>| {
        let options = Options::inner(input)?;
        Ok((options, input.call(Block::parse_within)?))
    };
    let (options, stmts): (Options, Vec<Stmt>) = parser.parse2(input)?;
    let mut block = Block {
        brace_token: syn::token::Brace::default(),
        stmts,
    };
    let surroundings = Surroundings::new(false, None, &block);
    rewrite(&mut block, surroundings, options, "combine!")?;
    Ok(quote!(#block))
}

fn rewrite(
    block: &mut Block,
    surroundings: Surroundings,
    options: Options,
    name: &str,
) -> syn::Result<()> {
    let mut rewriter = Rewriter::new(surroundings);
    rewriter.block(block);
    if options.explain {
        report::explain(&rewriter.events, name);
    }
    report::check(&rewriter.events, options.deny_split, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_function_is_told_from_one_that_is_wrong() {
        let told = |item| function(TokenStream::new(), item).unwrap_err().to_string();
        let none = told(quote!(
            struct Pair {
                first: u64,
            }
        ));
        assert!(none.contains("for functions with a body"), "{none}");
        let wrong = told(quote!(
            fn wrong() {
                let sum = 1 + ;
            }
        ));
        assert!(wrong.contains("cannot read this function"), "{wrong}");
    }
}
