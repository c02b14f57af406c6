//! The C library: built, installed, and tested from an installed tree.

mod examples;
mod install;
mod pages;
mod programs;
mod server;
mod shared;
mod standard;

pub(crate) use install::{Layout, Tree, install};
pub(crate) use programs::{check, guest_files};
