//! The C library: built, installed, and tested from an installed tree.

mod examples;
mod install;
mod programs;
mod server;
mod shared;

pub(crate) use install::{Tree, install};
pub(crate) use programs::{check, guest_files};
