//! The functions that were being called when a thread made a system call.
//!
//! ```text
//!  Stacks
//!    ├─ maps ── which files' code is where in a process
//!    ├─ object ── how to unwind the code of a file
//!    ├─ window ── the thread's stack, read in pieces
//!    └─ names ── functions and lines, once the program has ended
//! ```

mod maps;
mod names;
mod object;
mod window;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use framehop::{
    CacheNative, MayAllocateDuringUnwind, Module, UnwindRegsNative, Unwinder as _, UnwinderNative,
};

use crate::call::{Frame, Object};
use crate::symbols::{Place, Symbols};
use crate::trace::ptrace::Registers;
use names::Names;
use object::{Bytes, ObjectFile};
use window::Window;

/// Finds the stacks of the threads of a trace, and knows the files that they were in.
pub struct Stacks {
    depth: usize,
    objects: Vec<ObjectFile>,
    /// The numbers of the files, by device, number there, and path.
    known: HashMap<(Vec<u8>, u64, PathBuf), Object>,
    processes: HashMap<u32, Process>,
    cache: CacheNative<MayAllocateDuringUnwind>,
    window: Window,
    names: Names,
}

impl fmt::Debug for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stacks")
            .field("depth", &self.depth)
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

/// Where code is in a process.
#[derive(Clone, Default)]
struct Process {
    unwinder: UnwinderNative<Bytes, MayAllocateDuringUnwind>,
    /// Sorted by address.
    code: Vec<Code>,
    /// What the process can't write, sorted.
    constant: Vec<Range<u64>>,
    /// Whether it may have changed.
    is_stale: bool,
}

/// A range of code.
#[derive(Clone, Copy)]
struct Code {
    begin: u64,
    end: u64,
    object: Object,
    /// What is added to the addresses of the file.
    bias: u64,
}

impl Stacks {
    /// For stacks of up to so many functions.
    pub(crate) fn new(depth: usize) -> Self {
        Self {
            depth,
            objects: Vec::new(),
            known: HashMap::new(),
            processes: HashMap::new(),
            cache: CacheNative::new(),
            window: Window::default(),
            names: Names::default(),
        }
    }

    /// Finds the stack of a thread that is stopped.
    pub(crate) fn take(
        &mut self,
        process: u32,
        thread: u32,
        registers: Registers,
        stack: &mut Vec<Frame>,
    ) {
        if self.depth == 0 {
            return;
        }
        self.refresh(process, thread);
        let Some(process) = self.processes.get(&process) else {
            return;
        };
        let window = &mut self.window;
        window.begin(thread);
        let mut read = |address| window.word(address).ok_or(());
        let mut frames = process.unwinder.iter_frames(
            registers.instruction,
            unwind_registers(registers, process),
            &mut self.cache,
            &mut read,
        );
        while stack.len() < self.depth
            && let Ok(Some(frame)) = frames.next()
        {
            let Some(code) = process.code(frame.address()) else {
                break;
            };
            let address = frame.address().wrapping_sub(code.bias);
            let object = self.objects.get(code.object.0 as usize);
            stack.push(Frame {
                object: code.object,
                address,
                function: object
                    .and_then(|object| object.function(address))
                    .unwrap_or(address),
            });
        }
    }

    /// Reads anew where a process's code is, if that may have changed.
    fn refresh(&mut self, process: u32, thread: u32) {
        if self
            .processes
            .get(&process)
            .is_some_and(|process| !process.is_stale)
        {
            return;
        }
        let maps = fs::read(format!("/proc/{thread}/maps")).unwrap_or_default();
        let mut fresh = Process::default();
        for mapping in maps::mappings(&maps) {
            if mapping.is_constant {
                fresh.constant.push(mapping.begin..mapping.end);
            }
            if !mapping.is_code {
                continue;
            }
            let key = (
                mapping.device.to_owned(),
                mapping.inode,
                mapping.path.to_owned(),
            );
            let objects = &mut self.objects;
            let object = *self.known.entry(key).or_insert_with(|| {
                objects.push(ObjectFile::open(thread, &mapping));
                Object(objects.len() as u32 - 1)
            });
            let Some(file) = self.objects.get(object.0 as usize) else {
                continue;
            };
            let (begin, end) = (mapping.begin, mapping.end);
            // Code that is of no file is known by its place in memory.
            let bias = file.bias(&mapping).unwrap_or(0);
            let module = Module::new(String::new(), begin..end, bias, file.sections());
            fresh.unwinder.add_module(module);
            fresh.code.push(Code {
                begin,
                end,
                object,
                bias,
            });
        }
        self.processes.insert(process, fresh);
    }

    /// Whether a process can't write what is at an address, as far as is known since the
    /// last stack was found.
    pub(crate) fn is_constant(&self, process: u32, address: u64) -> bool {
        let Some(process) = self.processes.get(&process) else {
            return false;
        };
        let index = process
            .constant
            .partition_point(|range| range.end <= address);
        let range = process.constant.get(index);
        range.is_some_and(|range| range.start <= address)
    }

    /// The paths of the files from the one with this number on.
    pub(crate) fn paths(&self, from: usize) -> impl Iterator<Item = (Object, &str)> {
        let objects = self.objects.iter().enumerate().skip(from);
        objects.map(|(number, object)| (Object(number as u32), object.path()))
    }

    /// A call has returned: it may have changed where code is.
    pub(crate) fn called(&mut self, process: u32, number: u32, arguments: &[u64; 6], result: i64) {
        if (-4095..0).contains(&result) {
            return;
        }
        let [begin, size, access, ..] = *arguments;
        let is_code = match i64::from(number) {
            libc::SYS_mmap | libc::SYS_mprotect => access & libc::PROT_EXEC as u64 != 0,
            libc::SYS_munmap | libc::SYS_mremap => true,
            _ => return,
        };
        let Some(process) = self.processes.get_mut(&process) else {
            return;
        };
        let end = begin.saturating_add(size);
        let mut code = process.code.iter();
        let touches = code.any(|code| code.begin < end && begin < code.end);
        let adds = i64::from(number) != libc::SYS_munmap && i64::from(number) != libc::SYS_mremap;
        process.is_stale |= is_code && (adds || touches);
    }

    /// A process has started another, or a thread; what is in its memory is in the
    /// other's, too.
    pub(crate) fn inherit(&mut self, process: u32, child: u32) {
        if !self.processes.contains_key(&child)
            && let Some(process) = self.processes.get(&process)
        {
            let process = process.clone();
            self.processes.insert(child, process);
        }
    }

    /// A process has ended or has become another program.
    pub(crate) fn ended(&mut self, process: u32) {
        self.processes.remove(&process);
    }
}

impl Symbols for Stacks {
    fn object(&self, object: Object) -> &str {
        let object = self.objects.get(object.0 as usize);
        object.map_or("", ObjectFile::path)
    }

    fn places(&mut self, frame: Frame) -> Vec<Place> {
        let Some(object) = self.objects.get(frame.object.0 as usize) else {
            return Vec::new();
        };
        self.names.places(frame, object)
    }
}

impl Process {
    /// The code at an address.
    fn code(&self, address: u64) -> Option<&Code> {
        // Maps are in the order of addresses.
        let index = self.code.partition_point(|code| code.end <= address);
        let code = self.code.get(index)?;
        (code.begin <= address).then_some(code)
    }
}

#[cfg(target_arch = "x86_64")]
fn unwind_registers(registers: Registers, _: &Process) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.instruction, registers.stack, registers.frame)
}

#[cfg(target_arch = "aarch64")]
fn unwind_registers(registers: Registers, process: &Process) -> UnwindRegsNative {
    let highest = process.unwinder.max_known_code_address();
    UnwindRegsNative::new_with_ptr_auth_mask(
        framehop::aarch64::PtrAuthMask::from_max_known_address(highest),
        registers.link,
        registers.stack,
        registers.frame,
    )
}
