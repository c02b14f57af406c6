//! Unmodified programs with every system call in a batch of its own: what
//! `sysbatch wrap` starts.
//!
//! A seccomp filter, which children and new programs inherit, traps each system call
//! that is not made by this code: it asks for the address of the instruction. The
//! handler of the `SIGSYS` that follows makes the call through the module, as a batch
//! of one, and leaves the result in the registers that the program goes on with. A
//! call on the caller's frame it makes directly.
//!
//! Handlers do not live on after `execve(2)`. So each new program is this code again, a
//! static program at a fixed address, the *loader*: it installs the handler, maps the
//! program that was asked for and its dynamic linker as the kernel would, and jumps
//! there. It is compiled by the build script and included as [`IMAGE`].
//!
//! What runs in a program's place must not disturb it: nothing is allocated, nothing
//! kept on the side but a few words, no lock held, and every buffer is on the stack of
//! the thread that made the call.
#![no_std]
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

#[cfg(test)]
extern crate std;

mod arch;
mod call;
mod descriptors;
mod elf;
mod exec;
mod filter;
mod fork;
mod frame;
mod handler;
mod layout;
mod load;
mod mask;
mod message;
mod nr;
mod program;
mod request;
mod script;
mod shared;
mod signal;
mod stack;
mod start;
mod sys;

pub use layout::{DESCRIPTORS, Descriptor, TEXT};
pub use message::fail;
pub use request::{REQUEST_SIZE, Request};
pub use shared::{Counts, Mode, SHARED_SIZE};
pub use start::{STACK, STACK_SIZE, start};

/// The loader, an ELF program for x86-64.
#[cfg(not(sysbatch_loader))]
pub static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/loader"));
