// SPDX-License-Identifier: GPL-2.0-only
//! An empty stand-in for the crate that every `no_std` crate is linked with.
//!
//! What it would define is either exported by the kernel (`memcpy`, `memset`,
//! `memmove`, `memcmp`) or must not be used there (floating point, 128-bit
//! division): a use of the latter is an undefined symbol, which fails the build.
#![allow(
    internal_features,
    reason = "the crate the compiler names cannot be declared otherwise"
)]
#![feature(compiler_builtins)]
#![compiler_builtins]
#![no_builtins]
#![no_std]
