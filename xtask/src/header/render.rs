//! The header's text.

use std::collections::HashSet;

use anyhow::Result;

use super::comment::{block, comment};
use super::names;
use super::reflect::{Constant, Enumeration, Field, Item, Macro, Section, Structure};
use super::source::Source;

const PREAMBLE: &str = "\
/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The wire interface of sysbatch: structures and constants.
 *
 * Generated from crates/abi by `cargo xtask header`; do not edit. Every rule
 * is in docs/abi.md. It compiles as C99, C11 and C++11 and in the kernel.
 */
#ifndef SYSBATCH_ABI_H
#define SYSBATCH_ABI_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

#if defined(__cplusplus)
#define SYSBATCH_ASSERT(condition) static_assert(condition, #condition)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define SYSBATCH_ASSERT(condition) _Static_assert(condition, #condition)
#else
#define SYSBATCH_ASSERT_JOIN(a, b) a##b
#define SYSBATCH_ASSERT_NAME(line) SYSBATCH_ASSERT_JOIN(sysbatch_assert_, line)
#define SYSBATCH_ASSERT(condition) \\
\ttypedef char SYSBATCH_ASSERT_NAME(__LINE__)[(condition) ? 1 : -1]
#endif
#define SYSBATCH_ASSERT_FIELD(type, field, offset, size) \\
\tSYSBATCH_ASSERT(offsetof(type, field) == (offset) && \\
\t\t\tsizeof(((type *)0)->field) == (size))
";

const EPILOGUE: &str = "
#undef SYSBATCH_ASSERT_FIELD
#undef SYSBATCH_ASSERT
#undef SYSBATCH_ASSERT_NAME
#undef SYSBATCH_ASSERT_JOIN

#endif /* SYSBATCH_ABI_H */
";

/// The whole header.
pub(super) fn render(sections: &[Section], source: &Source) -> Result<String> {
    let mut text = PREAMBLE.to_owned();
    for section in sections {
        text += &format!("\n/* ---- {} ---- */\n", section.heading);
        for item in &section.items {
            text.push('\n');
            text += &match item {
                Item::Constant(item) => constant(item, source)?,
                Item::Structure(item) => structure(item, source)?,
                Item::Enumeration(item) => enumeration(item, source)?,
                Item::Macro(item) => function(item, source)?,
            };
        }
    }
    Ok(text + EPILOGUE)
}

fn constant(item: &Constant, source: &Source) -> Result<String> {
    let name = names::constant(item.rust);
    let comment = comment(source, item.rust, 0)?;
    Ok(format!("{comment}#define {name} {}\n", item.expression))
}

fn structure(item: &Structure, source: &Source) -> Result<String> {
    let tag = names::tag(item.rust);
    let mut text = comment(source, item.rust, 0)?;
    text += &format!("struct {tag} {{\n");
    for field in &item.fields {
        text += &comment(source, &format!("{}::{}", item.rust, field.name), 1)?;
        text += &member(field);
    }
    text += "};\n\n";
    text += &assert(&format!("sizeof(struct {tag}) == {}", item.size));
    text += &assert(&format!("__alignof__(struct {tag}) == {}", item.align));
    for Field {
        name, offset, size, ..
    } in &item.fields
    {
        text += &format!("SYSBATCH_ASSERT_FIELD(struct {tag}, {name}, {offset}, {size});\n");
    }
    Ok(text)
}

fn member(field: &Field) -> String {
    let scalar = field.kind.scalar;
    let name = field.name;
    match field.kind.count {
        Some(count) => format!("\t{scalar} {name}[{count}];\n"),
        None => format!("\t{scalar} {name};\n"),
    }
}

fn enumeration(item: &Enumeration, source: &Source) -> Result<String> {
    let mut text = comment(source, item.rust, 0)?;
    text += &format!("enum {} {{\n", names::tag(item.rust));
    let mut documented = HashSet::new();
    for value in &item.values {
        if documented.insert(value.variant) {
            text += &comment(source, &format!("{}::{}", item.rust, value.variant), 1)?;
        }
        let name = names::value(item.rust, value.name);
        text += &format!("\t{name} = {},\n", value.number);
    }
    Ok(text + "};\n")
}

fn function(item: &Macro, source: &Source) -> Result<String> {
    let mut text = match item.rust {
        Some(rust) => comment(source, rust, 0)?,
        None => block(item.docs, 0),
    };
    text += item.definition;
    text += "\n\n";
    for (expression, value) in &item.examples {
        text += &assert(&format!("{expression} == {value}"));
    }
    Ok(text)
}

fn assert(condition: &str) -> String {
    format!("SYSBATCH_ASSERT({condition});\n")
}
